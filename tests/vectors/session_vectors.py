"""Vectors of the live session: one conversation frame by frame, and frames that are refused, each with its place;
and the same of version 2, which any two ends of neighbouring releases may speak.

The conversation is that of an annexe that sends three records in two streams and a blob that the prefecture wants, and
takes one record of the prefecture's. Keys,
nonces and clocks are fixed. Another implementation plays one end: given what it heard before, each frame must be
taken to the state and events written here; each bad frame must end the conversation with the kind written here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocol.errors import PeerError
from protocol.records.encoding import Value, decode, encode
from protocol.records.envelope import pad
from protocol.records.keys import SigningKey, seal_to
from protocol.sync.checkpoint import Held, write_checkpoint
from protocol.sync.frames import pack
from protocol.sync.hello import VERSIONS
from protocol.sync.session import Session
from tests.protocol.sync.support import NOW, End, World
from tests.vectors.values import Json, fixed

CASES, OFFICE = "berkane-05/cases", "berkane-05/office"
NEWEST: tuple[int, ...] = VERSIONS
EARLIER: tuple[int, ...] = VERSIONS[:-1]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A frame of the conversation, and what its receiver had heard before."""

    to: str
    frame: bytes
    before: tuple[bytes, ...]
    state: str
    events: tuple[str, ...]


def sessions() -> Json:
    """The file."""
    world, spoken = _conversation(NEWEST)
    earlier_world, earlier = _conversation(EARLIER)
    return {
        "now": NOW,
        "root": world.prefecture.root.encoded().hex(),
        "issuer": world.prefecture.issuer.encoded().hex(),
        "edge": _end(world, "edge"),
        "centre": _end(world, "centre"),
        "conversation": _told(spoken),
        "refused": [_refused(world, spoken, NEWEST, *bad) for bad in BAD],
        "earlier": {
            "version": max(EARLIER),
            "conversation": _told(earlier),
            "refused": [_refused(earlier_world, earlier, EARLIER, *bad) for bad in BAD_EARLIER],
        },
    }


def _told(spoken: list[Spoken]) -> Json:
    return [{"to": one.to, "frame": one.frame.hex(), "state": one.state, "events": list(one.events)} for one in spoken]


def _end(world: World, role: str) -> Json:
    identity = world.edge if role == "edge" else world.centre
    return {"id": identity.id, "credential": identity.leaf.encoded().hex()}


def at_both_ends() -> World:
    """The logs of both ends as the conversation finds them."""
    world = World()
    for number, stream in enumerate((CASES, CASES, OFFICE)):
        world.log.append(stream, {"kind": "account.viewed", "number": number}, fixed(f"key {number}"))
    world.feeds.append("all", {"kind": "catalogue.published", "id": "x", "version": 1, "document": {}})
    world.blobs_at_centre.wanted = [world.blobs_at_edge.put(1000)]
    return world


def _conversation(versions: tuple[int, ...]) -> tuple[World, list[Spoken]]:
    world = at_both_ends()
    edge, centre = world.connect(versions=versions)
    ends = {"edge": edge, "centre": centre}
    heard: dict[str, list[bytes]] = {"edge": [], "centre": []}
    spoken: list[Spoken] = []
    waiting = [("centre", edge.session.hello)]
    while waiting:
        to, frame = waiting.pop(0)
        spoken.append(_speak(ends[to], to, frame, tuple(heard[to])))
        heard[to].append(frame)
        waiting += [(other, one) for name, other in OTHERS for one in ends[name].session.outgoing()]
    edge.session.bye()
    for frame in edge.session.outgoing():
        spoken.append(_speak(centre, "centre", frame, tuple(heard["centre"])))
    return world, spoken


OTHERS = (("edge", "centre"), ("centre", "edge"))


def _speak(end: End, to: str, frame: bytes, before: tuple[bytes, ...]) -> Spoken:
    known = len(end.events)
    end.feed(frame)
    events = tuple(type(event).__name__ for event in end.events[known:])
    return Spoken(to, frame, before, end.session.state.value, events)


def _refused(
    world: World,
    spoken: list[Spoken],
    versions: tuple[int, ...],
    name: str,
    to: str,
    heard: str,
    make: Callable[[World, bytes], bytes],
) -> Json:
    """A bad frame in the place of the first frame with the tag `heard` that `to` hears."""
    place = next(number for number, one in enumerate(spoken) if one.to == to and _tag(one.frame) == heard)
    frame = make(world, spoken[place].frame)
    return {
        "name": name,
        "to": to,
        "after": place,
        "frame": frame.hex(),
        "kind": refusal(to, spoken[place].before, frame, versions),
    }


def refusal(to: str, before: tuple[bytes, ...], frame: bytes, versions: tuple[int, ...]) -> str:
    """The kind with which an end that heard these frames ends the conversation."""
    edge, centre = at_both_ends().connect(versions=versions)
    end = edge if to == "edge" else centre
    for one in before:
        end.feed(one)
    end.feed(frame)
    failures = end.failures()
    if not failures:
        raise ValueError("A bad frame was taken.")
    return failures[0].kind


