"""Boxed batches: keys, and the records that they open, in one box sealed to the reader. Since version 3.

    boxed    ["boxed", number, box]
    box      crypto_box_seal to the reader's X25519 key of: content, 0x80, zeros up to a multiple of 16
    content  encode([keys, signatures, [run...]]): keys of 32 bytes and signatures of 64, one behind the other
    run      [stream, version, segment, seq, prev, signer, ms, counter, [tick...], [body...]]
    raw      [stream, segment, seq, bytes]
    body     bytes                what the record seals, under the first key that no body before it has taken
             [place, bytes]       what the record seals, under the key at this place
             [subject, bytes]     a sealed body as it is stored
             [nil, bytes]         the body of an unsealed record

- What a record seals is its compressed event, and travels without the seven bytes of its zstd frame that follow from
  the rest (`compression.without_frame`). Sealing is deterministic, so the reader seals it again and has the stored
  bytes. Nonce, tag, padding and the subject, which is a hash of the key, need not travel; signature and chain prove
  that the result is the record.
- Nobody on the way reads more than of a batch of version 2, nor whoever opens the box later: there the box held the
  keys of the sealed bodies beside it. So a body travels opened only where its key travels in the same box.
- The sender opens each body itself, and nonce and padding prove that sealing gives the same bytes again. What it cannot
  open so travels as it is stored: an erased key, a damaged record, what a later release sealed in a way of its own.
- `ms` and `counter` are of the run's first record; a tick stands for each that follows: 0 is the same millisecond and
  the next counter, any other number so many milliseconds later and counter 0. What is no such step begins a new run.
- The content is padded as a whole: a batch of one record tells no more of its size than the sealed body did.
- Nothing is compressed together: one person's text would show in the size of another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from protocol.errors import PeerError
from protocol.records.clock import MAX_COUNTER, MAX_MS, Timestamp
from protocol.records.compression import with_frame, without_frame
from protocol.records.encoding import Value, decode, pack
from protocol.records.envelope import (
    MAX_SEQ,
    VERSION,
    Record,
    header_bytes,
    open_compressed,
    pad,
    seal_compressed,
    unpad,
)
from protocol.records.hashing import SUBJECT_SIZE
from protocol.records.keys import DATA_KEY_SIZE, KEY_ID_SIZE, OpeningKey, seal_to
from protocol.records.sodium import SIGNATURE_SIZE
from protocol.sync.batches import (
    MAX_KEYS,
    MAX_RUN,
    MAX_RUNS,
    MAX_VERSION,
    RAW_WIDTH,
    Arrived,
    Batch,
    OpenedKey,
    Stored,
    arrived_raw,
    follows,
    rebuild,
)
from protocol.sync.checkpoint import HASH_SIZE, SEGMENT_SIZE
from protocol.sync.frames import MAX_FRAME, blob, items, natural, text
from protocol.sync.frames import pack as pack_frame
from protocol.sync.refusals import BoxRefused, FrameRefused
from protocol.sync.sealed_keys import Held

BOXED_SINCE: Final = 3
"""The version of the protocol in which records travel boxed."""

CONTENT_WIDTH: Final = 3
RUN_WIDTH: Final = 10
MAX_RECORDS: Final = MAX_FRAME // SIGNATURE_SIZE  # as for the lists of a batch: MAX_FRAME is the bound that counts


def write_boxed(
    number: int, stream: str, records: Iterable[Stored], held: Held, reader: bytes, entropy: bytes
) -> bytes:
    """The frame that carries these records, in this order, to the holder of an X25519 key.

    `held`: the keys that travel. `entropy`: 32 fresh random bytes.
    """
    content = _Content(stream, held)
    for stored in records:
        content.add(stored)
    return pack_frame("boxed", number, seal_to(reader, pad(content.encoded()), entropy))


@dataclass(slots=True)
class _Run:
    """A run being written."""

    first: Record
    last: Record
    ticks: list[Value] = field(default_factory=list)
    bodies: list[Value] = field(default_factory=list)

    def tick_to(self, record: Record) -> int | None:
        """The tick that leads to this record; None if it begins a new run."""
        last = self.last.time
        step = record.time.ms - last.ms
        if step < 0 or record.time.counter != (0 if step else last.counter + 1):
            return None
        return step if follows(self.last, record) and len(self.bodies) < MAX_RUN else None

    def value(self) -> Value:
        """As the content holds it."""
        first = self.first
        place: list[Value] = [first.stream, first.version, first.segment, first.seq, first.prev, first.signer]
        return [*place, first.time.ms, first.time.counter, self.ticks, self.bodies]


class _Content:
    """What is in a box, being written."""

    def __init__(self, stream: str, held: Held) -> None:
        self._stream = stream
        self._held = dict(held)
        self._places: dict[bytes, int] = {}
        self._signatures: list[bytes] = []
        self._runs: list[Value] = []
        self._run: _Run | None = None

    def add(self, stored: Stored) -> None:
        """One more record."""
        record = stored.record
        if record is None:
            self._end_run()
            self._runs.append([self._stream, stored.segment, stored.seq, stored.encoded])
            return
        self._run_of(record).bodies.append(self._body(record))
        self._signatures.append(record.signature)

    def encoded(self) -> bytes:
        """The whole."""
        self._end_run()
        taken = [self._held[subject] for subject in self._places]
        others = [key for subject, key in self._held.items() if subject not in self._places]
        return pack([b"".join((*taken, *others)), b"".join(self._signatures), self._runs])

    def _run_of(self, record: Record) -> _Run:
        """The run that takes this record next."""
        tick = None if self._run is None else self._run.tick_to(record)
        if self._run is None or tick is None:
            self._end_run()
            self._run = _Run(record, record)
        else:
            self._run.ticks.append(tick)
            self._run.last = record
        return self._run

    def _end_run(self) -> None:
        if self._run is not None:
            self._runs.append(self._run.value())
            self._run = None

    def _body(self, record: Record) -> Value:
        subject = record.subject
        opened = None if subject is None else self._opened(record, subject)
        if subject is None or opened is None:
            return [subject, record.body]
        if subject in self._places:
            return [self._places[subject], opened]
        self._places[subject] = len(self._places)
        return opened

    def _opened(self, record: Record, subject: bytes) -> bytes | None:
        """What the record seals, as it travels; None if that would not give the record again."""
        key = self._held.get(subject)
        if key is None:
            return None
        try:
            compressed = open_compressed(record, key)
        except PeerError:
            return None
        return without_frame(compressed)


def parse_boxed(number: int, box: bytes, opening: OpeningKey) -> Batch:
    """The batch in a box; raises BoxRefused. Its keys are open, and subjects and bodies follow from them."""
    try:
        content = decode(unpad(opening.open(box)), max_size=MAX_FRAME)
        keys, signatures, runs = items(content, CONTENT_WIDTH, width=CONTENT_WIDTH)
        reading = _Reading(_pieces(keys, DATA_KEY_SIZE, MAX_KEYS), _pieces(signatures, SIGNATURE_SIZE, MAX_RECORDS))
        records = tuple(one for run in items(runs, MAX_RUNS) for one in reading.run(run))
        reading.check_end()
    except PeerError as error:
        raise BoxRefused(f"A box of records is not as it should be: {error}") from error
    return Batch(number, reading.keys, records)


def _pieces(value: Value, size: int, limit: int) -> list[bytes]:
    data = blob(value)
    if len(data) % size or len(data) > size * limit:
        raise FrameRefused(f"Pieces of {size} bytes, at most {limit} of them, must follow one another.")
    return [data[at : at + size] for at in range(0, len(data), size)]


class _Reading:
    """A content being read, in order."""

    def __init__(self, keys: Sequence[bytes], signatures: Sequence[bytes]) -> None:
        self._signatures = iter(signatures)
        self._taken = 0
        self.keys = tuple(OpenedKey(key) for key in keys)

    def run(self, run: Value) -> Iterator[Arrived]:
        """Its records."""
        if isinstance(run, list) and len(run) == RAW_WIDTH:
            stream, segment, seq, raw = run
            yield arrived_raw(text(stream), blob(segment, SEGMENT_SIZE), natural(seq), blob(raw))
            return
        stream, version, segment, start, prev, signer, ms, counter, ticks, bodies = items(
            run, RUN_WIDTH, width=RUN_WIDTH
        )
        sent = items(bodies, MAX_RUN)
        chained, seq = blob(prev, HASH_SIZE), natural(start, MAX_SEQ)
        writer = (natural(version, MAX_VERSION), text(stream), blob(segment, SEGMENT_SIZE), blob(signer, KEY_ID_SIZE))
        for time, body in zip(_times(ms, counter, ticks, len(sent)), sent, strict=True):
            arrived = self._record(writer, seq, chained, time, body)
            yield arrived
            seq, chained = seq + 1, arrived.hash

    def check_end(self) -> None:
        """Raises FrameRefused if a signature is left."""
        if next(self._signatures, None) is not None:
            raise FrameRefused("There are more signatures than records.")

    def _record(
        self, writer: tuple[int, str, bytes, bytes], seq: int, prev: bytes, time: Timestamp, sent: Value
    ) -> Arrived:
        version, stream, segment, signer = writer
        subject, body, key = self._body(sent)
        opened = None
        if key is not None:
            if version != VERSION:
                raise FrameRefused(f"What a record of version {version} seals cannot travel opened.")
            opened = with_frame(body)
            body = seal_compressed(
                header_bytes(version, stream, segment, seq, prev, time, subject, signer), key, opened
            )
        return rebuild(
            version=version,
            stream=stream,
            segment=segment,
            seq=seq,
            prev=prev,
            time=time,
            subject=subject,
            signer=signer,
            body=body,
            signature=self._signature(),
            opened=opened,
        )

    def _signature(self) -> bytes:
        signature = next(self._signatures, None)
        if signature is None:
            raise FrameRefused("There are fewer signatures than records.")
        return signature

    def _body(self, sent: Value) -> tuple[bytes | None, bytes, bytes | None]:
        """Subject, body, and the key to seal it under, if it travels opened."""
        if isinstance(sent, bytes):
            place: Value = self._taken
            self._taken += 1
        else:
            place, sent = items(sent, 2, width=2)
        if place is None or isinstance(place, bytes):
            return None if place is None else blob(place, SUBJECT_SIZE), blob(sent), None
        at = natural(place)
        if at >= len(self.keys):
            raise FrameRefused("A record names a key that its box does not hold.")
        return self.keys[at].subject, blob(sent), self.keys[at].key


def _times(ms: Value, counter: Value, ticks: Value, count: int) -> Iterator[Timestamp]:
    """The time of each of `count` records."""
    time = Timestamp(natural(ms, MAX_MS), natural(counter, MAX_COUNTER))
    following = items(ticks, MAX_RUN)
    if len(following) != count - 1:
        raise FrameRefused("In a run each record but the first has a tick.")
    yield time
    for tick in following:
        step = natural(tick, MAX_MS - time.ms)
        time = Timestamp(time.ms + step, 0 if step else time.counter + 1)
        yield time
