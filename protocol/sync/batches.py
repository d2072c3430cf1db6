"""Batches: records in order, with the keys that open them, and nothing that the context gives already.

    batch   ["batch", number, keys, [run...]]
    keys    [[subject, sealed key]...], or [[subject...], box] (`protocol.sync.sealed_keys`)
    run     [stream, version, segment, seq, prev, signer, [[ms step, counter, subject, body, signature]...]]
    raw     [stream, segment, seq, bytes]

- A run is a stretch of one segment by one signer. Its first record's seq and prev are given; each later one has the
  next seq and, as prev, the hash of the record before it *as rebuilt from the batch*. `ms step` counts from the record
  before (from 0 for the first). `subject` is the place of its key in this batch's list, the 16 bytes themselves, or
  nil.
- What the sender cannot compress this way starts a new run; above all a record whose prev is not the hash of the stored
  bytes before it. So one damaged record damages no other: the next run names the hash that it truly follows.
- Bytes that are no record at all travel raw, with the place where the sender's log has them: the reader refuses them,
  names the hole, and goes on.
- Keys travel ahead of the records that need them; each is sealed to the reader's X25519 key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from protocol.errors import CallerError, PeerError
from protocol.records.clock import Timestamp
from protocol.records.encoding import Value, encode
from protocol.records.envelope import Record, parse_record
from protocol.records.hashing import SUBJECT_SIZE, record_hash
from protocol.records.keys import DATA_KEY_SIZE, SEAL_OVERHEAD, subject_of
from protocol.records.refusals import NotARecord
from protocol.sync.checkpoint import HASH_SIZE, SEGMENT_SIZE
from protocol.sync.frames import blob, items, natural, pack, rows, text
from protocol.sync.refusals import FrameRefused

BOX_WIDTH = 2  # the subjects, the box
SEALED_KEY_SIZE = DATA_KEY_SIZE + SEAL_OVERHEAD
MAX_KEYS = 4096
MAX_RUNS = 4096
MAX_RUN = 4096  # these three only keep an honest frame's lists small; MAX_FRAME bounds the bytes
RUN_WIDTH = 7
RAW_WIDTH = 4
MAX_VERSION = 1 << 16
MAX_STEP = 1 << 62


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as a log holds it, and the place where it holds it; made by `read_stored` or `stored_record`."""

    segment: bytes
    seq: int
    encoded: bytes
    record: Record | None

    @property
    def hash(self) -> bytes:
        """The record hash of the stored bytes, good or not."""
        return self.record.hash if self.record is not None else record_hash(self.encoded)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A record as a batch gave it. `record` is None if the bytes are none; nothing else is checked yet.

    `opened`: what its body seals, under a key of the same batch (`envelope.open_compressed`), where it came so.
    """

    stream: str
    segment: bytes
    seq: int
    encoded: bytes
    record: Record | None
    opened: bytes | None = field(default=None, repr=False)

    @property
    def hash(self) -> bytes:
        """The record hash of the bytes that came."""
        return self.record.hash if self.record is not None else record_hash(self.encoded)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A data key on its way to one reader: alone in a sealed box, or at a `place` of one that it shares. That it is the
    key that `subject` names is what its sender says."""

    subject: bytes
    sealed: bytes
    place: int | None = None


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """A data key that whoever reads the frames took out of its box (`protocol.sync.boxed`). Nobody says its subject: it
    follows from the key, so that no sender can give a key for what another one sealed."""

    key: bytes = field(repr=False)
    subject: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "subject", subject_of(self.key))


ArrivedKey = SealedKey | OpenedKey
"""A data key as a batch gave it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch frame says."""

    number: int
    keys: tuple[ArrivedKey, ...]
    records: tuple[Arrived, ...]


def read_stored(stream: str, segment: bytes, seq: int, encoded: bytes) -> Stored:
    """What a log holds at a place; its `record` is None where the bytes are no record of this place."""
    try:
        record = parse_record(encoded)
    except PeerError:
        return Stored(segment, seq, encoded, None)
    fits = (record.stream, record.segment, record.seq) == (stream, segment, seq)
    return Stored(segment, seq, encoded, record if fits else None)


def stored_record(record: Record) -> Stored:
    """The same for a record that was parsed already."""
    return Stored(record.segment, record.seq, record.encoded(), record)


def follows(last: Record, record: Record) -> bool:
    """Whether a record stands right behind another, by the same signer: so its seq and prev need not be said."""
    return (
        (record.stream, record.version, record.segment, record.signer)
        == (last.stream, last.version, last.segment, last.signer)
        and record.seq == last.seq + 1
        and record.prev == last.hash
    )


@dataclass(slots=True)
class _Run:
    """A run being written."""

    stream: str
    first: Record
    last: Record
    rows: list[Value] = field(default_factory=list)

    def takes(self, record: Record) -> bool:
        return follows(self.last, record) and len(self.rows) < MAX_RUN

    def add(self, record: Record, places: dict[bytes, int]) -> None:
        before = self.last.time.ms if self.rows else 0
        subject: Value = record.subject if record.subject is None else places.get(record.subject, record.subject)
        self.rows.append([record.time.ms - before, record.time.counter, subject, record.body, record.signature])
        self.last = record

    def value(self) -> Value:
        first = self.first
        return [self.stream, first.version, first.segment, first.seq, first.prev, first.signer, self.rows]


