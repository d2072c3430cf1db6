"""Two writers of one database: a server, and a command beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from central.store.database import Database, open_database, sqlite_url
from central.store.schema import writers


async def fence(database: Database, stream: str, looked: asyncio.Event, go: asyncio.Event) -> None:
    """Look, then write what was looked for: what ingest and the feeds do."""
    async with database.write() as connection:
        count = (await connection.execute(select(func.count()).select_from(writers))).scalar()
        looked.set()
        await go.wait()
        await connection.execute(insert(writers).values(annexe="prefecture", stream=stream, fence=count))


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_a_server_and_a_command_beside_it_wait_for_each_other(tmp_path: Path) -> None:
    server, command = await open_database(sqlite_url(tmp_path)), await open_database(sqlite_url(tmp_path))
    looked, go, at_once = asyncio.Event(), asyncio.Event(), asyncio.Event()
    at_once.set()
    first = asyncio.create_task(fence(server, "all", looked, go))
    await looked.wait()
    second = asyncio.create_task(fence(command, "to/berkane-05", asyncio.Event(), at_once))
    await asyncio.wait({second}, timeout=0.2)
    go.set()
    await asyncio.gather(first, second)
    async with server.read() as connection:
        fences = (await connection.execute(select(writers.c.fence).order_by(writers.c.fence))).scalars().all()
    assert fences == [0, 1]
    await server.close()
    await command.close()


async def test_the_database_is_closed_to_others(tmp_path: Path) -> None:
    database = await open_database(sqlite_url(tmp_path))
    async with database.write() as connection:
        await connection.execute(insert(writers).values(annexe="prefecture", stream="all", fence=1))
        modes = modes_in(tmp_path)
    assert modes
    assert set(modes.values()) == {0o600}
    await database.close()


async def test_what_fails_does_not_quote_what_was_to_be_written(tmp_path: Path) -> None:
    database = await open_database(sqlite_url(tmp_path))
    with pytest.raises(DBAPIError) as refused:
        async with database.write() as connection:
            await connection.execute(insert(writers).values(annexe="Salma Idrissi", stream=None, fence=1))
    assert "Salma" not in str(refused.value)
    await database.close()
