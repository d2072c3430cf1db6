"""Each frame three ways: whole, cut at every byte, and with bytes behind it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.records.encoding import Value, encode
from protocol.sync.events import PeerFailed
from protocol.sync.frames import MAX_FRAME, pack, unpack
from protocol.sync.hello import VERSIONS, parse_hello
from protocol.sync.refusals import FrameRefused
from protocol.sync.states import State
from tests.protocol.sync.support import World

CASES = "berkane-05/cases"


def recorded(versions: tuple[int, ...] = VERSIONS) -> list[tuple[str, list[bytes], bytes]]:
    """Every frame of a real conversation: (who receives it, what it received before, the frame)."""
    world = World()
    for number in range(3):
        world.log.append(CASES, {"kind": "request.submitted", "number": number}, bytes([number]) * 32)
    world.feeds.append("all", {"kind": "catalogue.published", "id": "x", "version": 1, "document": {}})
    edge, centre = world.connect(versions=versions)
    heard: dict[str, list[bytes]] = {"centre": [], "edge": []}
    found: list[tuple[str, list[bytes], bytes]] = [("centre", [], edge.session.hello)]
    centre.feed(edge.session.hello)
    heard["centre"].append(edge.session.hello)
    ends = {"centre": centre, "edge": edge}
    moved = True
    while moved:
        moved = False
        for name, other in (("centre", "edge"), ("edge", "centre")):
            for frame in ends[name].session.outgoing():
                found.append((other, list(heard[other]), frame))
                heard[other].append(frame)
                ends[other].feed(frame)
                moved = True
    edge.session.bye()
    found += [("centre", list(heard["centre"]), frame) for frame in edge.session.outgoing()]
    return found


EARLIER = [one for one in recorded(VERSIONS[:-1]) if unpack(one[2])[0] == "batch"]
FRAMES = [*recorded(), *EARLIER]


def replay(receiver: str, before: list[bytes], last: bytes) -> Any:
    """A new receiver in the same state (the same keys, nonces and clock), given one frame more."""
    world = World()
    if receiver == "edge":
        world.log = World().log
    edge, centre = world.connect()
    end = edge if receiver == "edge" else centre
    for frame in before:
        end.session.receive(frame, 0)
    return end, end.session.receive(last, 0)


def test_a_conversation_has_every_kind_of_frame_but_refusals() -> None:
    assert {unpack(frame)[0] for _, _, frame in FRAMES} == {
        "hello",
        "welcome",
        "proof",
        "checkpoint",
        "batch",
        "boxed",
        "bye",
    }


@pytest.mark.parametrize("number", range(len(FRAMES)))
def test_a_frame_cut_short_is_refused(number: Any) -> None:
    _, _, frame = FRAMES[number]
    for size in range(len(frame)):
        with pytest.raises(FrameRefused):
            unpack(frame[:size])


@pytest.mark.parametrize("number", range(len(FRAMES)))
def test_a_frame_with_bytes_behind_it_is_refused(number: Any) -> None:
    _, _, frame = FRAMES[number]
    for more in (b"\x00", b"\xc0", frame):
        with pytest.raises(FrameRefused):
            unpack(frame + more)


def test_a_session_that_is_fed_a_cut_frame_fails_and_says_why() -> None:
    receiver, before, frame = FRAMES[0]
    end, events = replay(receiver, before, frame[:-1])
    assert [(event.kind, event.told) for event in events] == [("frame", False)]
    (answer,) = end.session.outgoing()
    assert unpack(answer)[0] == "failed"
    assert end.session.state is State.FAILED


@pytest.mark.parametrize("at", range(0, len(FRAMES[0][2]), 7))
def test_a_hello_with_any_bit_flipped_never_authenticates(at: Any) -> None:
    world = World()
    edge, centre = world.connect()
    hello = bytearray(edge.session.hello)
    hello[at] ^= 0x10
    centre.session.receive(bytes(hello), 0)
    for frame in centre.session.outgoing():
        if edge.session.is_over:
            break
        edge.session.receive(frame, 0)
    for frame in edge.session.outgoing():
        if not centre.session.is_over:
            centre.session.receive(frame, 0)
    assert centre.session.state is not State.OPEN


def test_a_frame_larger_than_the_bound_is_refused_before_it_is_read() -> None:
    with pytest.raises(FrameRefused):
        unpack(bytes(MAX_FRAME + 1))


def test_an_unknown_tag_or_width_is_refused() -> None:
    values: tuple[Value, ...] = ([], ["hello"], ["sing", 1], [1, 2], {"a": 1}, ["bye", 1], "bye")
    for value in values:
        with pytest.raises(FrameRefused):
            unpack(encode(value))


@given(st.binary(max_size=300))
def test_noise_is_refused_with_a_typed_error(noise: Any) -> None:
    with pytest.raises(FrameRefused):
        parse_hello(noise)


def test_a_sentence_is_bounded() -> None:
    world = World()
    edge, centre = world.connect()
    world.meet(edge, centre)
    events = edge.session.receive(pack("failed", "kind", "x" * 301), 0)
    assert isinstance(events[0], PeerFailed)
    assert events[0].kind == "frame"
