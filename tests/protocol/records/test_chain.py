"""Chains: whatever the order in which honest records come, the same tree stands at the end."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import CallerError
from protocol.records.chain import (
    ACCEPTABLE,
    NO_PARENT,
    Chain,
    Head,
    NotAnOpening,
    SegmentState,
    Verdict,
    opening_parent,
    segment_opened,
)
from protocol.records.clock import Timestamp, clock_changed, tick
from protocol.records.encoding import Value
from protocol.records.envelope import UNSEALED_KINDS, Record, write_record
from protocol.records.keys import SigningKey

STREAM = "berkane-05/cases"
SIGNING = SigningKey(b"s" * 32)
NOW = 1_767_225_600_000


@dataclass
class Writer:
    """An appliance that writes one segment; its clock gives what it is told."""

    segment: bytes
    last: Record | None = None

    def opens(self, parent: Record | None, now: int) -> Record:
        named = None if parent is None else Head(parent.segment, parent.seq, parent.hash)
        event = segment_opened(parent=named, software="mulhaqa", fingerprint="cpu", clock="unknown")
        time = tick(None if parent is None else parent.time, now)
        return self._write(0, NO_PARENT if parent is None else parent.hash, time, event)

    def goes_on(self, now: int, event: dict[str, Value] | None = None) -> Record:
        assert self.last is not None
        return self._write(
            self.last.seq + 1, self.last.hash, tick(self.last.time, now), event or {"kind": "account.viewed"}
        )

    def sets_its_clock(self, now: int) -> Record:
        assert self.last is not None
        return self._write(self.last.seq + 1, self.last.hash, Timestamp(now, 0), clock_changed("trusted", now))

    def _write(self, seq: int, prev: bytes, time: Timestamp, event: dict[str, Value]) -> Record:
        self.last = write_record(
            stream=STREAM,
            segment=self.segment,
            seq=seq,
            prev=prev,
            time=time,
            event=event,
            key=None if event["kind"] in UNSEALED_KINDS else b"k" * 32,
            signing=SIGNING,
        )
        return self.last


def history(seed: int, segments: int) -> list[Record]:
    """A stream with clones, restored backups and clocks that jump; parents come before their children."""
    drawn = random.Random(seed)
    records: list[Record] = []
    for number in range(segments):
        writer = Writer(number.to_bytes(8, "big"))
        parent = drawn.choice([*records[-3:], None]) if records else None
        records.append(writer.opens(parent, NOW + drawn.randrange(10_000)))
        for _ in range(drawn.randrange(4)):
            now = NOW + drawn.randrange(10_000)
            records.append(writer.sets_its_clock(now) if drawn.random() < 0.2 else writer.goes_on(now))
    return records


def taken_in(records: list[Record]) -> Chain:
    """A chain that was given these records in this order, again and again until nothing more could be taken."""
    chain, waiting = Chain(STREAM), list(records)
    while waiting:
        left = []
        for record in waiting:
            if chain.check(record) in ACCEPTABLE:
                chain.accept(record)
            else:
                left.append(record)
        assert len(left) < len(waiting)
        waiting = left
    return chain


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 6), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_tree(seed: int, segments: int, order: random.Random) -> None:
    records = history(seed, segments)
    shuffled = records.copy()
    order.shuffle(shuffled)
    one, other = taken_in(records), taken_in(shuffled)
    assert {state.segment: state for state in one.states()} == {state.segment: state for state in other.states()}
    assert set(one.leaves()) == set(other.leaves())
    assert set(one.branches()) == set(other.branches())
    assert one.unknown_parents() == other.unknown_parents() == []


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_each_record_is_taken_once_and_known_again_after(seed: int, segments: int) -> None:
    records = history(seed, segments)
    chain = Chain(STREAM)
    for record in records:
        verdict = chain.check(record)
        assert verdict in ACCEPTABLE
        assert chain.take(record) is verdict
        assert chain.take(record) is Verdict.DUPLICATE
    for record in records:
        assert chain.check(record) in {Verdict.DUPLICATE, Verdict.PAST}
        assert chain.check(record, record.hash) is Verdict.DUPLICATE
        assert chain.check(record, bytes(32)) is Verdict.CONTRADICTS


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_a_chain_made_from_stored_states_judges_as_the_one_they_came_from(seed: int, segments: int) -> None:
    records = history(seed, segments)
    for cut in range(len(records)):
        chain = taken_in(records[:cut])
        again = Chain(STREAM, chain.states())
        assert [again.check(record) for record in records] == [chain.check(record) for record in records]
        assert again.leaves() == chain.leaves()


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_a_leaf_is_what_nobody_continues(seed: int, segments: int) -> None:
    records = history(seed, segments)
    named = {record.prev for record in records}
    expected = {Head(record.segment, record.seq, record.hash) for record in records if record.hash not in named}
    assert set(taken_in(records).leaves()) == expected


def test_checking_changes_nothing_and_only_what_holds_is_accepted() -> None:
    writer = Writer(b"segment1")
    first, second, third = writer.opens(None, NOW), writer.goes_on(NOW), writer.goes_on(NOW)
    chain = Chain(STREAM)
    for _ in range(2):
        assert chain.check(first) is Verdict.OPENS
        assert chain.check(second) is Verdict.GAP
    chain.accept(first)
    for record in (first, third):
        assert chain.take(record) is chain.check(record)
        with pytest.raises(CallerError):
            chain.accept(record)
    assert chain.leaves() == [Head(b"segment1", 0, first.hash)]


def test_a_clone_is_reported_with_the_record_that_both_continued() -> None:
    card, clone = Writer(b"segment2"), Writer(b"segment3")
    first = Writer(b"segment1").opens(None, NOW)
    chain = taken_in([first, card.opens(first, NOW)])
    assert chain.branches() == []
    chain.accept(clone.opens(first, NOW + 5))
    assert chain.branches() == [Head(b"segment1", 0, first.hash)]
    assert len(chain.leaves()) == 2


def test_a_writer_that_goes_on_behind_its_successor_is_reported() -> None:
    old, new = Writer(b"segment1"), Writer(b"segment2")
    first = old.opens(None, NOW)
    chain = taken_in([first, new.opens(first, NOW)])
    late = old.goes_on(NOW)
    assert chain.check(late) is Verdict.BRANCHES
    chain.accept(late)
    assert chain.branches() == [Head(b"segment1", 0, first.hash)]


def test_two_beginnings_are_a_branch_of_nothing() -> None:
    chain = taken_in([Writer(b"segment1").opens(None, NOW), Writer(b"segment2").opens(None, NOW)])
    assert chain.branches() == [None]


def test_an_unknown_parent_is_flagged_until_it_comes() -> None:
    parent = Writer(b"segment1")
    first = parent.opens(None, NOW)
    second = parent.goes_on(NOW)
    child = Writer(b"segment2").opens(second, NOW)
    chain = Chain(STREAM)
    assert chain.check(child) is Verdict.OPENS_UNKNOWN_PARENT
    chain.accept(child)
    for record in (first, second):
        assert chain.unknown_parents() == [Head(b"segment1", 1, second.hash)]
        assert chain.check(record) in {Verdict.OPENS, Verdict.BRANCHES, Verdict.EXTENDS}
        chain.accept(record)
    assert chain.unknown_parents() == []
    assert chain.leaves() == [Head(b"segment2", 0, child.hash)]


def test_a_parent_named_by_another_hash_is_not_held() -> None:
    first = Writer(b"segment1").opens(None, NOW)
    forged = Writer(b"segment1").opens(None, NOW + 1)
    chain = taken_in([first])
    assert chain.check(Writer(b"segment2").opens(forged, NOW)) is Verdict.OPENS_UNKNOWN_PARENT


def test_a_lower_time_is_taken_only_at_the_record_that_changes_the_clock() -> None:
    writer = Writer(b"segment1")
    chain = taken_in([writer.opens(None, NOW), writer.sets_its_clock(NOW - 50_000)])
    after = writer.goes_on(NOW - 49_000)
    assert chain.check(after) is Verdict.EXTENDS
    back = write_record(
        stream=STREAM,
        segment=b"segment1",
        seq=after.seq,
        prev=after.prev,
        time=Timestamp(NOW - 60_000, 0),
        event={"kind": "account.viewed"},
        key=b"k" * 32,
        signing=SIGNING,
    )
    assert chain.check(back) is Verdict.TIME_BACK


def test_the_event_of_record_zero_names_its_parent() -> None:
    first = Writer(b"segment1").opens(None, NOW)
    assert opening_parent(first) is None
    second = Writer(b"segment2").opens(first, NOW)
    assert opening_parent(second) == Head(b"segment1", 0, first.hash)
    with pytest.raises(NotAnOpening):
        opening_parent(Writer(b"segment1", first).goes_on(NOW))


def test_a_clock_is_trusted_estimated_or_unknown() -> None:
    with pytest.raises(CallerError):
        segment_opened(parent=None, software="", fingerprint="", clock="good")


def test_a_state_knows_its_head() -> None:
    state = SegmentState(b"segment1", None, 4, b"h" * 32, Timestamp(NOW, 0))
    assert state.head == Head(b"segment1", 4, b"h" * 32)
    assert Chain(STREAM, [state]).leaves() == [state.head]
