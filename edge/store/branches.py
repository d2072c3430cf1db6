"""Where the annexe's own streams have parted: a cloned card, a restored backup."""

from __future__ import annotations

from collections.abc import Iterable

from edge.store.chains import held_segments
from edge.store.columns import blob
from edge.store.keyring import Source
from protocol.records.envelope import parse_record
from protocol.sync.branches import Branch, forks, told


async def branches_of(source: Source, streams: Iterable[str]) -> list[Branch]:
    """Return the branches of these streams, the latest first."""
    query = "SELECT bytes FROM records WHERE stream = ? AND segment = ? AND seq = 0"
    found = []
    for stream in streams:
        held = await held_segments(source, stream)
        for fork in forks({one.segment: one.parent for one in held}, {one.segment: one.last for one in held}):
            rows = [row for segment in fork.openings() for row in await source.rows(query, (stream, segment))]
            found.append(told(stream, fork, [parse_record(blob(row[0])) for row in rows]))
    return sorted(found, key=lambda branch: -branch.since_ms)
