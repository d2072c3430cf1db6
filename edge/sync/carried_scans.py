"""Scans carried from one folder to another of this machine, piece by piece, checked as those from a line are."""

from __future__ import annotations

from collections.abc import Iterable

from edge.store.returning_scans import Returned, ReturningScans
from edge.store.scans import Scans
from protocol.sync.blob_flow import ChunkArrived, Want


async def carry(wanted: Iterable[Want], source: Scans, target: ReturningScans) -> int:
    """Give `target` the scans that it wants of `source`; returns how many are whole there now. Raises OperatorError."""
    return sum([await _carry(want, source, target) for want in wanted])


async def _carry(want: Want, source: Scans, target: ReturningScans) -> bool:
    place = want.place
    while (part := await source.part(want.address, place)) is not None:
        taken = await target.take(ChunkArrived(0, want.address, place, part.data))
        if taken is not Returned.KEPT:
            return taken is Returned.WHOLE
        place += 1
    return False
