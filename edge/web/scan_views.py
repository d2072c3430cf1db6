"""Which pieces of a dossier have scans, as the staff's screens list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.services.requests import Dossier
from protocol.office.catalogue import Bilingual, Piece
from screens.scans import PICTURES


@dataclass(frozen=True, slots=True)
class ShownScan:
    """A scan in a list: `address` in hexadecimal, as in its own address; its number among the piece's."""

    address: str
    number: int
    is_picture: bool
    time_ms: int


@dataclass(frozen=True, slots=True)
class ScannedPiece:
    """A piece that stays in the dossier, and its scans."""

    id: str
    label: Bilingual
    scans: Sequence[ShownScan]


def scanned_pieces(dossier: Dossier) -> list[ScannedPiece]:
    """Return the pieces that stay in the dossier, in the catalogue's order."""
    return [_shown(dossier, piece) for piece in dossier.procedure.pieces if piece.needs == "left"]


def _shown(dossier: Dossier, piece: Piece) -> ScannedPiece:
    held = [scan for scan in dossier.case.scans_held if scan.piece == piece.id]
    shown = [
        ShownScan(scan.blob.hex(), number, scan.media in PICTURES, scan.time_ms)
        for number, scan in enumerate(held, start=1)
    ]
    return ScannedPiece(piece.id, piece.label, shown)
