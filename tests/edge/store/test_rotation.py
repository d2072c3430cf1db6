"""A year and a half of the keys of the months, in no time: made and destroyed when they should be, and never early."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store.connection import Row
from edge.store.reader import Reader
from edge.store.rotation import DAY_MS, KEPT_DAYS, MONTH_DAYS, MOST, PAGE, Rotation
from edge.store.store import Store, Transaction
from edge.store.verify import verify_log
from protocol.office.events import AccountOpened
from protocol.records.encoding import Value
from protocol.records.keys import subject_of
from protocol.records.refusals import CannotOpen
from tests.edge.store.support import (
    SIGNING,
    Chance,
    account_opened,
    copied,
    open_account,
    open_store,
    store_in,
    vault_of,
)

START = 1_764_000_000_000


class Years:
    """An annexe whose days pass at will; `signed_ms` is what the prefecture has signed last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ms = START
        self.signed_ms: int | None = START
        self.chance = Chance("months")

    async def signed(self, _reader: Reader) -> int | None:
        return self.signed_ms

    def rotation(self, store: Store) -> Rotation:
        return Rotation(store, self.chance, self.signed)

    async def pass_days(self, store: Store, days: int) -> None:
        """Let days pass, with the prefecture in reach."""
        rotation = self.rotation(store)
        for _ in range(days):
            await self.settle(rotation)
            self.now_ms += DAY_MS
            self.signed_ms = self.now_ms

    async def settle(self, rotation: Rotation) -> list[str]:
        """Every step that is due now."""
        steps = []
        while step := await rotation.step(self.now_ms):
            steps.append(step)
        return steps

    def generations(self) -> list[int]:
        return [month.generation for month in vault_of(self.folder).month_file.load()]


def person(number: int) -> AccountOpened:
    return account_opened(cnie=f"FA{100_000 + number}", phone=None)


async def readable(store: Store, accounts: list[bytes]) -> bool:
    async with store.reading() as reader:
        return [await reader.account(one) is not None for one in accounts] == [True] * len(accounts)


async def wrapped(store: Store) -> list[bytes]:
    async with store.reading() as reader:
        return [bytes(row[0]) for row in await reader.rows("SELECT wrapped FROM keys") if isinstance(row[0], bytes)]


async def records(store: Store) -> list[Row]:
    async with store.reading() as reader:
        return await reader.rows("SELECT position, bytes FROM records ORDER BY position")


