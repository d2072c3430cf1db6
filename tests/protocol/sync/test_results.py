"""First results of commands on their way to a standby: sealed to it, in their turn, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.records.encoding import encode
from protocol.records.keys import OpeningKey, seal_to
from protocol.sync.events import PeerFailed
from protocol.sync.hello import VERSIONS, Role
from protocol.sync.results import (
    SINCE,
    CommandResult,
    MarkTold,
    Place,
    ResultsArrived,
    open_results,
    seal_results,
    write_results,
)
from protocol.sync.session import Session
from protocol.sync.states import State
from tests.protocol.sync.support import NOW, seed
from tests.protocol.sync.test_standby import ANNEXE, joined

STANDBY = OpeningKey(seed("standby/x"))
segments = st.binary(min_size=8, max_size=8)
places = st.builds(Place, st.sampled_from(("a/cases", "a/office")), segments, st.integers(0, 99))
results = st.builds(
    CommandResult,
    st.binary(min_size=16, max_size=16),
    st.binary(max_size=40),
    st.integers(0, 1 << 50),
    st.lists(places, max_size=2).map(tuple),
)


@given(st.lists(results, max_size=5))
def test_what_was_sealed_is_what_is_opened_by_the_reader_alone(found: list[CommandResult]) -> None:
    box = seal_results(STANDBY.public, found, lambda size: b"e" * size)
    assert open_results(STANDBY, box) == tuple(found)
    with pytest.raises(PeerError):
        open_results(OpeningKey(seed("somebody/x")), box)


@pytest.mark.parametrize("value", [7, [[b"c" * 16, b"r", 1]], [[b"short", b"r", 1, []]], [[b"c" * 16, b"r", -1, []]]])
def test_a_box_of_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(PeerError):
        open_results(STANDBY, seal_to(STANDBY.public, encode(value), b"e" * 32))


def test_a_standby_is_given_results_and_answers_for_them(world: Any) -> None:
    standby, primary = joined(world)
    world.meet(standby, primary)
    assert primary.session.takes_results
    primary.session.supply_results(b"box", NOW)
    [frame] = primary.session.outgoing()
    number = standby.session.arrived + 1
    assert standby.session.receive(frame, NOW) == [ResultsArrived(number, b"box")]
    assert primary.session.in_flight == len(frame)
    standby.session.committed(number, 1 << 40, [])
    primary.session.receive(standby.session.outgoing()[0], NOW)
    assert primary.session.in_flight == 0


def test_a_standby_says_the_mark_that_it_keeps_and_is_told_the_next_with_the_results(world: Any) -> None:
    standby, primary = joined(world)
    world.meet(standby, primary)
    standby.session.tell_mark(b"before")
    assert primary.session.receive(standby.session.outgoing()[-1], NOW) == [MarkTold(b"before")]
    primary.session.supply_results(b"box", NOW, b"mark")
    [frame] = primary.session.outgoing()
    assert standby.session.receive(frame, NOW) == [ResultsArrived(standby.session.arrived, b"box", b"mark")]


@pytest.mark.parametrize("mark", [None, 7, bytes(65)])
def test_what_is_no_mark_ends_the_conversation(world: Any, mark: Any) -> None:
    standby, primary = joined(world)
    world.meet(standby, primary)
    [refused] = primary.session.receive(encode(["mark", mark]), NOW)
    assert isinstance(refused, PeerFailed)
    assert refused.kind == "frame"


def test_with_a_standby_of_the_release_before_nobody_speaks_of_marks(world: Any) -> None:
    standby, primary = joined(world)
    standby.session = older(world, "standby", "standby", 2, versions=(*VERSIONS, SINCE))
    world.meet(standby, primary)
    standby.session.tell_mark(b"mark")
    assert standby.session.outgoing() == []
    primary.session.supply_results(b"box", NOW, b"mark")
    assert primary.session.outgoing() == [write_results(1, b"box")]


def test_a_standby_of_an_earlier_release_is_given_none(world: Any) -> None:
    standby, primary = joined(world)
    standby.session = older(world, "standby", "standby", 2)
    world.meet(standby, primary)
    assert primary.session.state is State.OPEN
    assert not primary.session.takes_results
    with pytest.raises(CallerError):
        primary.session.supply_results(b"box", NOW)


def older(world: Any, role: Role, name: str, epoch: int, versions: tuple[int, ...] = VERSIONS) -> Session:
    identity = world.prefecture.identity("annexe", ANNEXE, name, epoch=epoch)
    return Session(role, identity, world.prefecture.trust(), world.draw(), versions=versions)


def test_nobody_else_may_be_given_results(world: Any) -> None:
    standby, primary = joined(world)
    world.meet(standby, primary)
    primary.session.supply_results(b"box", NOW)
    [frame] = primary.session.outgoing()
    [refused] = primary.session.receive(frame, NOW)
    assert isinstance(refused, PeerFailed)
    assert refused.kind == "turn"
    assert not standby.session.takes_results
