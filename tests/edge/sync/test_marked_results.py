"""A standby is given each first result of a command once, whoever of the two is put back to an old copy."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.store.post import Post
from edge.store.results import WaitingResults, kept_mark
from edge.store.store import Store, Transaction
from edge.sync.follower import Follower
from edge.sync.mirror import Mirror
from protocol.records.encoding import Value
from protocol.sync.hello import VERSIONS
from protocol.sync.results import SINCE, CommandResult, Place
from protocol.sync.session import Session
from tests.edge.store.support import NOON, Clock
from tests.edge.sync.machines import (
    FIRST,
    STANDBY,
    Way,
    follower_of,
    following,
    in_step,
    mirror_of,
    store_of,
)
from tests.edge.sync.test_mirror import both, commands_in, work


class Counted(Way):
    """Counts the frames with results that reach the standby."""

    given = 0

    async def carries(self, frame: bytes) -> bool:
        self.given += frame[1:6] in (b"\xa5give", b"\xa7resu")
        return True


async def ids_in(store: Store) -> set[Value]:
    async with store.reading() as reader:
        return {row[0] for row in await reader.rows("SELECT id FROM commands")}


async def followed(store: Store, standby: Store) -> int:
    """Let the standby follow until it holds all, results too; returns how many frames that took."""
    mirror = mirror_of(store)
    way = Counted(mirror)
    async with following(follower_of(standby, way)):
        await holds_all(store, standby, mirror)
    return way.given


async def holds_all(store: Store, standby: Store, mirror: Mirror) -> None:
    async with asyncio.timeout(20):
        await in_step(mirror)
        while await ids_in(standby) < await ids_in(store) or not await is_marked(standby, store):
            await mirror.lag()
        await mirror.lag()


async def is_marked(standby: Store, store: Store) -> bool:
    """Whether the standby keeps a mark of the last command."""
    async with store.reading() as reader:
        [[last]] = await reader.rows("SELECT id FROM command_order ORDER BY position DESC LIMIT 1")
    async with standby.reading() as reader:
        mark = await kept_mark(reader, FIRST.identity.leaf.id)
    return isinstance(last, bytes) and last in mark


async def test_a_reconnection_with_nothing_new_sends_nothing(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        for number in range(1, 4):
            await work(store, number)
        assert await followed(store, standby) == 1
        assert await followed(store, standby) == 0
        await work(store, 4)
        assert await followed(store, standby) == 1, "what was done meanwhile, and that alone"
        assert await followed(store, standby) == 0


async def test_what_was_given_while_it_followed_is_not_given_again(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        await work(store, 1)
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await in_step(mirror)
            for number in range(2, 6):
                await work(store, number)
            await holds_all(store, standby, mirror)
        assert await followed(store, standby) == 0


async def test_a_standby_that_was_restored_from_an_old_copy_is_given_what_it_lacks(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        await work(store, 1)
        await followed(store, standby)
    shutil.copytree(tmp_path / "standby", tmp_path / "copy")
    async with both(tmp_path) as (store, standby):
        await work(store, 2)
        await followed(store, standby)
    shutil.rmtree(tmp_path / "standby")
    (tmp_path / "copy").rename(tmp_path / "standby")
    async with both(tmp_path) as (store, standby):
        assert await commands_in(standby) == 2
        assert await followed(store, standby) == 1
        assert await commands_in(standby) == 4
        assert await followed(store, standby) == 0


@asynccontextmanager
async def restored(tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """An annexe's card that was restored and has worked since, so that its order is as long as before; its standby."""
    shutil.rmtree(tmp_path / "first")
    (tmp_path / "copy").rename(tmp_path / "first")
    async with (
        store_of(tmp_path / "first", clock=Clock(NOON + 1_000_000)) as store,
        store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as standby,
    ):
        yield store, standby


async def test_an_annexe_whose_card_was_restored_gives_what_it_did_since(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        await work(store, 1)
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    async with both(tmp_path) as (store, standby):
        await work(store, 2)
        await followed(store, standby)
    async with restored(tmp_path) as (store, standby):
        await work(store, 3)
        assert await ids_in(standby) - await ids_in(store)
        await followed(store, standby)
        assert await ids_in(standby) > await ids_in(store)


async def test_a_card_of_the_release_before_is_put_in_order_at_its_first_start(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        await work(store, 1)

        async def forget_the_order(transaction: Transaction) -> Value:
            transaction.write("DROP TRIGGER commands_in_order")
            transaction.write("DROP TABLE command_order")
            return None

        await store.perform(forget_the_order)
        await work(store, 2)
    async with both(tmp_path) as (store, standby):
        assert await followed(store, standby) == 1
        assert await commands_in(standby) == 4
        assert await followed(store, standby) == 0


class OlderFollower(Follower):
    """A standby of the release before."""

    async def new_session(self) -> Session:
        made = await super().new_session()
        return Session("standby", STANDBY.identity, self._trust, made.nonce, versions=(*VERSIONS, SINCE))


class OlderMirror(Mirror):
    """An annexe of the release before."""

    async def session(self) -> Session:
        made = await super().session()
        return Session("primary", FIRST.identity, self._trust, made.nonce, versions=(*VERSIONS, SINCE))


@pytest.mark.parametrize("older", ["annexe", "standby"])
async def test_with_the_release_before_all_is_given_each_time(tmp_path: Path, older: str) -> None:
    async with both(tmp_path) as (store, standby):
        await work(store, 1)
        mirror = mirror_of(store, made=OlderMirror if older == "annexe" else Mirror)
        for number in range(2, 4):
            way = Counted(mirror)
            async with following(follower_of(standby, way, made=OlderFollower if older == "standby" else Follower)):
                await in_step(mirror)
                await work(store, number)
                async with asyncio.timeout(20):
                    while await ids_in(standby) < await ids_in(store):
                        await mirror.lag()
            assert way.given >= 2


async def test_no_mark_is_kept_while_anything_waits_or_was_thrown_away(tmp_path: Path) -> None:
    far = (Place("berkane-05/cases", bytes(8), 1),)
    async with store_of(tmp_path, STANDBY, post=Post.STANDBY) as standby:
        waiting = WaitingResults(most=2)
        waiting.begin(b"giver")

        async def settled() -> bytes:
            async def work(transaction: Transaction) -> Value:
                waiting.forget(await waiting.settle(transaction))
                return None

            await standby.perform(work)
            async with standby.reading() as reader:
                return await kept_mark(reader, b"giver")

        waiting.add([result(1)], b"one")
        assert await settled() == b"one"
        waiting.add([result(2, far)], b"two")
        assert await settled() == b"one", "its records are still to come"
        waiting.add([result(2)])
        assert await settled() == b"two", "it came again, as one of before"
        waiting.add([result(number, far) for number in range(3, 6)], b"five")
        waiting.add([result(number) for number in range(4, 6)])
        assert await settled() == b"two", "the third was thrown away: only the giver has it"
        async with standby.reading() as reader:
            assert await kept_mark(reader, b"another") == b""


def result(number: int, after: tuple[Place, ...] = ()) -> CommandResult:
    return CommandResult(bytes([number]) * 16, b"\xc0", NOON, after)
