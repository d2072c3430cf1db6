"""Scans between an annexe and its prefecture that have no link: behind the records, over as many sticks as needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from disk.sticks import StickFolder
from protocol.sync.carrying import Outcome
from protocol.sync.packing import SCANS_SUFFIX, SMALLEST
from tests.edge.store.scanning import PAGE, attach
from tests.edge.store.support import ANNEXE, account_opened, open_account, submit
from tests.edge.sync.test_sticks import Post, Tight, post, unseen

__all__ = ["post"]

LARGE = b"%PDF-" + bytes(range(256)) * 4 * 600  # 0.6 MB, 75 pieces: more than one file of the smallest size


@dataclass
class Dossier:
    """A case with a scan, and both ends."""

    post: Post
    case: bytes
    address: bytes

    async def export(self, name: str, *, room: int = 1 << 40, go_on: bool = False) -> Outcome:
        stick = Tight(self.post.stick(name), room)
        return await self.post.edge.export(stick, unseen, go_on=go_on, file_size=SMALLEST)

    async def reach(self, name: str) -> Outcome:
        return await self.post.prefecture.take(StickFolder(self.post.stick(name)), unseen)

    async def answer(self, name: str) -> Outcome:
        stick = StickFolder(self.post.stick(name))
        await self.post.prefecture.export(ANNEXE, stick, unseen, file_size=SMALLEST)
        return await self.post.edge.take(stick, unseen)

    async def has_come(self) -> bool:
        return await self.post.centre.blobs.is_whole(ANNEXE, self.address)

    async def at_the_prefecture(self) -> bytes:
        content = await self.post.centre.blobs.open(ANNEXE, self.case, self.address)
        assert content is not None
        return b"".join([piece async for piece in content])

    def scan_files(self, name: str) -> list[Path]:
        return sorted(self.post.stick(name).glob(f"*{SCANS_SUFFIX}"))

    def lose_scans(self, name: str) -> None:
        for file in self.scan_files(name):
            file.unlink()


@pytest.fixture
async def dossier(post: Post) -> Dossier:
    account = await open_account(post.store, 1, account_opened(cnie="FA000001", phone=None))
    case = await submit(post.store, account)
    return Dossier(post, case, await attach(post.store, case, LARGE))


async def test_a_scan_comes_with_the_stick_that_brings_its_case(dossier: Dossier) -> None:
    await dossier.export("one")
    assert len(dossier.scan_files("one")) > 1
    taken = await dossier.reach("one")
    assert taken.refused == ()
    assert taken.progress.files == len(list(dossier.post.stick("one").iterdir()))
    assert await dossier.at_the_prefecture() == LARGE


async def test_a_scan_goes_on_with_the_next_stick_where_a_full_one_ended(dossier: Dossier) -> None:
    first = await dossier.export("first", room=3 * SMALLEST)
    assert first.full
    assert dossier.scan_files("first")
    assert await dossier.post.edge.can_go_on()
    second = await dossier.export("second", go_on=True)
    assert not second.full
    assert not await dossier.post.edge.can_go_on()
    await dossier.reach("first")
    assert not await dossier.has_come()
    assert (await dossier.reach("second")).refused == ()
    assert await dossier.at_the_prefecture() == LARGE
    sizes = [file.stat().st_size for name in ("first", "second") for file in dossier.scan_files(name)]
    assert sum(sizes) < 2 * len(LARGE)  # nothing went twice


async def test_a_stick_without_room_for_any_scan_still_brings_the_case(dossier: Dossier) -> None:
    assert (await dossier.export("small", room=2 * SMALLEST)).full
    await dossier.reach("small")
    assert len(await dossier.post.centre.queries.requests()) == 1
    await dossier.export("next", go_on=True)
    await dossier.reach("next")
    assert await dossier.at_the_prefecture() == LARGE


async def test_what_was_lost_on_the_way_is_asked_for_by_the_prefecture(dossier: Dossier) -> None:
    await dossier.export("lost")
    dossier.lose_scans("lost")
    await dossier.reach("lost")
    assert not await dossier.has_come()
    assert (await dossier.answer("back")).refused == ()
    assert await dossier.post.edge.left() == 0
    await dossier.export("again")
    await dossier.reach("again")
    assert await dossier.at_the_prefecture() == LARGE
    await dossier.answer("done")
    await dossier.export("nothing")
    assert dossier.scan_files("nothing") == []


async def test_half_a_scan_that_came_is_gone_on_with(dossier: Dossier) -> None:
    await dossier.export("one")
    dossier.scan_files("one")[-1].unlink()
    await dossier.reach("one")
    await dossier.answer("back")
    await dossier.export("rest")
    assert sum(file.stat().st_size for file in dossier.scan_files("rest")) < len(LARGE)
    await dossier.reach("rest")
    assert await dossier.at_the_prefecture() == LARGE


async def test_sticks_with_scans_that_come_twice_or_in_any_order_change_nothing(dossier: Dossier) -> None:
    await dossier.export("first", room=3 * SMALLEST)
    await dossier.export("second", go_on=True)
    for name in ("second", "first", "second", "first", "first"):
        await dossier.reach(name)
    assert await dossier.at_the_prefecture() == LARGE


async def test_a_card_that_lost_a_scan_gets_it_back_from_the_prefecture_by_stick(dossier: Dossier) -> None:
    await dossier.export("there")
    await dossier.reach("there")
    lost(dossier.post.folder / "edge" / "scans" / dossier.address.hex())
    assert not await dossier.post.store.scans.is_whole(dossier.address)
    await dossier.export("asks")
    await dossier.reach("asks")
    assert (await dossier.answer("gives")).refused == ()
    assert await dossier.post.store.scans.is_whole(dossier.address)


def lost(file: Path) -> None:
    file.unlink()


async def test_a_damaged_file_of_scans_is_named_and_the_records_are_taken(dossier: Dossier) -> None:
    await dossier.export("one")
    spoil(dossier.scan_files("one")[0])
    taken = await dossier.reach("one")
    assert [one.kind for one in taken.refused] == ["bundle-damaged"]
    assert len(await dossier.post.centre.queries.requests()) == 1
    assert not await dossier.has_come()


def spoil(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[1000] ^= 1
    file.write_bytes(data)


async def test_who_finds_the_stick_sees_nothing_of_a_scan(dossier: Dossier) -> None:
    await dossier.export("one")
    written = b"".join(file.read_bytes() for file in dossier.scan_files("one"))
    assert dossier.address not in written
    assert LARGE[:64] not in written
    assert PAGE[:64] not in written
    assert dossier.address.hex() not in " ".join(file.name for file in dossier.scan_files("one"))
