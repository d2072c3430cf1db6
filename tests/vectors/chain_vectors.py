"""Vectors of chains: streams of records in the order of arrival, each with its verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.records.chain import NO_PARENT, Head, Verdict, segment_opened
from protocol.records.clock import Timestamp, clock_changed
from protocol.records.encoding import Value
from protocol.records.envelope import UNSEALED_KINDS, Record, write_record
from tests.vectors.values import DATA_KEY, SIGNER, Json, fixed

STREAM = "berkane-05/cases"
START = 1_767_225_600_000


def head_of(record: Record) -> Head:
    """The record as another one names it."""
    return Head(record.segment, record.seq, record.hash)


def opening(name: str, parent: Record | None, ms: int, *, prev: bytes | None = None, stream: str = STREAM) -> Record:
    """Record 0 of the segment called `name`."""
    named = None if parent is None else head_of(parent)
    event = segment_opened(parent=named, software="mulhaqa 0.1.0", fingerprint="cpu", clock="trusted")
    usual = NO_PARENT if named is None else named.hash
    return _record(name, 0, usual if prev is None else prev, ms, event, stream=stream)


def following(before: Record, name: str, ms: int, *, note: str = "", prev: bytes | None = None) -> Record:
    """The record after `before` in its segment, called `name`."""
    event: dict[str, Value] = {"kind": "account.viewed", "reason": note}
    chained = before.hash if prev is None else prev
    return _record(name, before.seq + 1, chained, ms, event)


def era(before: Record, name: str, ms: int) -> Record:
    """A clock.changed after `before`."""
    return _record(name, before.seq + 1, before.hash, ms, clock_changed("trusted", ms))


def _record(name: str, seq: int, prev: bytes, ms: int, event: dict[str, Value], *, stream: str = STREAM) -> Record:
    return write_record(
        stream=stream,
        segment=fixed(f"segment {name}", 8),
        seq=seq,
        prev=prev,
        time=Timestamp(START + ms, 0),
        event=event,
        key=None if event["kind"] in UNSEALED_KINDS else DATA_KEY,
        signing=SIGNER,
    )


@dataclass
class Story:
    """Arrivals with their verdicts; `stored` where the receiver looked up what it holds at that place."""

    name: str
    arrivals: list[tuple[Record, Verdict, bytes | None]] = field(default_factory=list)

    def then(self, record: Record, verdict: Verdict, stored: bytes | None = None) -> Story:
        """One more arrival."""
        self.arrivals.append((record, verdict, stored))
        return self

    def json(self) -> Json:
        """As it stands in the file."""
        return {
            "name": self.name,
            "stream": STREAM,
            "arrivals": [
                {
                    "record": record.encoded().hex(),
                    "stored": None if stored is None else stored.hex(),
                    "verdict": verdict.value,
                }
                for record, verdict, stored in self.arrivals
            ],
        }


def chains() -> Json:
    """All stories."""
    return [story.json() for story in (*_plain(), *_branching(), *_refusing())]


def _plain() -> list[Story]:
    a0 = opening("a", None, 0)
    a1 = following(a0, "a", 1)
    a2 = following(a1, "a", 2)
    b0 = opening("b", a2, 3)
    back = era(a1, "a", -1000)
    other = following(a0, "a", 1, note="other")
    return [
        Story("a start, and a second start")
        .then(a0, Verdict.OPENS)
        .then(a1, Verdict.EXTENDS)
        .then(a2, Verdict.EXTENDS)
        .then(b0, Verdict.OPENS)
        .then(following(b0, "b", 4), Verdict.EXTENDS),
        Story("what comes again")
        .then(a0, Verdict.OPENS)
        .then(a0, Verdict.DUPLICATE)
        .then(a1, Verdict.EXTENDS)
        .then(a1, Verdict.DUPLICATE)
        .then(a0, Verdict.PAST)
        .then(a0, Verdict.DUPLICATE, a0.hash),
        Story("two records under one name")
        .then(a0, Verdict.OPENS)
        .then(a1, Verdict.EXTENDS)
        .then(other, Verdict.CONTRADICTS)
        .then(a2, Verdict.EXTENDS)
        .then(other, Verdict.PAST)
        .then(other, Verdict.CONTRADICTS, a1.hash)
        .then(following(other, "a", 3), Verdict.CONTRADICTS),
        Story("the clock steps back")
        .then(a0, Verdict.OPENS)
        .then(a1, Verdict.EXTENDS)
        .then(back, Verdict.EXTENDS)
        .then(following(back, "a", -999), Verdict.EXTENDS),
    ]


def _branching() -> list[Story]:
    a0 = opening("a", None, 0)
    a1 = following(a0, "a", 1)
    a2 = following(a1, "a", 2)
    b0 = opening("b", a1, 3)
    return [
        Story("a cloned card: two continue one record")
        .then(a0, Verdict.OPENS)
        .then(a1, Verdict.EXTENDS)
        .then(b0, Verdict.OPENS)
        .then(opening("c", a1, 4), Verdict.BRANCHES),
        Story("a restored backup: one continues a record that is not the last")
        .then(a0, Verdict.OPENS)
        .then(a1, Verdict.EXTENDS)
        .then(a2, Verdict.EXTENDS)
        .then(b0, Verdict.BRANCHES),
        Story("a segment goes on after another continued it")
        .then(a0, Verdict.OPENS)
        .then(a1, Verdict.EXTENDS)
        .then(b0, Verdict.OPENS)
        .then(a2, Verdict.BRANCHES),
        Story("a card that knows of no past").then(a0, Verdict.OPENS).then(opening("b", None, 3), Verdict.BRANCHES),
        Story("a parent that is not held")
        .then(b0, Verdict.OPENS_UNKNOWN_PARENT)
        .then(a0, Verdict.OPENS)
        .then(a1, Verdict.EXTENDS)
        .then(a2, Verdict.BRANCHES),
    ]


def _refusing() -> list[Story]:
    a0 = opening("a", None, 0)
    a1 = following(a0, "a", 1)
    a2 = following(a1, "a", 2)
    headless = _record("a", 0, NO_PARENT, 0, {"kind": "account.viewed"})
    again = segment_opened(parent=None, software="", fingerprint="", clock="unknown")
    nameless: list[Value] = [fixed("segment a", 8), 0, bytes(32)]
    orphan: dict[str, Value] = {**again, "parent": nameless}
    return [
        Story("records that are missing")
        .then(a1, Verdict.GAP)
        .then(a0, Verdict.OPENS)
        .then(a2, Verdict.GAP)
        .then(a1, Verdict.EXTENDS)
        .then(a2, Verdict.EXTENDS),
        Story("a record that names another before it")
        .then(a0, Verdict.OPENS)
        .then(following(a0, "a", 1, prev=fixed("elsewhere")), Verdict.BREAKS),
        Story("time that does not grow")
        .then(a0, Verdict.OPENS)
        .then(following(a0, "a", 0), Verdict.TIME_BACK)
        .then(following(a0, "a", -1), Verdict.TIME_BACK)
        .then(opening("b", a0, 0), Verdict.TIME_BACK)
        .then(a1, Verdict.EXTENDS),
        Story("a segment that does not open as one")
        .then(headless, Verdict.MISFORMED)
        .then(opening("a", None, 0, prev=fixed("elsewhere")), Verdict.MISFORMED)
        .then(_record("a", 0, NO_PARENT, 0, {**again, "parent": 0}), Verdict.MISFORMED)
        .then(_record("b", 0, NO_PARENT, 0, orphan), Verdict.MISFORMED)
        .then(opening("a", a0, 0), Verdict.MISFORMED)
        .then(a0, Verdict.OPENS)
        .then(_record("a", 1, a0.hash, 1, again), Verdict.MISFORMED),
        Story("a record of another stream").then(opening("a", None, 0, stream="all"), Verdict.WRONG_STREAM),
    ]
