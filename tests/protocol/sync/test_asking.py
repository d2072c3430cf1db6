"""What one wrote himself comes back to him if he asks for it, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.errors import CallerError
from protocol.records.chain import Head
from protocol.records.keys import SigningKey
from protocol.sync.batches import Arrived
from protocol.sync.checkpoint import MAX_LEAVES, Held, parse_checkpoint, write_checkpoint
from protocol.sync.coverage import furthest
from protocol.sync.intake import Intake
from tests.protocol.sync.support import End, Writer, seed
from tests.protocol.sync.test_session import CASES, OFFICE, write_some


def lost(world: Any) -> tuple[End, End, list[bytes]]:
    """An annexe that told the prefecture everything and then lost its card; a conversation is open."""
    write_some(world, 9)
    world.meet(*world.connect())
    written = world.encoded(CASES)
    world.feeds.streams[CASES] = world.log.streams.pop(CASES)
    world.feeds.keys |= world.log.keys
    world.at_edge.intakes[CASES] = Intake(CASES)
    world.at_edge.records[CASES] = []
    edge, centre = world.connect(known=None)
    world.at_edge.intakes.pop(CASES)
    world.meet(edge, centre)
    world.at_edge.intakes[CASES] = Intake(CASES)
    return edge, centre, written


def ask(world: Any, edge: End, held: Held | None = None) -> None:
    edge.session.ask([CASES])
    world.at_edge.counter += 1
    edge.session.committed(0, world.at_edge.counter, [*world.at_edge.held(), held or Held(CASES)])


def carry(here: End, there: End) -> int:
    carried = 0
    for one, other in ((here, there), (there, here)) * 20:
        for frame in one.session.outgoing():
            other.feed(frame)
            carried += 1
    return carried


def test_nothing_comes_back_unasked(world: Any) -> None:
    lost(world)
    assert world.at_edge.records[CASES] == []


def test_what_is_asked_for_comes_back_in_order_with_its_keys(world: Any) -> None:
    edge, centre, written = lost(world)
    ask(world, edge)
    carry(edge, centre)
    assert world.at_edge.records[CASES] == written
    assert not edge.failures()


def test_asked_for_again_it_comes_again_where_another_machine_wrote_more(world: Any) -> None:
    edge, centre, written = lost(world)
    ask(world, edge)
    carry(edge, centre)
    world.log.streams[CASES] = world.feeds.streams[CASES]
    write_some(world, 1)
    world.feeds.keys |= world.log.keys
    del world.log.streams[CASES]
    ask(world, edge, world.at_edge.intakes[CASES].held())
    carry(edge, centre)
    assert world.at_edge.records[CASES] == [one.encoded for one in world.feeds.streams[CASES]]
    assert len(world.at_edge.records[CASES]) > len(written)


def test_while_it_is_waited_for_nothing_of_that_stream_is_sent(world: Any) -> None:
    edge, _, _ = lost(world)
    world.log.restart()
    write_some(world, 1)
    write_some(world, 1, OFFICE)
    ask(world, edge)
    edge.session.announce(CASES)
    edge.session.announce(OFFICE)
    pulled = edge.session.pull()
    assert pulled is not None
    assert pulled.stream == OFFICE
    assert edge.session.pull() is None
    edge.session.stop_waiting(CASES)
    pulled = edge.session.pull()
    assert pulled is not None
    assert pulled.stream == CASES


def test_only_what_one_writes_oneself_is_asked_for(world: Any) -> None:
    edge, _, _ = lost(world)
    with pytest.raises(CallerError):
        edge.session.ask(["all"])


def test_a_batch_of_ones_own_stream_that_nobody_asked_for_is_refused(world: Any) -> None:
    edge, centre, _ = lost(world)
    ask(world, edge)
    for frame in edge.session.outgoing():
        centre.feed(frame)
    other, _ = world.connect()
    world.meet(other, world.connect()[1])
    for frame in centre.session.outgoing():
        other.feed(frame)
    assert [failure.kind for failure in other.failures()] == ["stream"]


def test_the_furthest_branch_is_the_one_with_most_behind_it() -> None:
    a, b, c = b"segmentA", b"segmentB", b"segmentC"
    parents = {a: None, b: Head(a, 4, bytes(32)), c: Head(a, 9, bytes(32))}
    assert furthest(parents, {a: 9, b: 20, c: 3}) == b
    assert furthest(parents, {a: 9, b: 2, c: 3}) == c
    assert furthest(parents, {a: 9, b: 8, c: 3}) == c  # as long: the higher name
    assert furthest({}, {}) is None


def test_a_log_of_more_leaves_than_a_checkpoint_names_says_how_many_are_not() -> None:
    log = Writer(SigningKey(seed("berkane-05")))
    intake = Intake(CASES)
    for number in range(MAX_LEAVES + 5):
        log.streams.clear()  # each start forgets the one before
        log.restart()
        log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": number})
        for one in log.streams[CASES]:
            intake.judge(Arrived(CASES, one.segment, one.seq, one.encoded, one.record))
    held = intake.held()
    assert (len(held.leaves), held.unnamed) == (MAX_LEAVES, 5)
    given = write_checkpoint(
        SigningKey(seed("prefecture")), acker="prefecture", audience="berkane-05", counter=1, echo=None, held=[held]
    )
    assert parse_checkpoint(given.encoded()).of(CASES) == held
