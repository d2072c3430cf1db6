"""Chains and holes between the database and `protocol.sync.intake`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.database import Database
from central.store.schema import holes, records, segments
from protocol.records.chain import Head, SegmentState
from protocol.records.clock import Timestamp
from protocol.sync.batches import Arrived
from protocol.sync.checkpoint import Hole
from protocol.sync.intake import Intake, Outcome

Place = tuple[str, bytes, int]
"""A stream, a segment, a seq."""


async def load_states(connection: AsyncConnection, annexe: str, stream: str) -> list[SegmentState]:
    """Every segment that is held of a stream."""
    rows = await connection.execute(
        select(segments).where(segments.c.annexe == annexe, segments.c.stream == stream).order_by(segments.c.segment)
    )
    return [_state(row) for row in rows.mappings()]


def _state(row: RowMapping) -> SegmentState:
    parent = None
    if row["parent_segment"] is not None:
        parent = Head(row["parent_segment"], row["parent_seq"], row["parent_hash"])
    time = Timestamp(row["time_ms"], row["time_counter"])
    return SegmentState(row["segment"], parent, row["seq"], row["hash"], time)


async def load_intake(connection: AsyncConnection, annexe: str, stream: str) -> Intake:
    """The receiver's memory of a stream, as of the last commit."""
    rows = await connection.execute(select(holes).where(holes.c.annexe == annexe, holes.c.stream == stream))
    known = [Hole(row["segment"], row["seq"], row["expected"], row["came"], row["why"]) for row in rows.mappings()]
    return Intake(stream, await load_states(connection, annexe, stream), known)


def segment_row(annexe: str, stream: str, state: SegmentState) -> dict[str, object]:
    """A segment as a row of `segments`."""
    parent = state.parent
    return {
        "annexe": annexe,
        "stream": stream,
        "segment": state.segment,
        "parent_segment": parent.segment if parent else None,
        "parent_seq": parent.seq if parent else None,
        "parent_hash": parent.hash if parent else None,
        "seq": state.seq,
        "hash": state.hash,
        "time_ms": state.time.ms,
        "time_counter": state.time.counter,
    }


async def save_segments(
    database: Database, connection: AsyncConnection, annexe: str, intake: Intake, before: Sequence[SegmentState]
) -> None:
    """Write the segments that changed since `before`."""
    old = {state.segment: state for state in before}
    changed = [state for state in intake.states() if old.get(state.segment) != state]
    await database.put(connection, segments, [segment_row(annexe, intake.stream, one) for one in changed], replace=True)


async def save_holes(
    database: Database, connection: AsyncConnection, annexe: str, intake: Intake, before: Sequence[Hole]
) -> None:
    """Write the holes anew if they are others than `before`; there are few or none."""
    now = intake.held().holes
    if tuple(before) == now:
        return
    await connection.execute(delete(holes).where(holes.c.annexe == annexe, holes.c.stream == intake.stream))
    rows = [
        {
            "annexe": annexe,
            "stream": intake.stream,
            "segment": hole.segment,
            "seq": hole.seq,
            "expected": hole.expected,
            "came": hole.came,
            "why": hole.why,
        }
        for hole in now
    ]
    await database.put(connection, holes, rows, replace=False)


async def stored_hashes(
    connection: AsyncConnection, annexe: str, intakes: Mapping[str, Intake], arrived: Iterable[Arrived]
) -> dict[Place, bytes]:
    """The hashes held at the places of those records that are not above their segment's last: mostly none."""
    below: defaultdict[tuple[str, bytes], list[int]] = defaultdict(list)
    for one in arrived:
        if one.seq <= intakes[one.stream].last(one.segment):
            below[one.stream, one.segment].append(one.seq)
    found: dict[Place, bytes] = {}
    for (stream, segment), seqs in below.items():
        rows = await connection.execute(
            select(records.c.seq, records.c.hash).where(
                records.c.annexe == annexe,
                records.c.stream == stream,
                records.c.segment == segment,
                records.c.seq.between(min(seqs), max(seqs)),
                records.c.standing != Outcome.PROOF.value,
            )
        )
        found |= {(stream, segment, seq): value for seq, value in rows}
    return found
