"""What the store holds of a stream's chain: its segments, where they hang, where they end."""

from __future__ import annotations

from dataclasses import dataclass

from edge.store.columns import blob, number
from edge.store.connection import SqlValue
from edge.store.keyring import Source
from protocol.records.chain import Chain, Head, SegmentState
from protocol.records.envelope import parse_record


@dataclass(frozen=True, slots=True)
class HeldSegment:
    """A segment as stored: what it continues, and the seq of its last record."""

    segment: bytes
    parent: Head | None
    last: int


async def held_segments(source: Source, stream: str) -> list[HeldSegment]:
    """Return the segments of a stream in the order in which they came."""
    rows = await source.rows(
        "SELECT segment, parent_segment, parent_seq, parent_hash, (SELECT max(seq) FROM records AS r"
        " WHERE r.stream = s.stream AND r.segment = s.segment) FROM segments AS s WHERE stream = ? ORDER BY opened",
        (stream,),
    )
    return [HeldSegment(blob(row[0]), _parent(row[1:4]), number(row[4])) for row in rows]


async def load_chain(source: Source, stream: str) -> Chain:
    """Return the verifier of a stream, as far as the store holds it."""
    states = []
    for held in await held_segments(source, stream):
        found = await source.rows(
            "SELECT bytes FROM records WHERE stream = ? AND segment = ? AND seq = ?", (stream, held.segment, held.last)
        )
        record = parse_record(blob(found[0][0]))
        states.append(SegmentState(held.segment, held.parent, record.seq, record.hash, record.time))
    return Chain(stream, states)


def _parent(columns: tuple[SqlValue, ...]) -> Head | None:
    segment, seq, hash_ = columns
    return None if segment is None else Head(blob(segment), number(seq), blob(hash_))
