"""Where the records of a request are: here, at whatever follows this log, at the prefecture; and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.store.chains import held_segments
from edge.store.columns import blob, number, text
from edge.store.confirmations import MEDIUM, MIRROR, PREFECTURE, places, since
from edge.store.reader import Reader
from protocol.errors import PeerError
from protocol.records.envelope import open_body, parse_record
from protocol.sync.checkpoint import Checkpoint, Held, parse_checkpoint
from protocol.sync.coverage import covered_by

HELD: Mapping[str, str] = {PREFECTURE: "uplink/held", MIRROR: "mirror/held", MEDIUM: "medium/held"}
"""Under which name the store keeps the last checkpoint of a place."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Whether a place holds a record. `since_ms`: since when, by our clock, None where it does not, or nobody noted it.
    `why`: why it was refused there, None where it was not."""

    place: str
    held: bool
    since_ms: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class RecordFound:
    """A record of a request: its kind (None: it cannot be read here), when it was written, its place in the log."""

    kind: str | None
    written_ms: int
    stream: str
    segment: bytes
    seq: int
    stands: tuple[Stand, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    held: Mapping[str, Held]
    covered: Mapping[str, Mapping[bytes, int]]


async def records_of(reader: Reader, case: bytes) -> list[RecordFound]:
    """Return all records of a case, in the order in which they came here."""
    rows = await reader.rows(
        "SELECT stream, segment, seq, bytes FROM records WHERE subject = ? ORDER BY position", (case,)
    )
    key = await reader.data_key(case)
    streams = sorted({text(row[0]) for row in rows})
    known = [await _place(reader, name, streams) for name in [PREFECTURE, *await _others(reader)]]
    return [
        await _found(reader, known, text(row[0]), blob(row[1]), number(row[2]), data=blob(row[3]), key=key)
        for row in rows
    ]


async def _others(reader: Reader) -> list[str]:
    return [name for name in await places(reader) if name in HELD and name != PREFECTURE]


async def _place(reader: Reader, name: str, streams: Sequence[str]) -> _Place:
    """What a place last said it holds; nothing before its first checkpoint."""
    checkpoint = await _checkpoint(reader, name)
    held = {stream: checkpoint.of(stream) if checkpoint else Held(stream) for stream in streams}
    covered = {}
    for stream in streams:
        parents = {one.segment: one.parent for one in await held_segments(reader, stream)}
        covered[stream] = covered_by(parents, held[stream].leaves)
    return _Place(name, held, covered)


async def _checkpoint(reader: Reader, name: str) -> Checkpoint | None:
    rows = await reader.rows("SELECT bytes FROM checkpoints WHERE name = ?", (HELD[name],))
    try:
        return parse_checkpoint(blob(rows[0][0])) if rows else None
    except PeerError:
        return None  # damaged on the disk: the next one says it anew


async def _found(
    reader: Reader, known: Sequence[_Place], stream: str, segment: bytes, seq: int, *, data: bytes, key: bytes | None
) -> RecordFound:
    stands = [await _stand(reader, place, stream, segment, seq) for place in known]
    try:
        record = parse_record(data)
        kind = open_body(record, key).get("kind") if key is not None else None
    except PeerError:
        return RecordFound(None, 0, stream, segment, seq, tuple(stands))
    return RecordFound(kind if isinstance(kind, str) else None, record.time.ms, stream, segment, seq, tuple(stands))


async def _stand(reader: Reader, place: _Place, stream: str, segment: bytes, seq: int) -> Stand:
    hole = next((one for one in place.held[stream].holes if (one.segment, one.seq) == (segment, seq)), None)
    if hole is not None:
        return Stand(place.name, held=False, why=hole.why)
    if place.covered[stream].get(segment, -1) < seq:
        return Stand(place.name, held=False)
    return Stand(place.name, held=True, since_ms=await since(reader, place.name, stream, segment, seq))
