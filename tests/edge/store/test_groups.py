"""Commands that share a commit share their trips to the database, and nothing else: each stands or falls alone."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.connection import ConstraintBroken, open_sqlite
from edge.store.rows import Committed
from edge.store.store import Store, Transaction
from edge.store.verify import verify_log
from protocol.errors import PersonError
from protocol.records.encoding import Value
from tests.edge.store.support import (
    SIGNING,
    Faults,
    FaultyConnection,
    account_opened,
    command,
    open_account,
    opens_account,
    store_in,
    vault_of,
)

CARDS = ("FA000001", "FA000002", "FA000003")
Decide = Callable[[Transaction], Awaitable[Value]]
Way = Callable[[str], Decide]


def blindly(card: str) -> Decide:
    """Open an account without looking whether the card has one: the schema refuses a second."""
    return opens_account(account_opened(cnie=card, phone=None))


def looking_first(card: str) -> Decide:
    async def decide(tx: Transaction) -> Value:
        if await tx.account_by("cnie", card) is not None:
            raise PersonError("There is one.", status=409)
        return await blindly(card)(tx)

    return decide


def looking_after(card: str) -> Decide:
    async def decide(tx: Transaction) -> Value:
        opened = await blindly(card)(tx)
        assert await tx.account_by("cnie", card) == opened
        return opened

    return decide


def changing_its_mind(card: str) -> Decide:
    async def decide(tx: Transaction) -> Value:
        await blindly(card)(tx)
        raise PersonError("Not today.")

    return decide


def changing_its_mind_late(card: str) -> Decide:
    async def decide(tx: Transaction) -> Value:
        await looking_after(card)(tx)
        raise PersonError("Not today.")

    return decide


REFUSAL: dict[Way, type[Exception]] = {
    blindly: ConstraintBroken,
    looking_first: PersonError,
    looking_after: ConstraintBroken,
}
"""What each is told when the card has an account."""

WAYS = (*REFUSAL, changing_its_mind, changing_its_mind_late)


def expected(way: Way, card: str, taken: set[str]) -> type[object]:
    """What a command alone would be told, given who came before it."""
    if way in REFUSAL:
        if card in taken:
            return REFUSAL[way]
        taken.add(card)
        return bytes
    late_and_taken = way is changing_its_mind_late and card in taken
    return ConstraintBroken if late_and_taken else PersonError


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(WAYS), st.sampled_from(CARDS)), min_size=2, max_size=12))
def test_a_group_ends_as_its_commands_one_after_the_other(wanted: list[tuple[Way, str]]) -> None:
    async def play(folder: Path) -> None:
        told: list[Committed] = []
        async with store_in(folder) as store:
            store.on_commit(told.extend)
            results = await asyncio.gather(
                *(store.execute(command(number), way(card)) for number, (way, card) in enumerate(wanted)),
                return_exceptions=True,
            )
            again = await asyncio.gather(
                *(
                    store.execute(command(n), blindly(CARDS[0]))
                    for n, one in enumerate(results)
                    if isinstance(one, bytes)
                )
            )
        taken: set[str] = set()
        for (way, card), result in zip(wanted, results, strict=True):
            assert type(result) is expected(way, card, taken)
        kept = [result for result in results if isinstance(result, bytes)]
        assert again == kept
        assert [one.subject for one in told] == kept
        report = await verify_log(folder, vault=vault_of(folder), own=SIGNING.public)
        assert report.findings == ()
        assert report.keys == len(kept)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))


async def test_a_command_that_failed_late_may_be_tried_again_in_the_same_group(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await open_account(store, "first", account_opened(cnie=CARDS[0], phone=None))
        results = await asyncio.gather(
            store.execute(command(1), blindly(CARDS[0])),
            store.execute(command(1), blindly(CARDS[1])),
            store.execute(command(2), blindly(CARDS[2])),
            return_exceptions=True,
        )
    assert isinstance(results[0], ConstraintBroken)
    assert isinstance(results[1], bytes)
    assert isinstance(results[2], bytes)


class Trips(FaultyConnection):
    """A connection that counts its trips."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.count = 0

    async def run(self, statements: Sequence[Any]) -> list[Any]:
        self.count += 1
        return await self._inner.run(statements)


