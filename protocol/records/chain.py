"""The verifier of one stream: what a record means beside those that are held already.

A stream is a tree of segments. A writer begins one at its first write after every start, and never goes back to an
older one. Signatures, and whether the signer may write here, are checked elsewhere.

- Within a segment seq counts from 0 without gaps, and `prev` names the record before by its hash.
- Record 0 is an unsealed `segment.opened` that names its parent: the record it continues, or none. Its `prev` is the
  parent's hash, or 32 zero bytes. No other record is a `segment.opened`.
- Time strictly grows within a segment, and from the parent to record 0; only an unsealed `clock.changed` may carry
  a lower one: it begins a clock era.
- Two segments that continue the same record, one that continues a record which is not its segment's last, a second
  segment without a parent, and a segment that goes on after another continued it are **branches**: a cloned card,
  a restored backup. They are accepted and reported.
- A parent that is not held makes a root, flagged until the parent comes.
- Two different records under one (segment, seq) are the proof of a broken or dishonest writer. The chain knows only
  heads: below one it answers PAST, unless the caller says which hash is stored there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

from protocol.errors import CallerError, PeerError
from protocol.records.clock import CLOCK_CHANGED, LABELS, Timestamp
from protocol.records.encoding import Value
from protocol.records.envelope import MAX_SEQ, SEGMENT_SIZE, Record, unsealed_event
from protocol.records.hashing import HASH_SIZE

SEGMENT_OPENED: Final = "segment.opened"
NO_PARENT: Final = bytes(HASH_SIZE)
"""What stands as `prev` in a record 0 that continues nothing."""


class Verdict(Enum):
    """What a record is to a chain. The first four may be accepted."""

    __hash__ = object.__hash__  # Enum's own is in Python, and asked for with each record

    EXTENDS = "extends"
    OPENS = "opens"
    OPENS_UNKNOWN_PARENT = "opens-unknown-parent"
    BRANCHES = "branches"
    DUPLICATE = "duplicate"
    PAST = "past"  # below the head of its segment: compare it with what is stored there
    GAP = "gap"  # records before it have not come
    CONTRADICTS = "contradicts"  # another record is held under the same (segment, seq)
    BREAKS = "breaks"  # the next seq, but it names another record before it than the one that is held
    TIME_BACK = "time-back"  # not later than the record before, and no clock.changed
    MISFORMED = "misformed"  # record 0 opens no segment, another record opens one, or prev is not the named parent
    WRONG_STREAM = "wrong-stream"


ACCEPTABLE: Final = frozenset({Verdict.EXTENDS, Verdict.OPENS, Verdict.OPENS_UNKNOWN_PARENT, Verdict.BRANCHES})


class Head(NamedTuple):
    """A record, named: its segment (8 bytes), its seq, its hash (32 bytes)."""

    segment: bytes
    seq: int
    hash: bytes


class SegmentState(NamedTuple):
    """A segment as far as it is held: what it continues, and its last record."""

    segment: bytes
    parent: Head | None
    seq: int
    hash: bytes
    time: Timestamp

    @property
    def head(self) -> Head:
        """The last record held."""
        return Head(self.segment, self.seq, self.hash)


class Chain:
    """What is held of one stream. `check` looks, `accept` takes in, `take` does both in one step."""

    def __init__(self, stream: str, segments: Iterable[SegmentState] = ()) -> None:
        self.stream = stream
        self._segments = {state.segment: state for state in segments}
        self._continued = Counter(state.parent for state in self._segments.values())

    def check(self, record: Record, stored: bytes | None = None) -> Verdict:
        """What the record is to this chain, which stays as it is.

        `stored`: the hash of the record that the caller holds under the same (segment, seq), if it looked.
        """
        if record.stream != self.stream:
            return Verdict.WRONG_STREAM
        if stored is not None:
            return Verdict.DUPLICATE if stored == record.hash else Verdict.CONTRADICTS
        state = self._segments.get(record.segment)
        if state is None:
            return self._check_opening(record) if record.seq == 0 else Verdict.GAP
        if record.seq > state.seq:
            return self._check_next(state, record)
        if record.seq < state.seq:
            return Verdict.PAST
        return Verdict.DUPLICATE if record.hash == state.hash else Verdict.CONTRADICTS

    def accept(self, record: Record) -> None:
        """Take in a record whose verdict is ACCEPTABLE; raises CallerError for any other."""
        verdict = self.take(record)
        if verdict not in ACCEPTABLE:
            raise CallerError(f"A record that {verdict.value} cannot be accepted.")

    def take(self, record: Record, stored: bytes | None = None) -> Verdict:
        """What the record is to this chain, which takes it in if that is ACCEPTABLE and else stays as it is.

        `stored` as for `check`.
        """
        verdict = self.check(record, stored)
        if verdict in ACCEPTABLE:
            self._take_in(record)
        return verdict

    def _take_in(self, record: Record) -> None:
        known = self._segments.get(record.segment)
        parent = known.parent if known else opening_parent(record)
        if known is None:
            self._continued[parent] += 1
        self._segments[record.segment] = SegmentState(record.segment, parent, record.seq, record.hash, record.time)

    def leaves(self) -> list[Head]:
        """The last record of each segment that no other segment continues, in the order of segments first seen."""
        return [state.head for state in self._segments.values() if not self._continued[state.head]]

    def states(self) -> list[SegmentState]:
        """All segments, to be stored and given to a later Chain."""
        return list(self._segments.values())

    def branches(self) -> list[Head | None]:
        """The records (or None: the beginning) that more than one writer continued."""
        return [parent for parent, count in self._continued.items() if count + self._went_on(parent) > 1]

    def unknown_parents(self) -> list[Head]:
        """The parents that segments name and that are not held, or not as named."""
        return [parent for parent in self._continued if parent is not None and not self._holds(parent)]

    def _check_next(self, state: SegmentState, record: Record) -> Verdict:
        if record.seq > state.seq + 1:
            return Verdict.GAP
        if record.prev != state.hash:
            return Verdict.BREAKS
        event = unsealed_event(record)
        if _kind(event) == SEGMENT_OPENED:
            return Verdict.MISFORMED
        if not time_holds(state.time, record):
            return Verdict.TIME_BACK
        return Verdict.BRANCHES if self._continued[state.head] else Verdict.EXTENDS

    def _check_opening(self, record: Record) -> Verdict:
        try:
            parent = opening_parent(record)
        except NotAnOpening:
            return Verdict.MISFORMED
        if parent is None:
            return Verdict.BRANCHES if self._continued[None] else Verdict.OPENS
        held = self._segments.get(parent.segment)
        if held is None or not self._holds(parent):
            return Verdict.OPENS_UNKNOWN_PARENT
        if held.head != parent:
            return Verdict.BRANCHES
        if record.time <= held.time:
            return Verdict.TIME_BACK
        return Verdict.BRANCHES if self._continued[parent] else Verdict.OPENS

    def _holds(self, head: Head) -> bool:
        """Below a segment's head the chain cannot compare hashes, and believes the name."""
        state = self._segments.get(head.segment)
        return state is not None and (head.seq < state.seq or head == state.head)

    def _went_on(self, parent: Head | None) -> bool:
        """Whether the parent's own segment goes on behind it."""
        state = None if parent is None else self._segments.get(parent.segment)
        return parent is not None and state is not None and state.seq > parent.seq


