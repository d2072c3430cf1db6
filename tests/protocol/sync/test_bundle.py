"""Bundles: the same batches on a stick, which may come late, twice, in any order, or never."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocol.errors import PeerError
from protocol.records.keys import OpeningKey
from protocol.sync.bundle import BundleReader
from protocol.sync.checkpoint import Judgement, Known, write_checkpoint
from protocol.sync.events import BatchArrived
from protocol.sync.memory import Memory
from protocol.sync.packing import SMALLEST
from protocol.sync.pieces import HEAD_SIZE, MAGIC, SEALED_PIECE
from protocol.sync.refusals import BundleGap
from tests.protocol.sync.bundles import Post, events, posts
from tests.protocol.sync.support import World, make_prefecture, seed

CASES, OFFICE = "berkane-05/cases", "berkane-05/office"
TO = "to/berkane-05"


def write_some(world: World, count: int = 3, name: str = "") -> None:
    for number in range(count):
        key = f"{name}{number}".encode().ljust(32, b"k")
        world.log.append(CASES, {"kind": "request.submitted", "n": number}, key)
        world.log.append(OFFICE, {"kind": "ticket.drawn", "n": number}, b"office".ljust(32, b"k"))
    world.feeds.append("all", {"kind": "catalogue.published", "id": "residence", "version": 1, "document": {}})
    world.feeds.append(TO, {"kind": "request.confirmed"}, b"feed".ljust(32, b"k"))


def write_much(world: World, count: int) -> None:
    """So much that a run needs several files: bodies that nothing compresses."""
    for number in range(count):
        noise = hashlib.shake_256(f"noise {number}".encode()).digest(40_000)
        world.log.append(CASES, {"kind": "request.submitted", "noise": noise}, b"big".ljust(32, b"k"))


def refused(post: Post, data: bytes) -> str:
    with pytest.raises(PeerError) as caught:
        post.take(data)
    return caught.value.kind


def test_a_round_trip_by_stick_alone_confirms_everything(world: World) -> None:
    annexe, prefecture = posts(world)
    write_some(world)
    for data in annexe.write():
        prefecture.take(data)
    assert prefecture.taker.records[CASES] == world.encoded(CASES)
    assert not annexe.confirmed()
    for data in prefecture.write():
        annexe.take(data)
    assert annexe.confirmed()
    assert annexe.taker.records["all"] == [one.encoded for one in world.feeds.streams["all"]]
    for data in annexe.write():
        prefecture.take(data)
    assert prefecture.confirmed()


def test_what_was_confirmed_is_not_carried_again(world: World) -> None:
    annexe, prefecture = posts(world)
    write_much(world, 20)
    first = annexe.write()
    prefecture.take(first[0])
    annexe.take(prefecture.write()[0])
    [again] = annexe.write()
    assert len(again) == HEAD_SIZE + SEALED_PIECE < len(first[0])


def test_a_file_says_nothing_to_its_finder(world: World) -> None:
    annexe, _ = posts(world)
    write_some(world)
    [data] = annexe.write()
    assert data.startswith(MAGIC)
    for word in (b"berkane", b"prefecture", b"cases", annexe.identity.leaf.public, annexe.peer.sealing or b""):
        assert word not in data
    assert (len(data) - HEAD_SIZE) % SEALED_PIECE == 0


@pytest.mark.parametrize("block", [1, 7, 65_552, 1 << 20])
def test_a_file_is_read_the_same_in_blocks_of_any_size(world: World, block: int) -> None:
    annexe, prefecture = posts(world)
    write_some(world)
    prefecture.take(annexe.write()[0], block)
    assert prefecture.taker.records[CASES] == world.encoded(CASES)


def test_a_long_log_goes_into_several_files_and_each_within_its_bound(world: World) -> None:
    annexe, prefecture = posts(world)
    write_much(world, 18)
    files = annexe.write(SMALLEST)
    assert len(files) >= 3
    assert all(len(data) <= SMALLEST for data in files)
    for data in files:
        prefecture.take(data)
    assert prefecture.taker.records[CASES] == world.encoded(CASES)


def test_each_file_carries_the_keys_of_its_own_records(world: World) -> None:
    annexe, prefecture = posts(world)
    write_much(world, 18)
    for data in annexe.write(SMALLEST):
        batches = [one for one in events(prefecture.reader(), data, 1 << 20) if isinstance(one, BatchArrived)]
        needed = {one.record.subject for batch in batches for one in batch.records if one.record}
        assert needed - {None} == {key.subject for batch in batches for key in batch.keys} != set()


def test_a_later_file_without_the_earlier_is_refused_and_leaves_no_hole(world: World) -> None:
    annexe, prefecture = posts(world)
    write_much(world, 18)
    first, second, *_ = annexe.write(SMALLEST)
    with pytest.raises(PeerError, match="File 2 of bundle 1 goes on where file 1 ends") as caught:
        prefecture.take(second)
    assert caught.value.kind == "bundle-gap"
    assert prefecture.taker.held()[0].holes == ()
    prefecture.take(first)
    prefecture.take(second)
    assert prefecture.taker.held()[0].holes == ()


def test_a_restored_reader_is_told_which_way_out(world: World) -> None:
    annexe, prefecture = posts(world)
    write_some(world)
    prefecture.take(annexe.write()[0])
    prefecture.write()  # a stick that got lost
    annexe.take(prefecture.write()[0])
    write_some(world, name="later")
    late = annexe.write()[0]
    prefecture.taker = world.taker("prefecture", (CASES, OFFICE))  # from a backup of before
    with pytest.raises(PeerError, match="carry our own export there"):
        prefecture.take(late)
    annexe.take(prefecture.write()[0])
    assert annexe.restored == 1
    for data in annexe.write():
        prefecture.take(data)
    assert prefecture.taker.records[CASES] == world.encoded(CASES)


def test_a_damaged_record_becomes_a_hole_and_the_next_bundle_mends_it(world: World) -> None:
    annexe, prefecture = posts(world)
    write_some(world)
    good = world.log.streams[CASES][2]
    world.log.corrupt(CASES, 2, good.encoded[:-1] + bytes([good.encoded[-1] ^ 1]))
    prefecture.take(annexe.write()[0])
    assert [hole.why for hole in prefecture.taker.held()[0].holes] == ["signature"]
    annexe.take(prefecture.write()[0])
    world.log.streams[CASES][2] = good
    prefecture.take(annexe.write()[0])
    assert prefecture.taker.held()[0].holes == ()


def test_an_old_stick_changes_nothing(world: World) -> None:
    annexe, prefecture = posts(world)
    write_some(world)
    [old] = annexe.write()
    prefecture.take(old)
    [answer] = prefecture.write()
    annexe.take(answer)
    write_some(world, name="later")
    prefecture.take(annexe.write()[0])
    annexe.take(prefecture.write()[0])
    held, believed = prefecture.taker.held(), annexe.believed
    prefecture.take(old)
    annexe.take(answer)
    assert prefecture.taker.held() == held
    assert annexe.believed == believed
    assert annexe.restored == 0


def test_who_a_bundle_is_for_and_from_must_fit(world: World) -> None:
    annexe, prefecture = posts(world)
    [data] = annexe.write()
    assert refused(annexe, data) == "bundle-recipient"  # its own export, come back
    annexe.peer = make_prefecture("another/").credential("centre", "elsewhere")
    assert refused(prefecture, annexe.write()[0]) == "bundle-recipient"
    annexe.peer = world.prefecture.credential("centre", "elsewhere", "prefecture")  # sealed to us, signed for another
    assert refused(prefecture, annexe.write()[0]) == "identity"


def test_a_stranger_is_refused(world: World) -> None:
    annexe, prefecture = posts(world)
    annexe.identity = make_prefecture("another/").identity("annexe", "berkane-05")
    assert refused(prefecture, annexe.write()[0]) == "identity"


@given(position=st.integers(0, HEAD_SIZE + SEALED_PIECE - 1), bit=st.integers(0, 7))
def test_every_flipped_bit_is_refused(position: int, bit: int) -> None:
    world = World()
    annexe, prefecture = posts(world)
    [data] = annexe.write()
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    kind = refused(prefecture, bytes(changed))
    if position < len(MAGIC):
        assert kind == "no-bundle"
    else:
        assert kind == ("bundle-recipient" if position < HEAD_SIZE else "bundle-damaged")


@given(keep=st.integers(0, HEAD_SIZE + SEALED_PIECE - 1))
def test_a_file_that_was_cut_is_refused(keep: int) -> None:
    annexe, prefecture = posts(World())
    [data] = annexe.write()
    assert refused(prefecture, data[:keep]) == "bundle-cut"


@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    reader = BundleReader("centre", "prefecture", OpeningKey(seed("prefecture/x")), World().prefecture.trust())
    with pytest.raises(PeerError) as caught:
        events(reader, data, 64)
    assert caught.value.kind in ("no-bundle", "bundle-cut")


def _pieces(data: bytes) -> list[bytes]:
    return [data[start : start + SEALED_PIECE] for start in range(HEAD_SIZE, len(data), SEALED_PIECE)]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda pieces: [pieces[1], pieces[0], *pieces[2:]], "bundle-damaged"),
        (lambda pieces: [pieces[0], pieces[0], *pieces[1:]], "bundle-damaged"),
        (lambda pieces: [pieces[0], *pieces[2:]], "bundle-damaged"),
        (lambda pieces: [*pieces, pieces[-1]], "bundle-damaged"),
        (lambda pieces: [*pieces, b"x"], "bundle-damaged"),
        (lambda pieces: pieces[:-1], "bundle-cut"),
    ],
    ids=["swapped", "repeated", "left out", "added", "a byte added", "the last taken away"],
)
def test_pieces_stay_in_their_places(world: World, change: Callable[[list[bytes]], list[bytes]], kind: str) -> None:
    annexe, prefecture = posts(world)
    write_much(world, 12)
    [data] = annexe.write()
    assert len(_pieces(data)) > 3
    assert refused(prefecture, data[:HEAD_SIZE] + b"".join(change(_pieces(data)))) == kind


Step = tuple[str, int]

LATER_FIRST = [("export", 0), ("carry", 1), ("answer", 0), ("carry", 0), ("answer", 0), ("return", 1), ("return", 0)]
"""The second of two sticks is read first, at both ends."""


@given(steps=st.lists(st.tuples(st.sampled_from(["write", "export", "answer", "carry", "return"]), st.integers(0, 30))))
@example([("export", 0), *LATER_FIRST])
def test_sticks_in_any_order_repeated_and_lost_lose_and_double_nothing(steps: list[Step]) -> None:
    world = World()
    annexe, prefecture = posts(world)
    down: list[bytes] = []
    up: list[bytes] = []
    for act, chosen in steps:
        if act == "write":
            write_some(world, 1, str(chosen))
        elif act == "export":
            up += annexe.write()
        elif act == "answer":
            down += prefecture.write()
        else:
            sticks, reader = (up, prefecture) if act == "carry" else (down, annexe)
            if sticks:
                reader.take(sticks[chosen % len(sticks)])
    assert annexe.restored == prefecture.restored == 0
    _carry_all(annexe, prefecture)
    assert annexe.confirmed()
    for stream, records in prefecture.taker.records.items():
        assert records == world.encoded(stream)
    assert all(held.holes == () for held in [*prefecture.taker.held(), *annexe.taker.held()])


def _carry_all(annexe: Post, prefecture: Post) -> None:
    for writer, reader in ((annexe, prefecture), (prefecture, annexe)):
        for data in writer.write():
            reader.take(data)


@settings(max_examples=20)
@given(order=st.permutations(range(12)), twice=st.integers(0, 11))
def test_files_of_a_run_in_any_order_converge(order: list[int], twice: int) -> None:
    world, files = _long_run()
    _, prefecture = posts(world)
    waiting = [files[index % len(files)] for index in [*order, twice]]
    for _ in range(len(waiting)):  # as a person does: those that were refused are brought again
        waiting = [data for data in waiting if not _taken(prefecture, data)]
    assert prefecture.taker.records[CASES] == world.encoded(CASES)
    assert prefecture.taker.held()[0].holes == ()


def _taken(post: Post, data: bytes) -> bool:
    try:
        post.take(data)
    except BundleGap:
        return False
    return True


LONG: list[tuple[World, list[bytes]]] = []


def _long_run() -> tuple[World, list[bytes]]:
    """One world with a run of several files, written once; each caller takes it with a fresh memory."""
    if not LONG:
        world = World()
        write_much(world, 18)
        LONG.append((world, posts(world)[0].write(SMALLEST)))
    world, files = LONG[0]
    world.at_centre = world.taker("prefecture", (CASES, OFFICE))
    return world, files


def test_a_conversation_makes_the_answers_to_earlier_sticks_old() -> None:
    asked = Memory().asking(b"n" * 32, Known(9, b"x" * 32))
    answer = write_checkpoint(World().centre.signing, acker="c", audience="a", counter=5, echo=b"n" * 32, held=[])
    assert asked.judged(Known(9, b"x" * 32), answer) is Judgement.RESTORED
    assert asked.judged(Known(10, b"y" * 32), answer) is Judgement.STALE
