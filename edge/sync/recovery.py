"""What a second medium holds, taken into the store: after a card was lost, replaced or put back to an earlier state.

Records are verified as those that come by line are, and enter once: it may be done again, and beside what the
prefecture gives back. What one damaged entry held is left out; everything else enters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.store.scans import Scans
from edge.store.store import Store
from edge.sync.carried_scans import carry
from edge.sync.medium_files import MediumFiles, VolumeFile
from edge.sync.source import Source
from protocol.errors import PeerError
from protocol.records.keys import OpeningKey
from protocol.sync.events import BatchArrived
from protocol.sync.results import ResultsArrived
from protocol.sync.volume import VolumeOpening, VolumeReader


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came: records that are new here, scans that are. `read`: records on the medium; `left_out`: of them, what
    does not hold here; `damaged`: entries and files that cannot be read."""

    read: int = 0
    records: int = 0
    left_out: int = 0
    scans: int = 0
    damaged: int = 0


Seen = Callable[[Recovered], None]


def unseen(_recovered: Recovered) -> None:
    """Show nobody how far it is."""


async def recover(store: Store, source: Source, files: MediumFiles, opening: OpeningKey, seen: Seen) -> Recovered:
    """Take all that the medium holds, scans last; raises MediumFailed, or OperatorError when the own disk fails."""
    so_far = Recovered()
    volumes = await files.volumes()
    for file, until in zip(volumes, await _ends(files, volumes, opening), strict=True):
        so_far = await _take(file, until, source, files, opening, so_far, seen)
    kept = Scans(files.scans, _anything, lambda: False, lambda: 0)
    scans = await carry(await source.scans_missing(), kept, store.returning)
    return replace(so_far, scans=scans)


async def _ends(files: MediumFiles, volumes: Sequence[VolumeFile], opening: OpeningKey) -> list[int | None]:
    """Up to where each file is read: what a later part says of the one before it; else all of it."""
    said: Mapping[tuple[int, int], int] = {
        (found.run, found.part - 1): found.before
        for file in volumes
        if (found := await opening_in(files, file, opening)) is not None
    }
    return [said.get((file.run, file.part)) for file in volumes]


async def opening_in(files: MediumFiles, file: VolumeFile, opening: OpeningKey) -> VolumeOpening | None:
    """What a volume says of itself; None where that cannot be read."""
    reader = VolumeReader(opening)
    async for block in files.blocks(file):
        try:
            for event in reader.feed(block):
                return event if isinstance(event, VolumeOpening) else None
        except PeerError:
            return None
    return None


async def _take(
    file: VolumeFile,
    until: int | None,
    source: Source,
    files: MediumFiles,
    opening: OpeningKey,
    before: Recovered,
    seen: Seen,
) -> Recovered:
    so_far = before
    reader = VolumeReader(opening)
    try:
        async for block in files.blocks(file, until):
            for event in reader.feed(block):
                if isinstance(event, BatchArrived):
                    so_far = await _take_batch(event, source, so_far)
                    seen(so_far)
                elif isinstance(event, ResultsArrived):
                    await source.take_results(event)
    except PeerError:
        so_far = replace(so_far, damaged=so_far.damaged + 1)
    return replace(so_far, damaged=so_far.damaged + reader.damaged)


async def _take_batch(batch: BatchArrived, source: Source, before: Recovered) -> Recovered:
    read = before.read + len(batch.records)
    try:
        taken = await source.take(batch)
    except PeerError:  # of the prefecture's feeds: they come by line again
        return replace(before, read=read, left_out=before.left_out + len(batch.records))
    left_out = taken.came_back.left_out if taken.came_back is not None else 0
    return replace(before, read=read, records=before.records + taken.stored, left_out=before.left_out + left_out)


async def _anything(_address: bytes) -> bool:
    """What lies on the medium is named by it; nothing of it is deleted while it is read."""
    return True
