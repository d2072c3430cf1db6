"""Blobs in a conversation: after all records, each piece once, whatever is cut; never from who was not asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import CallerError
from protocol.records.blobs import CHUNK
from protocol.records.encoding import decode
from protocol.sync.arrivals import CREDIT
from protocol.sync.blob_flow import MAX_WANTED, Want
from protocol.sync.frames import pack
from protocol.sync.patience import Patience
from protocol.sync.session import Session
from tests.protocol.sync.shelf import Shelf
from tests.protocol.sync.support import NOW, End, World
from tests.vectors.values import fixed

CASES, OFFICE = "berkane-05/cases", "berkane-05/office"


def open_ends(world: World, **options: Any) -> tuple[End, End]:
    """Both ends, met, silent."""
    edge, centre = world.connect(**options)
    world.meet(edge, centre)
    return edge, centre


def tags(frames: list[bytes]) -> list[str]:
    values = [decode(frame, max_size=len(frame)) for frame in frames]
    return [str(value[0]) for value in values if isinstance(value, list)]


def test_a_wanted_blob_comes_whole_and_is_answered_like_a_batch(world: World) -> None:
    world.blobs_at_centre.wanted = [world.blobs_at_edge.put(5 * CHUNK + 3), world.blobs_at_edge.put(10)]
    edge, centre = open_ends(world)
    assert world.blobs_at_centre.pieces == world.blobs_at_edge.pieces
    assert edge.session.in_flight == 0
    assert edge.session.blobs.left == 0
    assert centre.failures() == edge.failures() == []


def test_nothing_is_sent_that_nobody_wants(world: World) -> None:
    world.blobs_at_edge.put(100)
    open_ends(world)
    assert world.blobs_at_centre.pieces == {}


def test_a_case_that_is_submitted_meanwhile_goes_before_the_next_piece(world: World) -> None:
    edge, centre = open_ends(world)
    world.blobs_at_centre.wanted = [world.blobs_at_edge.put(40 * CHUNK)]
    centre.want()
    for frame in centre.session.outgoing():
        edge.feed(frame)
    under_way = edge.session.outgoing()
    assert set(tags(under_way)) == {"chunk"}
    assert edge.session.in_flight < 40 * CHUNK, "the rest waits here, where a case can overtake it"
    world.log.append(CASES, {"kind": "request.submitted"}, fixed("a case"))
    edge.session.announce(CASES)
    for frame in under_way:
        centre.feed(frame)
    for frame in centre.session.outgoing():
        edge.feed(frame)
    assert tags(edge.session.outgoing())[0] == "boxed"


def test_what_is_not_held_is_said_and_ends_nothing_else(world: World) -> None:
    nowhere = fixed("nowhere")
    world.blobs_at_centre.wanted = [nowhere, world.blobs_at_edge.put(CHUNK + 1)]
    _, centre = open_ends(world)
    assert world.blobs_at_centre.lacking == [nowhere]
    assert world.blobs_at_centre.is_whole(world.blobs_at_centre.wanted[1])
    assert not centre.session.is_over


def test_a_piece_that_is_not_what_its_address_names_is_refused_by_its_taker_alone(world: World) -> None:
    bad, good = world.blobs_at_edge.put(9 * CHUNK), world.blobs_at_edge.put(CHUNK)
    world.blobs_at_edge.pieces[bad][2] = b"damaged on the way to the socket"
    world.blobs_at_centre.wanted = [bad, good]
    edge, centre = open_ends(world)
    assert world.blobs_at_centre.refused == [bad]
    assert len(world.blobs_at_centre.pieces[bad]) == 2, "the list and what was good before it"
    assert world.blobs_at_centre.is_whole(good)
    assert edge.failures() == centre.failures() == []
    assert edge.session.in_flight == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 60), max_size=6))
def test_however_often_the_line_is_cut_each_piece_that_was_kept_is_sent_once(cuts: list[int]) -> None:
    world = World()
    world.blobs_at_centre.wanted = [world.blobs_at_edge.put(size) for size in (9 * CHUNK, 4 * CHUNK + 1, 1)]
    for cut in cuts:
        edge, centre = world.connect()
        kept = sum(map(len, world.blobs_at_centre.pieces.values()))
        world.meet(edge, centre, cut)
        assert sum(map(len, world.blobs_at_centre.pieces.values())) >= kept
    edge, centre = world.connect()
    wanted = world.blobs_at_centre.wants()
    world.meet(edge, centre)
    assert world.blobs_at_centre.pieces == world.blobs_at_edge.pieces
    left = sum(len(world.blobs_at_edge.pieces[want.address]) - want.place for want in wanted)
    assert [type(event).__name__ for event in centre.events].count("ChunkArrived") == left


def test_a_restored_annexe_is_given_its_blobs_back_by_the_prefecture(world: World) -> None:
    address = world.blobs_at_edge.put(2 * CHUNK)
    world.blobs_at_centre.wanted = [address]
    open_ends(world)
    world.blobs_at_edge = Shelf(wanted=[address])
    open_ends(world)
    assert world.blobs_at_edge.is_whole(address)


def test_more_blobs_than_may_be_wanted_at_once_follow_one_another(world: World) -> None:
    world.blobs_at_centre.wanted = [world.blobs_at_edge.put(size) for size in range(1, 3 * MAX_WANTED)]
    open_ends(world)
    assert world.blobs_at_centre.wants() == []


@pytest.mark.parametrize("older", ["edge", "centre"])
def test_an_earlier_release_is_not_asked_and_its_records_come_all_the_same(world: World, older: str) -> None:
    world.blobs_at_centre.wanted = [world.blobs_at_edge.put(100)]
    world.log.append(CASES, {"kind": "request.submitted"}, fixed("a case"))
    edge, centre = world.connect(**({"versions": (1,)} if older == "edge" else {}))
    if older == "centre":
        centre.session = Session("centre", world.centre, world.prefecture.trust(), world.draw(), versions=(1,))
    world.meet(edge, centre)
    assert len(world.at_centre.records[CASES]) == 2
    assert world.blobs_at_centre.pieces == {}
    assert not edge.session.is_over


def test_who_floods_with_what_was_wanted_ends_the_conversation_by_his_credit(world: World) -> None:
    edge, centre = open_ends(world)
    address = fixed("a blob")
    centre.session.want([Want(address)])
    piece, number = bytes(32 * 1024), 1
    while not centre.session.is_over:
        centre.session.receive(pack("chunk", number, address, number - 1, piece), NOW)
        number += 1
    assert number > CREDIT // len(piece) - 3
    assert tags(centre.session.outgoing())[-1] == "failed"
    assert edge.session.in_flight == 0


def test_a_blob_is_wanted_only_after_what_is_held_was_said(world: World) -> None:
    edge, _ = world.connect()
    with pytest.raises(CallerError):
        edge.session.want([Want(fixed("a blob"))])
    with pytest.raises(CallerError):
        edge.session.supply_blob(Want(fixed("a blob")), b"", is_last=True, now_ms=NOW)
    assert edge.session.pull_blob() is None


def test_a_blob_that_does_not_come_ends_the_wait_and_records_that_come_before_it_do_not(world: World) -> None:
    edge, centre = open_ends(world)
    centre.session.want([Want(fixed("a blob"))])
    centre.session.outgoing()  # lost on the way
    patience = Patience(centre.session)
    assert not patience.is_over()
    world.log.append(CASES, {"kind": "request.submitted"}, fixed("a case"))
    edge.session.announce(CASES)
    edge.pump()
    for frame in edge.session.outgoing():
        centre.feed(frame)
    assert not patience.is_over(), "records go first, so the blob may still come"
    assert patience.is_over()
