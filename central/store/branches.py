"""Where an annexe's streams, or the prefecture's own feeds, have parted: a cloned card, a restored backup."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.chains import load_states
from protocol.records.envelope import parse_record
from protocol.sync.branches import Branch, Fork, forks, told


async def branches_of(connection: AsyncConnection, annexe: str, streams: Iterable[str]) -> list[Branch]:
    """Return the branches of these streams of one writer, the latest first."""
    found = []
    for stream in streams:
        states = await load_states(connection, annexe, stream)
        for fork in forks({one.segment: one.parent for one in states}, {one.segment: one.seq for one in states}):
            found.append(await _told(connection, annexe, stream, fork))
    return sorted(found, key=lambda branch: -branch.since_ms)


async def _told(connection: AsyncConnection, annexe: str, stream: str, fork: Fork) -> Branch:
    table = schema.records
    query = select(table.c.encoded).where(
        table.c.annexe == annexe,
        table.c.stream == stream,
        table.c.segment.in_(fork.openings()),
        table.c.seq == 0,
        table.c.standing != "proof",
    )
    openings = (await connection.execute(query)).scalars()
    return told(stream, fork, [parse_record(encoded) for encoded in openings])