def write_batch(number: int, stream: str, records: Iterable[Stored], keys: Sequence[SealedKey]) -> bytes:
    """The frame that carries these records, in this order."""
    places = {key.subject: place for place, key in enumerate(keys)}
    runs: list[Value] = []
    current: _Run | None = None
    for stored in records:
        record = stored.record
        if current is not None and (record is None or not current.takes(record)):
            runs.append(current.value())
            current = None
        if record is None:
            runs.append([stream, stored.segment, stored.seq, stored.encoded])
            continue
        current = current or _Run(stream, record, record)
        current.add(record, places)
    if current is not None:
        runs.append(current.value())
    return pack("batch", number, _keys_value(keys), runs)


def _keys_value(keys: Sequence[SealedKey]) -> list[Value]:
    """Keys as a frame carries them; raises CallerError for a box that does not hold just these."""
    if not any(key.place is not None for key in keys):
        return [[key.subject, key.sealed] for key in keys]
    box = keys[0].sealed
    if any((key.place, key.sealed) != (place, box) for place, key in enumerate(keys)):
        raise CallerError("The keys of a batch are all in one box, in its order, or each alone.")
    return [[key.subject for key in keys], box]


def parse_batch(fields: Sequence[Value]) -> Batch:
    """The batch in a frame's fields; raises FrameRefused. Records inside that are none come as Arrived without one."""
    number, keys, runs = fields
    sealed = tuple(_parse_keys(keys))
    arrived: list[Arrived] = []
    for run in items(runs, MAX_RUNS):
        arrived.extend(_parse_run(run, sealed))
    return Batch(natural(number), sealed, tuple(arrived))


def _parse_keys(keys: Value) -> Iterable[SealedKey]:
    """Each key alone, or all in one box."""
    if isinstance(keys, list) and len(keys) == BOX_WIDTH and isinstance(keys[1], bytes):
        subjects = items(keys[0], MAX_KEYS)
        if not subjects:
            raise FrameRefused("A box of keys holds one at least.")
        box = blob(keys[1], len(subjects) * DATA_KEY_SIZE + SEAL_OVERHEAD)
        return [SealedKey(blob(subject, SUBJECT_SIZE), box, place) for place, subject in enumerate(subjects)]
    pairs = rows(keys, MAX_KEYS, 2)
    return [SealedKey(blob(subject, SUBJECT_SIZE), blob(key, SEALED_KEY_SIZE)) for subject, key in pairs]


def _parse_run(run: Value, keys: Sequence[SealedKey]) -> Iterable[Arrived]:
    if isinstance(run, list) and len(run) == RAW_WIDTH:
        stream, segment, seq, raw = run
        yield arrived_raw(text(stream), blob(segment, SEGMENT_SIZE), natural(seq), blob(raw))
        return
    stream, version, segment, start, prev, signer, records = items(run, RUN_WIDTH, width=RUN_WIDTH)
    name, place, chained = text(stream), blob(segment, SEGMENT_SIZE), blob(prev, HASH_SIZE)
    kind, by, seq, ms = natural(version, MAX_VERSION), blob(signer, 16), natural(start), 0
    for step, counter, subject, body, signature in rows(records, MAX_RUN, 5):
        ms = _moment(ms, step)
        arrived = rebuild(
            version=kind,
            stream=name,
            segment=place,
            seq=seq,
            prev=chained,
            time=Timestamp(ms, natural(counter)),
            subject=_subject(subject, keys),
            signer=by,
            body=blob(body),
            signature=blob(signature, 64),
        )
        yield arrived
        seq, chained = seq + 1, arrived.hash


def arrived_raw(stream: str, segment: bytes, seq: int, encoded: bytes) -> Arrived:
    """Raw bytes may be a record after all, when the sender's release reads less than ours."""
    return Arrived(stream, segment, seq, encoded, read_stored(stream, segment, seq, encoded).record)


def rebuild(
    *,
    version: int,
    stream: str,
    segment: bytes,
    seq: int,
    prev: bytes,
    time: Timestamp,
    subject: bytes | None,
    signer: bytes,
    body: bytes,
    signature: bytes,
    opened: bytes | None = None,
) -> Arrived:
    """The record of these fields, or its bytes where they are impossible."""
    try:
        record = Record(version, stream, segment, seq, prev, time, subject, signer, body, signature)
    except NotARecord:
        moment: list[Value] = [time.ms, time.counter]
        raw = encode([version, stream, segment, seq, prev, moment, subject, signer, body, signature])
        return Arrived(stream, segment, seq, raw, None)
    return Arrived(stream, segment, seq, record.encoded(), record, opened)


def _moment(before: int, step: Value) -> int:
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= before + step < MAX_STEP:
        raise FrameRefused("A record's time must follow from the one before it as a whole number of milliseconds.")
    return before + step


def _subject(value: Value, keys: Sequence[SealedKey]) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return None if value is None else blob(value, SUBJECT_SIZE)
    place = natural(value)
    if place >= len(keys):
        raise FrameRefused("A record names a key that its batch does not carry.")
    return keys[place].subject


def size_on_wire(stored: Stored) -> int:
    """What a record adds to a batch at most, its key included: a bound for filling one."""
    return len(stored.encoded) + SUBJECT_SIZE + SEALED_KEY_SIZE