@asynccontextmanager
async def counted(folder: Path) -> Any:
    opened: list[Trips] = []

    async def connect(path: Path, writable: bool) -> Trips:
        opened.append(Trips(await open_sqlite(path, writable), Faults(path, path)))
        return opened[-1]

    async with store_in(folder, connect=connect) as store:
        yield store, opened[0]


@pytest.mark.parametrize(("way", "reads"), [(blindly, 0), (looking_first, 1)])
async def test_only_reads_make_a_group_take_more_trips(tmp_path: Path, way: Way, reads: int) -> None:
    async def trips(store: Store, connection: Trips, first: int, size: int) -> int:
        before = connection.count
        cards = [f"FA{number:06}" for number in range(first, first + size)]
        await asyncio.gather(*(store.execute(command(card), way(card)) for card in cards))
        return connection.count - before

    async with counted(tmp_path) as (store, connection):
        ten, twenty = await trips(store, connection, 0, 10), await trips(store, connection, 100, 20)
    assert twenty == ten + 10 * reads


class SlowCommit(FaultyConnection):
    """A disk on which a commit takes until it is let through."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.landing = asyncio.Event()
        self.through = asyncio.Event()

    async def run(self, statements: Sequence[Any]) -> list[Any]:
        if any(sql == "COMMIT" for sql, _ in statements):
            self.landing.set()
            await self.through.wait()
        return await super().run(statements)


@asynccontextmanager
async def slow(folder: Path) -> Any:
    opened: list[SlowCommit] = []

    async def connect(path: Path, writable: bool) -> SlowCommit:
        opened.append(SlowCommit(await open_sqlite(path, writable), Faults(path, path)))
        return opened[-1]

    async with store_in(folder, connect=connect) as store:
        yield store, opened[0]


async def test_commands_are_decided_while_others_land_and_answered_in_order(tmp_path: Path) -> None:
    answered: list[int] = []
    decided = asyncio.Event()

    async def submit(store: Store, number: int, card: str, noted: asyncio.Event) -> None:
        async def decide(tx: Transaction) -> Value:
            result = await blindly(card)(tx)
            noted.set()
            return result

        await store.execute(command(number), decide)
        answered.append(number)

    async with slow(tmp_path) as (store, disk):
        first = asyncio.create_task(submit(store, 1, CARDS[0], asyncio.Event()))
        await disk.landing.wait()
        second = asyncio.create_task(submit(store, 2, CARDS[1], decided))
        await decided.wait()
        assert answered == []
        disk.through.set()
        await asyncio.gather(first, second)
    assert answered == [1, 2]
    assert (await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public)).findings == ()


async def test_a_decision_reads_what_landed_before_it(tmp_path: Path) -> None:
    async with slow(tmp_path) as (store, disk):
        first = asyncio.create_task(store.execute(command(1), blindly(CARDS[0])))
        await disk.landing.wait()
        second = asyncio.create_task(store.execute(command(2), looking_first(CARDS[0])))
        disk.through.set()
        results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [bytes, PersonError]


async def test_what_was_decided_behind_a_group_that_fails_is_decided_anew(tmp_path: Path) -> None:
    async with slow(tmp_path) as (store, disk):
        disk.through.set()
        await open_account(store, "first", account_opened(cnie=CARDS[0], phone=None))
        disk.through.clear()
        disk.landing.clear()
        refused = asyncio.create_task(store.execute(command(1), blindly(CARDS[0])))
        await disk.landing.wait()
        behind = asyncio.create_task(store.execute(command(2), blindly(CARDS[1])))
        await asyncio.sleep(0)
        disk.through.set()
        results = await asyncio.gather(refused, behind, return_exceptions=True)
        async with store.reading() as reader:
            assert await reader.account_by("cnie", CARDS[1]) == results[1]
    assert isinstance(results[0], ConstraintBroken)
    report = await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public)
    assert (report.findings, report.keys) == ((), 2)


@pytest.mark.parametrize("way", WAYS)
async def test_a_command_sent_again_gets_its_first_answer_whatever_it_would_be_told_now(
    tmp_path: Path, way: Way
) -> None:
    async with store_in(tmp_path) as store:
        first = await store.execute(command(1), blindly(CARDS[0]))
        assert await store.execute(command(1), way(CARDS[0])) == first
        again = await asyncio.gather(*(store.execute(command(1), way(CARDS[1])) for _ in range(6)))
        assert again == [first] * 6
        async with store.reading() as reader:
            assert await reader.account_by("cnie", CARDS[1]) is None