def _tag(frame: bytes) -> str:
    value = decode(frame, max_size=len(frame))
    tag = value[0] if isinstance(value, list) else None
    if not isinstance(tag, str):
        raise PeerError("a frame begins with its tag")
    return tag


def _with(place: int, change: Callable[[Value], Value]) -> Callable[[World, bytes], bytes]:
    def make(_world: World, frame: bytes) -> bytes:
        value = decode(frame, max_size=len(frame))
        if not isinstance(value, list):
            raise PeerError("a frame is a list")
        return encode([*value[:place], change(value[place]), *value[place + 1 :]])

    return make


def _flipped(value: Value) -> Value:
    if not isinstance(value, bytes):
        raise PeerError("only bytes are flipped")
    return value[:-1] + bytes([value[-1] ^ 1])


def _checkpoint_by(holder: str, audience: str) -> Callable[[World, bytes], bytes]:
    def make(world: World, _frame: bytes) -> bytes:
        key = world.edge.signing if holder == "berkane-05" else SigningKey(fixed("stranger"))
        checkpoint = write_checkpoint(
            key, acker="berkane-05", audience=audience, counter=1, echo=None, held=[Held("all"), Held("to/berkane-05")]
        )
        return pack("checkpoint", checkpoint.encoded(), 0, 1 << 20)

    return make


BAD: list[tuple[str, str, str, Callable[[World, bytes], bytes]]] = [
    ("a byte behind a hello", "centre", "hello", lambda _, frame: frame + b"\0"),
    ("a hello cut short", "centre", "hello", lambda _, frame: frame[:-1]),
    ("a frame with an unknown tag", "centre", "hello", lambda _, __: pack("good day")),
    ("a hello of no common version", "centre", "hello", _with(1, lambda _: [8, 9])),
    ("a hello in another's name", "centre", "hello", _with(3, lambda _: "berkane-06")),
    ("a hello without a credential", "centre", "hello", _with(4, lambda _: [])),
    ("a hello in the prefecture's role", "centre", "hello", _with(2, lambda _: "centre")),
    ("a hello in a standby's role", "centre", "hello", _with(2, lambda _: "standby")),
    ("data before the proof", "centre", "proof", lambda _, __: pack("batch", 1, [], [])),
    ("a proof that is not signed so", "centre", "proof", _with(1, _flipped)),
    ("a welcome that is not signed so", "edge", "welcome", _with(2, _flipped)),
    ("a second hello", "edge", "welcome", lambda world, _: Session(
        "edge", world.edge, world.prefecture.trust(), fixed("nonce")).hello),
    ("a checkpoint by somebody else", "centre", "checkpoint", _checkpoint_by("stranger", "prefecture")),
    ("a checkpoint for somebody else", "centre", "checkpoint", _checkpoint_by("berkane-05", "oujda")),
    ("an answer to a batch that was never sent", "centre", "checkpoint", _with(2, lambda _: 9)),
    ("a box out of number", "centre", "boxed", _with(1, lambda _: 2)),
    ("a box that was changed", "centre", "boxed", _with(2, _flipped)),
    ("a box that holds nothing", "centre", "boxed", _with(2, lambda _: b"")),
    ("a box of a stream that is not the sender's", "centre", "boxed", lambda world, _: pack(
        "boxed", 1, seal_to(world.at_centre.opening.public, pad(encode(
            [b"", b"", [["all", fixed("segment", 8), 0, b"no record"]]])), fixed("ephemeral")))),
    ("a piece of a blob that nobody wants", "centre", "chunk", _with(2, _flipped)),
    ("a chunk before its list", "centre", "chunk", _with(3, lambda _: 1)),
    ("a piece that is too long", "centre", "chunk", _with(4, lambda _: bytes(32 * 1024 + 1))),
    ("a piece out of number", "centre", "chunk", _with(1, lambda _: 9)),
    ("too many blobs wanted", "edge", "want", _with(1, lambda _: [[fixed(str(one)), 0] for one in range(17)])),
    ("a place that no blob has", "edge", "want", _with(1, lambda _: [[fixed("blob"), 1025]])),
]  # fmt: skip

BAD_EARLIER: list[tuple[str, str, str, Callable[[World, bytes], bytes]]] = [
    ("a batch out of number", "centre", "batch", _with(1, lambda _: 2)),
    ("a batch of a stream that is not the sender's", "centre", "batch", _with(3, lambda _: [
        ["all", fixed("segment", 8), 0, b"no record"]])),
    ("a box, of which this version does not speak", "centre", "batch", lambda world, _: pack(
        "boxed", 1, seal_to(world.at_centre.opening.public, pad(encode([b"", b"", []])), fixed("ephemeral")))),
]  # fmt: skip
