"""What to do with each record that arrives on one stream: the receiver's side of holes. Pure; the caller commits.

- A record that extends its segment, or opens one, is accepted. A branch is accepted and reported; so is a segment
  whose parent is unknown: what a cloned card or a restored backup wrote is proof, and may be a person's case.
- A record that cannot be believed leaves a hole at its place and is otherwise forgotten. The records after it are
  taken: the first of them names, as its prev, the hash that belongs into the hole.
- A record that fits a hole fills it. A second, different record for a place already held is kept as proof beside the
  first.
- A clock that went back without saying so is the writer's fault and not the citizen's: such a record is taken and
  flagged. Behind a gap its time is held against the last record before the gap: whether the clock was changed within it
  shows when the gap is filled, and the flag stays as what was known then.
- More holes than a checkpoint may name end the conversation: then a person must look at that disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from protocol.errors import PeerError
from protocol.records.chain import Chain, SegmentState, Verdict, opening_parent, time_holds
from protocol.records.envelope import Record
from protocol.sync.batches import Arrived
from protocol.sync.checkpoint import MAX_HOLES, WHY_BYTES, WHY_CHAIN, WHY_MISSING, Held, Hole, held_of
from protocol.sync.refusals import GapTooWide


class Outcome(Enum):
    """What became of an arrived record."""

    __hash__ = object.__hash__  # Enum's own is in Python, and asked for with each record

    ACCEPTED = "accepted"
    BRANCHED = "branched"  # accepted, and a second continuation of the same record
    ROOTED = "rooted"  # accepted, and opens a segment whose parent is not held
    FILLED = "filled"
    DUPLICATE = "duplicate"
    PROOF = "proof"  # a different record stands at this place; both are kept
    REFUSED = "refused"


KEPT = frozenset({Outcome.ACCEPTED, Outcome.BRANCHED, Outcome.ROOTED, Outcome.FILLED, Outcome.PROOF})
TIME_BACK = "time-back"
BELIEVED = KEPT - {Outcome.PROOF}
_ACCEPTED = {
    Verdict.EXTENDS: Outcome.ACCEPTED,
    Verdict.OPENS: Outcome.ACCEPTED,
    Verdict.BRANCHES: Outcome.BRANCHED,
    Verdict.OPENS_UNKNOWN_PARENT: Outcome.ROOTED,
}


class Judged(NamedTuple):
    """An arrived record with its outcome; `why` says why it is REFUSED, or what is wrong with one that is kept."""

    arrived: Arrived
    outcome: Outcome
    why: str | None = None


class Intake:
    """The receiver's memory of one stream: its chain and its holes. Judge in the order of arrival."""

    def __init__(self, stream: str, segments: Iterable[SegmentState] = (), holes: Iterable[Hole] = ()) -> None:
        self.stream = stream
        self._chain = Chain(stream, segments)
        self._lasts = {state.segment: state.seq for state in self._chain.states()}
        self._holes = {(hole.segment, hole.seq): hole for hole in holes}

    def held(self) -> Held:
        """What a checkpoint says of this stream once everything judged so far is committed."""
        holes = sorted(self._holes.values(), key=lambda hole: (hole.segment, hole.seq))
        return held_of(self._chain, holes)

    def states(self) -> list[SegmentState]:
        """All segments, to be kept with the records."""
        return self._chain.states()

    def hole_at(self, segment: bytes, seq: int) -> Hole | None:
        """The hole at a place."""
        return self._holes.get((segment, seq))

    def refuse(self, arrived: Arrived, why: str) -> Judged:
        """Leave a hole where this record should stand; a place already held keeps what it has."""
        hole = self._holes.get((arrived.segment, arrived.seq))
        if hole is None and arrived.seq <= self.last(arrived.segment):
            return Judged(arrived, Outcome.REFUSED, why)
        came = arrived.hash
        self._keep(replace(hole, came=came, why=why) if hole else Hole(arrived.segment, arrived.seq, None, came, why))
        return Judged(arrived, Outcome.REFUSED, why)

    def last(self, segment: bytes) -> int:
        """The seq of the last record held of a segment; -1 if there is none."""
        return self._lasts.get(segment, -1)

    def judge(self, arrived: Arrived, stored: bytes | None = None) -> Judged:
        """Judge a record whose signature, key and body were found good (bytes that are no record are refused here).

        `stored`: the hash of the record held at the same place; needed where its seq is not above `last`.
        """
        record = arrived.record
        if record is None:
            return self.refuse(arrived, WHY_BYTES)
        if (record.segment, record.seq) in self._holes and record.seq <= self.last(record.segment):
            return self._fill(arrived, record)
        return self._chained(arrived, record, stored)

    def _chained(self, arrived: Arrived, record: Record, stored: bytes | None) -> Judged:
        verdict = self._chain.take(record, stored)
        if verdict in _ACCEPTED:
            self._lasts[record.segment] = record.seq
            self._holes.pop((record.segment, record.seq), None)
            return Judged(arrived, _ACCEPTED[verdict])
        match verdict:
            case Verdict.DUPLICATE:
                return Judged(arrived, Outcome.DUPLICATE)
            case Verdict.CONTRADICTS:
                return Judged(arrived, Outcome.PROOF)
            case Verdict.GAP:
                return Judged(arrived, Outcome.ACCEPTED, self._leap(record))
            case Verdict.TIME_BACK:
                self._advance(record)
                self._holes.pop((record.segment, record.seq), None)
                return Judged(arrived, Outcome.ACCEPTED, TIME_BACK)
            case _:
                return self.refuse(arrived, WHY_CHAIN)

    def _fill(self, arrived: Arrived, record: Record) -> Judged:
        place = (record.segment, record.seq)
        hole = self._holes[place]
        if hole.expected is not None and hole.expected != record.hash:
            return Judged(arrived, Outcome.PROOF)
        if record.seq == 0 and not self._adopt(record):
            return self.refuse(arrived, WHY_CHAIN)
        del self._holes[place]
        self._expect(record)
        return Judged(arrived, Outcome.FILLED, self._time_fault(record))

    def _time_fault(self, filling: Record) -> str | None:
        """What is wrong with the time of a record that fills a hole. Only a segment's beginning can be told: of what
        stands before any other the time is not remembered."""
        parent = opening_parent(filling) if filling.seq == 0 else None
        state = self._state(parent.segment) if parent else None
        if parent is None or state is None or state.head != parent:
            return None
        return None if time_holds(state.time, filling) else TIME_BACK

    def _adopt(self, opening: Record) -> bool:
        """The record 0 of a segment came late: now its parent is known."""
        try:
            parent = opening_parent(opening)
        except PeerError:
            return False
        state = self._state(opening.segment)
        if state is not None:
            self._replace(state._replace(parent=parent))
        return True

    def _leap(self, record: Record) -> str | None:
        """Accept a record behind a gap: each record between is a hole. Returns what is wrong with it, if anything."""
        before = self._state(record.segment)
        first = self.last(record.segment) + 1
        if record.seq - first > MAX_HOLES:
            raise GapTooWide(
                f"{record.seq - first} records are missing before one that arrived; that log needs a person."
            )
        for seq in range(first, record.seq):
            if (record.segment, seq) not in self._holes:
                self._keep(Hole(record.segment, seq, None, None, WHY_MISSING))
        self._expect(record)
        self._holes.pop((record.segment, record.seq), None)
        self._advance(record)
        return None if before is None or time_holds(before.time, record) else TIME_BACK

    def _advance(self, record: Record) -> None:
        """Make a record the head of its segment where the chain alone would not."""
        before = self._state(record.segment)
        parent = before.parent if before else opening_parent(record) if record.seq == 0 else None
        self._replace(SegmentState(record.segment, parent, record.seq, record.hash, record.time))

    def _replace(self, state: SegmentState) -> None:
        others = [other for other in self._chain.states() if other.segment != state.segment]
        self._chain = Chain(self.stream, [*others, state])
        self._lasts[state.segment] = state.seq

    def _expect(self, successor: Record) -> None:
        """The hole right before a believed record is to hold the hash that this record names."""
        place = (successor.segment, successor.seq - 1)
        hole = self._holes.get(place)
        if hole is not None and hole.expected is None:
            self._holes[place] = replace(hole, expected=successor.prev)

    def _keep(self, hole: Hole) -> None:
        if (hole.segment, hole.seq) not in self._holes and len(self._holes) >= MAX_HOLES:
            raise GapTooWide(f"More than {MAX_HOLES} records of this log cannot be believed; it needs a person.")
        self._holes[hole.segment, hole.seq] = hole

    def _state(self, segment: bytes) -> SegmentState | None:
        return next((state for state in self._chain.states() if state.segment == segment), None)
