"""A whole conversation between an annexe and the prefecture, in memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import CallerError
from protocol.records.credentials import Trust
from protocol.records.encoding import Value
from protocol.sync.events import Authenticated, ProgressTold
from protocol.sync.frames import pack, unpack
from protocol.sync.hello import LocalIdentity, admit, parse_hello, write_hello
from protocol.sync.intake import Outcome
from protocol.sync.session import Session
from protocol.sync.states import TRANSITIONS, State
from tests.protocol.sync.support import NOW, make_prefecture

CASES, OFFICE = "berkane-05/cases", "berkane-05/office"


def write_some(world: Any, count: int = 5, stream: str = CASES, start: int = 0) -> None:
    for number in range(start, start + count):
        key = (number // 3 + 1).to_bytes(32, "big")
        world.log.append(stream, {"kind": "request.submitted", "number": number}, key)


def test_everything_written_arrives_byte_for_byte(world: Any) -> None:
    write_some(world, 40)
    write_some(world, 10, OFFICE)
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert world.at_centre.records[CASES] == world.encoded(CASES)
    assert world.at_centre.records[OFFICE] == world.encoded(OFFICE)
    assert world.at_centre.keys == world.log.keys
    assert edge.session.in_flight == 0


def test_cases_go_before_the_noise_of_the_office(world: Any) -> None:
    write_some(world, 10, OFFICE)
    write_some(world, 10, CASES)
    edge, centre = world.connect()
    world.meet(edge, centre)
    order = [judged.arrived.stream for judged in world.at_centre.judged]
    assert order == [CASES] * 11 + [OFFICE] * 11


def test_the_prefectures_feeds_come_down_the_same_way(world: Any) -> None:
    for number in range(4):
        world.feeds.append("all", {"kind": "catalogue.published", "id": "residence", "version": number, "document": {}})
    world.feeds.append("to/berkane-05", {"kind": "message.reported"}, b"k" * 32)
    world.feeds.append("to/berkane-06", {"kind": "message.reported"}, b"s" * 32)
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert len(world.at_edge.records["all"]) == 5
    assert len(world.at_edge.records["to/berkane-05"]) == 2
    assert set(world.at_edge.records) == {"all", "to/berkane-05"}


def test_what_is_written_during_the_conversation_is_sent_once_announced(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    write_some(world, 3)
    edge.session.announce(CASES)
    edge.pump()
    for frame in edge.session.outgoing():
        centre.feed(frame)
    assert world.at_centre.records[CASES] == world.encoded(CASES)


def test_a_second_conversation_sends_nothing_again(world: Any) -> None:
    write_some(world, 10)
    world.meet(*world.connect())
    before = len(world.at_centre.judged)
    write_some(world, 2, start=10)
    world.meet(*world.connect())
    assert len(world.at_centre.judged) == before + 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    writes=st.lists(st.tuples(st.sampled_from([CASES, OFFICE]), st.integers(0, 9), st.booleans()), max_size=8),
)
def test_a_link_that_is_cut_again_and_again_delivers_each_record_once(new_world: Any, cuts: Any, writes: Any) -> None:
    world = new_world()
    for position, frames in enumerate(cuts):
        if position < len(writes):
            stream, count, restarts = writes[position]
            if restarts:
                world.log.restart()
            write_some(world, count, stream)
        world.meet(*world.connect(), frames=frames)
    for stream, count, _ in writes[len(cuts) :]:
        write_some(world, count, stream)
    world.meet(*world.connect())
    assert world.at_centre.records[CASES] == world.encoded(CASES)
    assert world.at_centre.records[OFFICE] == world.encoded(OFFICE)
    assert not [hole for held in world.at_centre.held() for hole in held.holes]


def test_a_commit_whose_checkpoint_was_lost_is_not_repeated(world: Any) -> None:
    write_some(world, 5)
    edge, centre = world.connect()
    world.meet(edge, centre, frames=4)  # welcome, both checkpoints, and proof: the batch is lost
    world.meet(*world.connect())
    world.meet(*world.connect())
    outcomes = {judged.outcome for judged in world.at_centre.judged}
    assert outcomes == {Outcome.ACCEPTED}


def test_a_prefecture_restored_from_a_backup_gets_everything_again(world: Any) -> None:
    write_some(world, 6)
    edge, centre = world.connect()
    world.meet(edge, centre)
    known = edge.session.known
    world.at_centre = world.taker("prefecture", (CASES, OFFICE))
    edge, centre = world.connect(known=known)
    world.meet(edge, centre)
    assert edge.checkpoints()[0].restored
    assert world.at_centre.records[CASES] == world.encoded(CASES)


# Who is there


def refused(ends: Any) -> set[str]:
    return {failure.kind for end in ends for failure in end.failures()}


def test_both_ends_learn_who_the_other_is(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert [event.peer.holder for event in edge.events if isinstance(event, Authenticated)] == ["prefecture"]
    assert [event.peer.holder for event in centre.events if isinstance(event, Authenticated)] == ["berkane-05"]


def test_an_annexe_of_another_prefecture_is_refused_before_a_byte_of_data(world: Any, stranger: Any) -> None:
    write_some(world)
    world.edge = stranger.identity("annexe", "berkane-05")
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert refused([edge, centre]) == {"identity"}
    assert not world.at_centre.judged
    assert edge.failures()[0].told


def test_a_false_prefecture_gets_no_data(world: Any, stranger: Any) -> None:
    write_some(world)
    edge, centre = world.connect()
    believing = Trust([world.prefecture.root])  # it believes the annexe; the annexe must not believe it
    false = Session("centre", stranger.identity("centre", "prefecture"), believing, world.draw())
    centre.session = false
    world.meet(edge, centre)
    assert edge.failures()[0].kind == "identity"
    assert not edge.failures()[0].told
    assert not world.at_centre.judged


def test_a_credential_without_its_key_is_refused(world: Any) -> None:
    write_some(world)
    thief = world.prefecture.identity("annexe", "berkane-06")
    stolen = LocalIdentity(thief.signing, thief.chain)
    object.__setattr__(stolen, "chain", world.edge.chain)
    world.edge = stolen
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert centre.failures()[0].kind == "identity"
    assert not world.at_centre.judged


def test_an_expired_credential_is_flagged_and_still_delivers(world: Any) -> None:
    write_some(world)
    world.edge = world.prefecture.identity("annexe", "berkane-05", until=1_700_000_000_000)
    edge, centre = world.connect()
    world.meet(edge, centre)
    standing = next(event.standing for event in centre.events if isinstance(event, Authenticated))
    assert standing.expired
    assert world.at_centre.records[CASES] == world.encoded(CASES)


def test_a_renewed_credential_counts_from_the_hello_that_shows_it(world: Any) -> None:
    older = world.prefecture.identity("annexe", "berkane-05", until=1_700_000_000_000)
    newer = world.prefecture.identity("annexe", "berkane-05")
    trust = world.prefecture.trust()
    shown = [write_hello("edge", identity, bytes(32)) for identity in (older, newer, older)]
    assert [admit(hello, "edge", trust) for hello in shown] == [older.leaf, newer.leaf, newer.leaf]


def test_a_hello_tampered_with_on_the_way_is_refused(world: Any) -> None:
    edge, centre = world.connect()
    hello = edge.session.hello.replace(b"mulhaqa", b"mulhaqb", 1)
    centre.feed(hello)
    for frame in centre.session.outgoing():
        edge.feed(frame)
    assert edge.failures()[0].kind == "identity"


def test_an_agent_cannot_speak_for_an_annexe(world: Any) -> None:
    world.edge = world.prefecture.identity("agent", "berkane-05", name="agent")
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert refused([centre]) == {"identity"}


def test_an_annexe_cannot_answer_as_the_prefecture(world: Any) -> None:
    world.centre = world.prefecture.identity("annexe", "prefecture", name="x")
    edge, centre = world.connect()
    world.meet(edge, centre)
    assert edge.failures()[0].kind == "identity"


def test_a_proof_from_yesterday_is_worth_nothing_today(world: Any) -> None:
    edge, centre = world.connect()
    centre.feed(edge.session.hello)
    (welcome,) = centre.session.outgoing()
    edge.feed(welcome)
    proof = edge.session.outgoing()[0]
    _, later = world.connect()
    later.feed(edge.session.hello)
    later.feed(proof)
    assert later.failures()[0].kind == "identity"


def test_ends_that_see_different_certificates_do_not_talk(world: Any) -> None:
    edge, centre = world.connect(certificate=b"c" * 32)
    world.meet(edge, centre)
    assert refused([centre]) == {"identity"}


# Out of turn


@pytest.mark.parametrize("tag", ["welcome", "proof", "checkpoint", "batch", "failed", "bye", "hello"])
def test_a_stranger_gets_nowhere_without_a_hello(world: Any, tag: Any) -> None:
    fields: dict[str, list[Any]] = {
        "welcome": [b"", bytes(64)],
        "proof": [bytes(64)],
        "checkpoint": [b"", 0, 0],
        "batch": [1, [], []],
    }
    fields |= {"failed": ["kind", "sentence"], "bye": [], "hello": [[1], "edge", "x", [], None, bytes(32), "s"]}
    _, centre = world.connect()
    centre.feed(pack(tag, *fields[tag]))
    assert centre.session.state is State.FAILED
    assert centre.failures()[0].kind == ("identity" if tag == "hello" else "turn")


def test_data_before_the_proof_is_out_of_turn(world: Any) -> None:
    edge, centre = world.connect()
    centre.feed(edge.session.hello)
    centre.feed(pack("batch", 1, [], []))
    assert refused([centre]) == {"turn"}


def test_every_transition_leaves_a_state_that_is_not_over() -> None:
    assert all(state not in (State.CLOSED, State.FAILED) for _, state, _ in TRANSITIONS)


def test_nothing_is_taken_after_the_end(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    edge.session.bye()
    for frame in edge.session.outgoing():
        centre.feed(frame)
    assert centre.session.state is State.CLOSED
    with pytest.raises(CallerError):
        centre.session.receive(pack("bye"), 0)


def test_our_own_mistakes_are_not_blamed_on_the_peer(world: Any) -> None:
    edge, centre = world.connect()
    with pytest.raises(CallerError):
        edge.session.committed(0, 1, [])
    world.meet(edge, centre)
    with pytest.raises(CallerError):
        edge.session.committed(9, 2, [])
    with pytest.raises(CallerError):
        _ = centre.session.hello


def test_another_annexes_stream_is_refused(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    raw: list[Value] = ["berkane-06/cases", bytes(8), 0, b"anything"]
    centre.feed(pack("batch", 1, [], [raw]))
    assert refused([centre]) == {"stream"}


def test_a_batch_out_of_number_is_refused(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    centre.feed(pack("batch", 2, [], []))
    assert refused([centre]) == {"turn"}


def test_a_peer_that_ignores_its_credit_is_refused(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    raw: list[Value] = [[CASES, bytes(8), 0, bytes(900_000)]]
    for number in range(1, 8):
        centre.session.receive(pack("batch", number, [], raw), 0)  # never committed
        if centre.session.is_over:
            break
    assert centre.session.state is State.FAILED
    assert number == 5


def test_what_is_announced_while_the_log_is_being_read_is_not_forgotten(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    edge.session.announce(CASES)
    pull = edge.session.pull()
    assert pull is not None
    read = edge.writer.read(pull)  # there is nothing yet
    write_some(world, 1)
    edge.session.announce(CASES)
    edge.session.supply(pull, read, [], bytes, NOW)
    edge.pump()
    for frame in edge.session.outgoing():
        centre.feed(frame)
    assert world.at_centre.records[CASES] == world.encoded(CASES)


def test_an_annexe_tells_how_far_it_is_and_what_time_it_has(world: Any) -> None:
    edge, centre = world.connect()
    edge.session.report(3, NOW)  # nobody is there yet: nothing is said
    world.meet(edge, centre)
    edge.session.report(7, NOW + 5)
    for frame in edge.session.outgoing():
        centre.feed(frame)
    assert [event for event in centre.events if isinstance(event, ProgressTold)] == [ProgressTold(7, NOW + 5)]
    assert not centre.session.outgoing()


def test_the_prefecture_has_no_progress_to_tell(world: Any) -> None:
    edge, centre = world.connect()
    world.meet(edge, centre)
    centre.session.report(1, NOW)
    assert centre.session.outgoing() == []
    edge.feed(pack("progress", 1, NOW))
    assert edge.session.state is State.FAILED


def test_what_vouches_for_both_ends_is_shown_by_neither(world: Any) -> None:
    trust = world.prefecture.trust()
    trust.add(world.prefecture.issuer)
    trust.add(world.centre.leaf)
    brief, whole = (
        Session("edge", world.edge, trust, world.draw(), is_brief=is_brief).hello for is_brief in (True, False)
    )
    assert len(parse_hello(brief).chain) == 1
    assert len(parse_hello(whole).chain) == 2
    for hello in (brief, whole):
        centre = Session("centre", world.centre, world.prefecture.trust(), world.draw())
        centre.receive(hello, NOW)
        (welcome,) = centre.outgoing()
        shown = unpack(welcome)[1][0]
        assert isinstance(shown, bytes)
        assert len(parse_hello(shown).chain) == 1
        assert centre.state is State.AWAIT_PROOF


def test_an_annexe_of_another_issuer_is_shown_who_vouches_for_the_prefecture(world: Any) -> None:
    other = make_prefecture("other")
    centre = Session("centre", world.centre, Trust([world.prefecture.root, other.root]), world.draw())
    stranger = Session("edge", other.identity("annexe", "berkane-09"), other.trust(), world.draw())
    centre.receive(stranger.hello, NOW)
    shown = unpack(centre.outgoing()[0])[1][0]
    assert isinstance(shown, bytes)
    assert len(parse_hello(shown).chain) == 2