async def test_a_year_and_a_half_of_months(tmp_path: Path) -> None:
    years, accounts = Years(tmp_path / "annexe"), []
    store = await open_store(years.folder)
    for month in range(18):
        accounts.append(await open_account(store, month, person(month)))
        before = await records(store)
        await years.pass_days(store, MONTH_DAYS)
        assert await records(store) == before, "the log is not rewritten"
        generations = years.generations()
        assert generations[-1] == month + 1, "made on time"
        assert len(generations) <= 1 + -(-KEPT_DAYS // MONTH_DAYS) + 1, "destroyed on time"
        if month % 5 == 4:  # a restart now and then
            await store.close()
            store = await open_store(years.folder)
        assert await readable(store, accounts)
    assert {one[:4] for one in await wrapped(store)} == {(18).to_bytes(4, "big")}
    await store.close()
    assert (await verify_log(years.folder, vault=vault_of(years.folder), own=SIGNING.public)).sound


async def test_a_copy_of_the_database_goes_blind_once_its_month_is_destroyed(tmp_path: Path) -> None:
    years = Years(tmp_path / "annexe")
    async with store_in(years.folder) as store:
        account = await open_account(store)
        await years.pass_days(store, 10)
        old = await wrapped(store)
        await years.pass_days(store, MONTH_DAYS + KEPT_DAYS - 12)
        assert any(opens(years.folder, one, account) for one in old)
        await years.pass_days(store, 40)
        assert not any(opens(years.folder, one, account) for one in old)
        assert await readable(store, [account])


def opens(folder: Path, one: bytes, account: bytes) -> bool:
    try:
        return subject_of(vault_of(folder).unwrap(one, account)) == account
    except CannotOpen:
        return False


@pytest.mark.parametrize("jump_days", [-3650, -40, 40, 3650])
async def test_a_clock_that_jumps_destroys_nothing_early(tmp_path: Path, jump_days: int) -> None:
    years = Years(tmp_path)
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        await years.pass_days(store, MONTH_DAYS + 2)
        before = years.generations()
        years.now_ms += jump_days * DAY_MS
        await years.settle(years.rotation(store))
        assert set(before) <= set(years.generations())
        years.now_ms -= jump_days * DAY_MS
        await years.settle(years.rotation(store))
        assert set(before) <= set(years.generations())
        assert await readable(store, [account])


async def test_while_the_prefecture_is_not_heard_nothing_is_destroyed_and_keys_do_not_pile_up(tmp_path: Path) -> None:
    years = Years(tmp_path)
    years.signed_ms = None
    async with store_in(tmp_path) as store:
        rotation = years.rotation(store)
        for _ in range(MOST + 12):
            await years.settle(rotation)
            years.now_ms += MONTH_DAYS * DAY_MS
        assert years.generations() == list(range(1, MOST + 1))
        years.signed_ms = years.now_ms
        await years.settle(rotation)
        assert len(years.generations()) == MOST, "counted from when the prefecture was heard"
        years.now_ms = years.signed_ms = years.now_ms + KEPT_DAYS * DAY_MS
        assert "destroy" in await years.settle(rotation)
        assert years.generations() == [MOST, MOST + 1]


async def test_a_change_that_a_crash_cut_anywhere_is_gone_on_with(tmp_path: Path) -> None:
    years = Years(tmp_path / "annexe")
    async with store_in(years.folder) as store:

        async def many(tx: Transaction) -> Value:
            for number in range(2 * PAGE):
                key = number.to_bytes(32, "big")
                tx.keep_key(subject_of(key), key)
            return None

        await store.perform(many)
        account = await open_account(store)
        await years.settle(years.rotation(store))
        years.now_ms = years.signed_ms = START + (MONTH_DAYS + 1) * DAY_MS
        rotation, crashes = years.rotation(store), list[Path]()
        while await rotation.step(years.now_ms):
            crashes.append(copied(years.folder, tmp_path / f"crash {len(crashes)}"))  # as kill -9 leaves it
    assert len(crashes) >= 5
    for crash in crashes:
        async with store_in(crash, chance=Chance(crash.name)) as store:
            after = Years(crash)
            after.now_ms = after.signed_ms = years.now_ms
            await after.settle(after.rotation(store))
            assert after.generations() == [1, 2]
            assert {one[:4] for one in await wrapped(store)} == {b"\0\0\0\2"}
            assert await readable(store, [account])


async def test_a_key_that_was_drawn_during_a_change_is_wrapped_under_the_new_month(tmp_path: Path) -> None:
    years = Years(tmp_path)
    async with store_in(tmp_path) as store:
        await years.settle(years.rotation(store))
        years.now_ms += MONTH_DAYS * DAY_MS
        rotation = years.rotation(store)
        accounts = list[bytes]()
        while await rotation.step(years.now_ms):
            accounts.append(await open_account(store, len(accounts), person(len(accounts))))
        assert {one[:4] for one in await wrapped(store)} == {b"\0\0\0\2"}
    async with store_in(tmp_path, chance=Chance("again")) as store:
        assert await readable(store, accounts)


async def test_lost_months_are_said_with_what_to_do(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        await Years(tmp_path).settle(Years(tmp_path).rotation(store))
    (tmp_path / "vault.months").unlink()
    async with store_in(tmp_path, chance=Chance("again")) as store, store.reading() as reader:
        with pytest.raises(CannotOpen, match="recover"):
            await reader.account(account)
