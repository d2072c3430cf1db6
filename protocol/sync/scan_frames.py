"""Frames of a file of scans: which blobs the sender lacks, and pieces of those that he gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.records.blobs import MAX_CHUNKS
from protocol.records.encoding import Value
from protocol.records.hashing import HASH_SIZE
from protocol.sync.blob_flow import MAX_PIECE, ChunkArrived, Want
from protocol.sync.frames import blob, natural, pack, rows

MOST_WANTED: Final = 64
"""Blobs wanted by one stick: some hundred megabytes at most, and little to remember; the answer wants the next."""


@dataclass(frozen=True, slots=True)
class WantsArrived:
    """Blobs that the sender of a bundle lacks, each from the first piece that it does not hold."""

    wants: tuple[Want, ...]


def want_rows(wants: Iterable[Want]) -> list[Value]:
    """Wants as they travel, and as they are kept."""
    return [[want.address, want.place] for want in wants]


def read_wants(value: Value) -> tuple[Want, ...]:
    """The same from these rows; raises FrameRefused."""
    found = rows(value, MAX_LISTED, 2)
    return tuple(Want(blob(address, HASH_SIZE), natural(place, MAX_CHUNKS)) for address, place in found)


MAX_LISTED: Final = 16_384
"""Wants that are kept of a run that goes on with the next stick; a frame of the largest list has half a megabyte."""


def write_wants(wants: Iterable[Want]) -> bytes:
    """The frame that wants these."""
    return pack("want", want_rows(wants))


def write_piece(number: int, want: Want, data: bytes) -> bytes:
    """The frame that carries a piece."""
    return pack("chunk", number, want.address, want.place, data)


def parse_wants(value: Value) -> WantsArrived:
    """What a `want` frame says; raises FrameRefused."""
    return WantsArrived(read_wants(value)[:MOST_WANTED])


def parse_piece(number: Value, address: Value, place: Value, piece: Value) -> ChunkArrived:
    """What a `chunk` frame says; raises FrameRefused."""
    data = blob(piece, limit=MAX_PIECE)
    return ChunkArrived(natural(number), blob(address, HASH_SIZE), natural(place, MAX_CHUNKS), data)
