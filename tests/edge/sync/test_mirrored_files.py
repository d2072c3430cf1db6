"""Certificates and scans follow to a standby, and what was removed is removed there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from edge.store.store import Store
from edge.sync.mirror import Mirror
from tests.edge.store.scanning import PAPER, attach, grant, printed, remove, seal
from tests.edge.sync.machines import STANDBY, Way, follower_of, following, in_step, mirror_of, promoted, store_of
from tests.edge.sync.test_mirror import both, work


async def until(mirror: Mirror, holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds at the standby."""
    async with asyncio.timeout(20):
        while not await holds():
            await mirror.lag()


async def granted(store: Store, number: int) -> bytes:
    """A request that was granted; returns the case."""
    case = await work(store, number)
    await grant(store, case)
    return case


def kept_in(folder: Path) -> set[str]:
    return {one.name for one in (folder / "scans").iterdir()}


async def test_a_promoted_standby_prints_the_certificates_of_before_byte_for_byte(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        first, second = await granted(store, 1), await granted(store, 2)
        before = await seal(store, first)
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await in_step(mirror)
            after = await seal(store, second, PAPER[::-1], "bcdefghijklmnopq")
            await until(mirror, lambda: whole(standby, before, after))
        await promoted(standby)
    async with store_of(tmp_path / "standby", STANDBY) as annexe:
        assert await printed(annexe, first) == PAPER
        assert await printed(annexe, second) == PAPER[::-1]


async def whole(store: Store, *addresses: bytes) -> bool:
    return all([await store.scans.is_whole(one) for one in addresses])


class Breaking(Way):
    """A LAN that breaks once, when it has carried so many pieces of files."""

    def __init__(self, mirror: Mirror, after: int) -> None:
        super().__init__(mirror)
        self._after = after
        self.pieces = 0

    async def carries(self, frame: bytes) -> bool:
        if b"chunk" not in frame[:8]:
            return True
        self.pieces += 1
        if self.pieces != self._after:
            return True
        await self.cut()
        return False

    async def is_broken(self) -> bool:
        return self.pieces >= self._after


async def test_half_a_certificate_is_not_served_and_the_rest_comes_with_the_next_connection(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        case = await granted(store, 1)
        address = await seal(store, case)
        mirror = mirror_of(store)
        way = Breaking(mirror, after=9)
        async with following(follower_of(standby, way)) as follower:
            await until(mirror, way.is_broken)
            assert await printed(standby, case) is None
            assert all(name.endswith(".draft") for name in kept_in(tmp_path / "standby"))
            follower.try_now()
            await until(mirror, lambda: whole(standby, address))
        assert await printed(standby, case) == PAPER
        assert way.pieces == 1 + 13 + 1, "the list and each chunk once, but for the one that was on its way"


async def test_a_standby_deletes_a_scan_as_soon_as_it_hears_that_it_was_removed(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        case = await work(store, 1)
        kept, mistake = await attach(store, case), await attach(store, case, PAPER, "two")
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await until(mirror, lambda: whole(standby, kept, mistake))
            await remove(store, case, mistake)
            await until(mirror, lambda: has_only(tmp_path / "standby", kept))


async def test_a_scan_that_was_removed_while_commands_were_held_is_deleted_when_they_go_on(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        case = await work(store, 1)
        kept, mistake = await attach(store, case), await attach(store, case, PAPER, "two")
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await until(mirror, lambda: whole(standby, kept, mistake))
            standby.hold("a medium that is read back")
            async with standby.scans.naming(kept):  # as a command does that waits for what comes
                await remove(store, case, mistake)
                await until(mirror, lambda: is_let_go(standby, mistake))
            assert kept_in(tmp_path / "standby") == {kept.hex(), mistake.hex()}
            standby.resume("a medium that is read back")
            await until(mirror, lambda: has_only(tmp_path / "standby", kept))


async def is_let_go(store: Store, address: bytes) -> bool:
    return not await store.names_scan(address)


async def has_only(folder: Path, *addresses: bytes) -> bool:
    return kept_in(folder) == {one.hex() for one in addresses}


async def test_what_has_come_of_a_scan_is_thrown_away_when_it_is_removed_meanwhile(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        case = await work(store, 1)
        mistake = await attach(store, case, PAPER)
        mirror = mirror_of(store)
        way = Breaking(mirror, after=9)
        async with following(follower_of(standby, way)) as follower:
            await until(mirror, way.is_broken)
            assert kept_in(tmp_path / "standby")
            await remove(store, case, mistake)
            follower.try_now()
            await until(mirror, lambda: has_only(tmp_path / "standby"))
