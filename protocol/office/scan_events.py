"""A piece that is left in the dossier, scanned at the counter: the file is a blob under the case's key."""

from __future__ import annotations

from typing import Literal, TypeAlias

from protocol.office.event_shape import BaseCaseEvent

Media: TypeAlias = Literal["application/pdf", "image/jpeg", "image/png"]
"""What a scanner at a counter makes, and every browser shows."""

Removal: TypeAlias = Literal["mistake", "retention"]
"""Why a scan is taken away: the wrong paper was scanned, or it has been kept for as long as it may be."""


class PieceScanned(BaseCaseEvent, frozen=True, kw_only=True, tag="piece.scanned"):
    """A scan of the catalogue's piece `piece`: `blob` is its address, `size` the bytes of the file in it.

    The blob is whole and on the disk before this is written.
    """

    piece: str
    blob: bytes
    size: int
    media: Media


class ScanRemoved(BaseCaseEvent, frozen=True, kw_only=True, tag="scan.removed"):
    """A scan is part of the dossier no more, and its blob is deleted wherever it is held."""

    piece: str
    blob: bytes
    cause: Removal = "mistake"
