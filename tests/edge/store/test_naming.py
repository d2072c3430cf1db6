"""The search by name right after a start: everybody is found, whatever is committed or damaged meanwhile."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.store.naming import PAGE
from edge.store.rebuild import rebuild_views
from edge.store.store import DATABASE
from tests.edge.store.support import account_opened, open_account, store_in
from tests.edge.store.test_account_changes import RIGHT, happens

TOWN = 2 * PAGE + 1


async def a_town(folder: Path) -> list[bytes]:
    async with store_in(folder) as store:
        people = [account_opened(f"FA{number:06}", "Karim Alaoui", f"+2126{number:08}") for number in range(TOWN)]
        return [await open_account(store, number, person) for number, person in enumerate(people)]


async def test_the_first_search_after_a_start_finds_everybody(tmp_path: Path) -> None:
    town = await a_town(tmp_path)
    async with store_in(tmp_path) as store:
        store.names.begin()
        assert set(await store.names.search("karim alaoui", TOWN)) == set(town)


async def test_what_is_committed_while_the_names_are_read_stands(tmp_path: Path) -> None:
    town = await a_town(tmp_path)
    async with store_in(tmp_path) as store:
        searching = asyncio.create_task(store.names.search("el idrissi", TOWN))
        for account in (min(town), max(town)):
            await happens(store, account, RIGHT, account.hex())
        await searching
        assert set(await store.names.search("el idrissi", TOWN)) == {min(town), max(town)}
        assert len(await store.names.search("karim alaoui", TOWN)) == TOWN - 2


async def test_a_rebuild_while_the_names_are_read_names_everybody(tmp_path: Path) -> None:
    town = await a_town(tmp_path)
    async with store_in(tmp_path) as store:
        searching = asyncio.create_task(store.names.search("karim alaoui", TOWN))
        await rebuild_views(store)
        await searching
        assert set(await store.names.search("karim alaoui", TOWN)) == set(town)


async def test_who_gives_up_searching_does_not_keep_the_next_from_finding(tmp_path: Path) -> None:
    town = await a_town(tmp_path)
    async with store_in(tmp_path) as store:
        given_up = asyncio.create_task(store.names.search("karim", TOWN))
        await asyncio.sleep(0)
        given_up.cancel()
        assert set(await store.names.search("karim alaoui", TOWN)) == set(town)


async def test_a_damaged_account_is_missed_alone_and_named_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    town = await a_town(tmp_path)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection, connection:
        connection.execute("UPDATE accounts SET details = zeroblob(60) WHERE subject = ?", (town[7],))
    async with store_in(tmp_path) as store:
        with caplog.at_level(logging.WARNING):
            found = await store.names.search("karim alaoui", TOWN)
        assert set(found) == set(town) - {town[7]}
    assert "cannot be found by its name" in caplog.text
    assert town[7].hex() not in caplog.text


async def test_a_store_that_closes_while_the_names_are_read_closes_at_once(tmp_path: Path) -> None:
    await a_town(tmp_path)
    async with store_in(tmp_path) as store:
        searching = asyncio.create_task(store.names.search("karim alaoui", TOWN))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await searching
