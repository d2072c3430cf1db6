"""A standby and the annexe that it follows: who may be which, what goes where, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.errors import CallerError
from protocol.records.keys import SigningKey, key_id
from protocol.sync.batches import stored_record, write_batch
from protocol.sync.frames import pack
from protocol.sync.hello import Role, write_hello
from protocol.sync.session import Session
from protocol.sync.states import State
from protocol.sync.streams import streams_of
from tests.protocol.sync.support import NOW, End, Taker, Writer, seed
from tests.protocol.sync.test_session import CASES, OFFICE, write_some

ANNEXE = "berkane-05"


def session(world: Any, role: Role, name: str, epoch: int, annexe: str = ANNEXE, *, revoked: str = "") -> Session:
    identity = world.prefecture.identity("annexe", annexe, name, epoch=epoch)
    trust = world.prefecture.trust()
    trust.revoke(key_id(SigningKey(seed(revoked)).public))
    return Session(role, identity, trust, world.draw())


def joined(
    world: Any, *, standby: str = "standby", epoch: int = 2, annexe: str = ANNEXE, revoked: str = ""
) -> tuple[End, End]:
    """A standby that holds nothing, and the annexe of `world`, with the feeds that it holds."""
    log = Writer(SigningKey(seed(ANNEXE)))
    log.streams, log.keys = {**world.feeds.streams, **world.log.streams}, {**world.feeds.keys, **world.log.keys}
    dials = session(world, "standby", standby, epoch, annexe, revoked=revoked)
    taker = world.taker(standby, streams_of("primary", annexe))
    nothing: Taker = world.taker(ANNEXE, ())
    here = End(dials, Writer(SigningKey(seed(standby))), taker, world.draw)
    return here, End(session(world, "primary", ANNEXE, 1, revoked=revoked), log, nothing, world.draw)


def test_a_standby_is_given_the_feeds_then_cases_then_office_with_their_keys(world: Any) -> None:
    write_some(world, 9)
    write_some(world, 4, OFFICE)
    for version in range(2):
        world.feeds.append("all", {"kind": "catalogue.published", "id": "x", "version": version, "document": {}})
    world.feeds.append(f"to/{ANNEXE}", {"kind": "message.reported"}, b"k" * 32)
    standby, primary = joined(world)
    world.meet(standby, primary)
    assert not standby.failures()
    assert not primary.failures()
    held = standby.taker
    assert {stream: len(records) for stream, records in held.records.items()} == {
        "all": 3, f"to/{ANNEXE}": 2, CASES: 10, OFFICE: 5,
    }  # fmt: skip
    assert held.records[CASES] == world.encoded(CASES)
    assert set(world.log.keys) <= set(held.keys)
    order = list(dict.fromkeys(judged.arrived.stream for judged in held.judged))
    assert order == ["all", f"to/{ANNEXE}", CASES, OFFICE]
    assert primary.session.in_flight == 0


@pytest.mark.parametrize(
    ("standby", "epoch", "annexe", "sentence"),
    [
        ("standby", 1, ANNEXE, "not after"),
        (ANNEXE, 2, ANNEXE, "one key"),
        ("standby", 2, "berkane-06", "another one"),
    ],
    ids=["epoch", "key", "annexe"],
)
def test_who_cannot_take_its_place_does_not_follow_an_annexe(
    world: Any, standby: str, epoch: int, annexe: str, sentence: str
) -> None:
    write_some(world, 2)
    here, primary = joined(world, standby=standby, epoch=epoch, annexe=annexe)
    world.meet(here, primary)
    [failure] = primary.failures()
    assert (failure.kind, failure.told) == ("identity", False)
    assert sentence in failure.sentence
    assert here.taker.judged == []


@pytest.mark.parametrize("stolen", ["standby", ANNEXE])
def test_neither_gives_anything_to_one_whose_key_was_revoked(world: Any, stolen: str) -> None:
    write_some(world, 2)
    here, primary = joined(world, revoked=stolen)
    world.meet(here, primary)
    [failure] = [one for one in [*here.failures(), *primary.failures()] if not one.told]
    assert failure.kind == "identity"
    assert "revoked" in failure.sentence
    assert here.taker.judged == []


@pytest.mark.parametrize(("dials", "answers"), [("standby", "centre"), ("edge", "primary")])
def test_the_roles_of_two_pairs_do_not_mix(world: Any, dials: Role, answers: Role) -> None:
    here = Session(dials, world.edge, world.prefecture.trust(), world.draw())
    identity = world.centre if answers == "centre" else world.prefecture.identity("annexe", ANNEXE, "other", epoch=2)
    there = Session(answers, identity, world.prefecture.trust(), world.draw())
    [event] = there.receive(here.hello, NOW)
    assert event.kind == "identity"  # type: ignore[union-attr]  # a failure
    assert there.state is State.FAILED


def test_who_answers_does_not_show_a_hello_before_it_was_asked(world: Any) -> None:
    with pytest.raises(CallerError):
        _ = session(world, "primary", ANNEXE, 1).hello


def test_the_welcome_of_a_primary_is_not_that_of_a_centre(world: Any) -> None:
    """The signer's role is signed: what was signed as one is not believed as the other."""
    standby, primary = joined(world)
    primary.feed(standby.session.hello)
    [welcome] = primary.session.outgoing()
    hello = write_hello("primary", world.prefecture.identity("annexe", ANNEXE), bytes(32)).encoded
    standby.feed(pack("welcome", hello, bytes(64)))
    assert standby.failures()[0].kind == "identity"
    other = session(world, "standby", "standby", 2)
    [event] = other.receive(welcome, NOW)
    assert event.kind == "identity"  # type: ignore[union-attr]  # another conversation's welcome


def test_a_standby_sends_nothing_of_its_own_accord(world: Any) -> None:
    write_some(world, 3)
    standby, primary = joined(world)
    world.meet(standby, primary)
    intruder = Writer(SigningKey(seed("standby")))
    record = intruder.append(CASES, {"kind": "request.submitted"}, b"s" * 32)
    primary.feed(write_batch(1, CASES, [stored_record(record)], []))
    assert primary.failures()[0].kind == "stream"


def test_what_the_standby_wrote_once_promoted_the_annexe_asks_for_and_gets(world: Any) -> None:
    write_some(world, 3)
    standby, primary = joined(world)
    world.meet(standby, primary)
    promoted = standby.writer
    promoted.streams = {stream: list(records) for stream, records in primary.writer.streams.items()}
    promoted._segments = 100
    promoted.append(CASES, {"kind": "request.submitted", "number": 9}, b"s" * 32)
    again = session(world, "standby", "standby", 2)
    here = End(again, promoted, standby.taker, world.draw)
    for record in promoted.streams[CASES][-2:]:
        assert record.record is not None
        standby.taker.intakes[CASES]._chain.accept(record.record)
    there = End(session(world, "primary", ANNEXE, 1), primary.writer, world.taker(ANNEXE, (CASES,)), world.draw)
    there.taker.trust.add(world.prefecture.credential("annexe", ANNEXE, "standby", epoch=2))
    intake = there.taker.intakes.pop(CASES)
    there.taker.streams = ()
    world.meet(here, there)
    there.taker.intakes[CASES], there.taker.streams = intake, (CASES,)
    there.session.ask([CASES])
    there.taker.counter += 1
    there.session.committed(0, there.taker.counter, there.taker.held())
    for one, other in ((there, here), (here, there)) * 10:
        for frame in one.session.outgoing():
            other.feed(frame)
    assert not there.failures()
    assert there.taker.records[CASES][-1] == promoted.streams[CASES][-1].encoded
