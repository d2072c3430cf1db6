"""What law 55-19 and plain sense want of a scan."""

from __future__ import annotations

from typing import Final

from protocol.errors import N_, CallerError, PersonError
from protocol.office.case import Case
from protocol.office.catalogue import Procedure
from protocol.office.events import PieceScanned, ScanRemoved
from protocol.records.blobs import MAX_BLOB
from protocol.records.hashing import HASH_SIZE

MAX_SCANS: Final = 24
"""Scans in one dossier: the longest catalogue entry leaves three pieces, of a few pages each."""


def left_in_the_dossier(case: Case, event: PieceScanned, procedure: Procedure) -> None:
    """Only what the catalogue leaves in the dossier is copied: what is shown is given back (law 55-19, law 09-08)."""
    if len(event.blob) != HASH_SIZE or not 1 <= event.size <= MAX_BLOB:
        raise CallerError("A scan names its blob by an address, and the size of the file in it.")
    piece = next((piece for piece in procedure.pieces if piece.id == event.piece), None)
    if piece is None:
        raise PersonError(N_("Choose the document that this is a scan of."), field="piece")
    if piece.needs != "left":
        raise PersonError(N_("This document is shown and given back: it is not copied (law 55-19)."), field="piece")
    if any((scan.piece, scan.blob) == (event.piece, event.blob) for scan in case.scans_held):
        raise PersonError(N_("This scan is in the dossier already."), status=409, field="scan")
    if len(case.scans_held) >= MAX_SCANS:
        raise PersonError(N_("This dossier holds as many scans as it may: put several pages into one PDF."), status=409)


def removed_once(case: Case, event: ScanRemoved, _procedure: Procedure) -> None:
    """A scan that is there is removed, by who may for that cause."""
    if not any((scan.piece, scan.blob) == (event.piece, event.blob) for scan in case.scans_held):
        raise PersonError(N_("This scan is not in the dossier any more."), status=409)
    if (event.cause == "retention") != (event.by.role == "system"):
        raise CallerError("The appliance removes what was kept long enough, a clerk what was a mistake.")