class NotAnOpening(PeerError):
    """A record 0 that is no well-formed, unsealed `segment.opened`."""

    kind = "not-an-opening"


def segment_opened(*, parent: Head | None, software: str, fingerprint: str, clock: str) -> dict[str, Value]:
    """The event of record 0: what the segment continues, its software, hardware and clock."""
    if clock not in LABELS:
        raise CallerError(f"A clock is one of {sorted(LABELS)}.")
    named: Value = None if parent is None else [parent.segment, parent.seq, parent.hash]
    return {
        "kind": SEGMENT_OPENED,
        "parent": named,
        "software": software,
        "fingerprint": fingerprint,
        "clock": clock,
    }


def opening_parent(record: Record) -> Head | None:
    """The parent that a segment's record 0 names; None if it is the first of all. Raises NotAnOpening."""
    event = unsealed_event(record)
    if record.seq != 0 or event is None or _kind(event) != SEGMENT_OPENED:
        raise NotAnOpening("Record 0 of a segment is an unsealed segment.opened.")
    named = event.get("parent", False)
    parent = None if named is None else _head(named)
    if parent is not None and parent.segment == record.segment:
        raise NotAnOpening("A segment cannot continue itself.")
    if record.prev != (NO_PARENT if parent is None else parent.hash):
        raise NotAnOpening("The prev of record 0 is the hash of the parent that it names.")
    return parent


def _head(value: Value) -> Head:
    if not isinstance(value, list) or len(value) != 3:
        raise NotAnOpening("A parent is an array of segment, seq and hash.")
    segment, seq, named = value
    if not isinstance(segment, bytes) or len(segment) != SEGMENT_SIZE:
        raise NotAnOpening(f"A segment has {SEGMENT_SIZE} bytes.")
    if type(seq) is not int or not 0 <= seq <= MAX_SEQ:
        raise NotAnOpening("A seq is a natural number.")
    if not isinstance(named, bytes) or len(named) != HASH_SIZE or named == NO_PARENT:
        raise NotAnOpening(f"A record's hash has {HASH_SIZE} bytes.")
    return Head(segment, seq, named)


def _kind(event: dict[str, Value] | None) -> Value:
    return None if event is None else event["kind"]


def time_holds(before: Timestamp, record: Record) -> bool:
    """Whether a record may follow one of this time: it is later, or says that the clock was changed."""
    return record.time > before or _kind(unsealed_event(record)) == CLOCK_CHANGED
