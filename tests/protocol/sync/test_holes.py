"""Bad records: they never block what follows, are named, and are filled by good bytes later."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.records.chain import Head
from protocol.records.envelope import write_record
from protocol.records.keys import SigningKey
from protocol.sync.batches import Arrived, stored_record
from protocol.sync.checkpoint import MAX_HOLES
from protocol.sync.intake import TIME_BACK, Intake, Outcome
from protocol.sync.refusals import GapTooWide
from tests.protocol.sync.support import World, Writer, seed

CASES = "berkane-05/cases"


def write_some(world: World, count: int) -> None:
    for number in range(count):
        world.log.append(CASES, {"kind": "request.submitted", "number": number}, bytes([number % 3 + 1]) * 32)


def holes(world: World) -> Any:
    return world.at_centre.intakes[CASES].held().holes


def damaged(good: bytes, at: int = -1) -> bytes:
    at %= len(good)
    return good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]


@settings(max_examples=40, deadline=None)
@given(
    indices=st.sets(st.integers(0, 8), min_size=1, max_size=4),
    at=st.integers(0, 500),
    frames=st.integers(0, 9),
)
def test_all_but_the_bad_ones_arrive_and_good_bytes_fill_the_holes_later(indices: Any, at: Any, frames: Any) -> None:
    world = World()
    write_some(world, 8)
    good = {index: world.log.streams[CASES][index].encoded for index in indices}
    for index in indices:
        world.log.corrupt(CASES, index, damaged(good[index], at))
    world.meet(*world.connect(), frames=frames)
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert not edge.failures()
    assert not centre.failures()
    kept = [one for place, one in enumerate(world.encoded(CASES)) if place not in indices]
    assert sorted(world.at_centre.records[CASES]) == sorted(kept)
    assert {hole.seq for hole in holes(world)} == indices

    for index in indices:
        world.log.corrupt(CASES, index, good[index])
    world.meet(*world.connect())
    assert sorted(world.at_centre.records[CASES]) == sorted(world.encoded(CASES))
    assert not holes(world)


def test_a_hole_names_what_its_successor_expects_what_came_and_why() -> None:
    world = World()
    write_some(world, 5)
    good = world.log.streams[CASES][3]
    world.log.corrupt(CASES, 3, damaged(good.encoded))
    world.meet(*world.connect())
    (hole,) = holes(world)
    assert (hole.seq, hole.expected, hole.why) == (3, good.hash, "signature")
    assert hole.came == world.log.streams[CASES][3].hash


def test_the_same_bad_bytes_are_not_sent_again() -> None:
    world = World()
    write_some(world, 5)
    for index in (2, 5):
        world.log.corrupt(CASES, index, damaged(world.log.streams[CASES][index].encoded))
    world.meet(*world.connect())
    before = len(world.at_centre.judged)
    world.meet(*world.connect())
    assert len(world.at_centre.judged) == before


def test_a_record_whose_key_was_lost_on_the_way_is_sent_again_with_its_key() -> None:
    world = World()
    write_some(world, 4)
    kept, world.log.keys = world.log.keys, {}
    world.meet(*world.connect())
    assert {hole.why for hole in holes(world)} == {"key"}
    world.log.keys = kept
    world.meet(*world.connect())
    assert not holes(world)
    assert sorted(world.at_centre.records[CASES]) == sorted(world.encoded(CASES))


def test_a_second_record_under_one_name_is_kept_as_proof() -> None:
    world = World()
    write_some(world, 3)
    world.meet(*world.connect())
    twin = World()
    for number in range(3):
        twin.log.append(CASES, {"kind": "request.submitted", "number": number + 100}, bytes([9]) * 32)
    world.at_centre.keys |= twin.log.keys
    intake = world.at_centre.intakes[CASES]
    forged = twin.log.streams[CASES][2]
    arrived = Arrived(CASES, forged.segment, forged.seq, forged.encoded, forged.record)
    held = world.log.streams[CASES][2].hash
    assert intake.judge(arrived, held).outcome is Outcome.PROOF


def test_a_branch_is_accepted_and_named_as_such() -> None:
    log = Writer(SigningKey(seed("berkane-05")))
    for number in range(2):
        log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": number})
    clone = Writer(SigningKey(seed("berkane-05")))
    clone.streams = {CASES: list(log.streams[CASES])}
    clone._segments = 100
    log.restart()
    log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": 8})
    clone.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": 9})
    intake = Intake(CASES)
    both = log.streams[CASES] + clone.streams[CASES][-2:]
    outcomes = [intake.judge(Arrived(CASES, o.segment, o.seq, o.encoded, o.record)).outcome for o in both]
    assert outcomes == [Outcome.ACCEPTED] * 5 + [Outcome.BRANCHED, Outcome.ACCEPTED]
    assert len(intake.held().leaves) == 2


def test_a_gap_wider_than_a_checkpoint_can_name_ends_the_conversation() -> None:
    log = Writer(SigningKey(seed("berkane-05")))
    for number in range(MAX_HOLES + 3):
        log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": number})
    intake = Intake(CASES)
    newest = log.streams[CASES][-1].record
    assert newest is not None
    last = stored_record(newest)
    with pytest.raises(GapTooWide):
        intake.judge(Arrived(CASES, last.segment, last.seq, last.encoded, last.record))


def test_the_first_record_of_a_segment_that_comes_late_gives_it_its_parent() -> Any:
    log = Writer(SigningKey(seed("berkane-05")))
    log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": 1})
    log.restart()
    log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": 2})
    first, second, opening, last = log.streams[CASES]
    intake = Intake(CASES)

    def give(one: Any) -> Any:
        return intake.judge(Arrived(CASES, one.segment, one.seq, one.encoded, one.record)).outcome

    assert [give(one) for one in (first, second, last)] == [Outcome.ACCEPTED] * 3
    assert [hole.seq for hole in intake.held().holes] == [0]
    assert give(opening) is Outcome.FILLED
    assert intake.held().leaves == (Head(last.segment, 1, last.hash),)
    assert not intake.held().holes


def test_a_time_that_went_back_behind_a_gap_is_taken_and_flagged() -> None:
    log = Writer(SigningKey(seed("berkane-05")))
    for number in range(4):
        log.append(CASES, {"kind": "request.submitted", "number": number}, b"k" * 32)
    first, good = log.streams[CASES][1].record, log.streams[CASES][4].record
    assert first is not None
    assert good is not None
    late = write_record(
        stream=CASES, segment=good.segment, seq=good.seq, prev=good.prev, time=first.time,
        event={"kind": "request.submitted", "number": 9}, key=b"k" * 32, signing=log.signing,
    )  # fmt: skip
    intake = Intake(CASES)
    for one in log.streams[CASES][:3]:
        intake.judge(Arrived(CASES, one.segment, one.seq, one.encoded, one.record))
    judged = intake.judge(Arrived(CASES, late.segment, late.seq, late.encoded(), late))
    assert (judged.outcome, judged.why) == (Outcome.ACCEPTED, TIME_BACK)
