"""The driver under SQLAlchemy: a statement and its rows are one trip to the connection's thread."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from central.store.database import open_database, sqlite_url
from central.store.trips import Connection, connecting


async def test_a_statement_gives_its_rows_at_once_and_each_once(tmp_path: Path) -> None:
    connection = await connecting(tmp_path / "some.sqlite")()
    try:
        async with connection.cursor() as cursor:
            await cursor.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
            assert (cursor.description, await cursor.fetchall()) == (None, [])
            await cursor.executemany("INSERT INTO t VALUES (?, ?)", [(number, str(number)) for number in range(200)])
            assert cursor.rowcount == 200
            await cursor.execute("SELECT a, b FROM t WHERE a < ? ORDER BY a", (2,))
            assert cursor.description is not None
            assert [column[0] for column in cursor.description] == ["a", "b"]
            assert await cursor.fetchall() == [(0, "0"), (1, "1")]
            assert await cursor.fetchall() == []
    finally:
        await connection.close()


async def test_what_sqlite_refuses_is_raised_and_the_connection_goes_on(tmp_path: Path) -> None:
    connection = await connecting(tmp_path / "some.sqlite")()
    try:
        async with connection.cursor() as cursor:
            await cursor.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
            with pytest.raises(sqlite3.IntegrityError):
                await cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (1,)])
            await cursor.execute("SELECT 7")
            assert await cursor.fetchall() == [(7,)]
    finally:
        await connection.close()


async def test_the_prefectures_database_is_opened_so(tmp_path: Path) -> None:
    database = await open_database(sqlite_url(tmp_path))
    try:
        async with database.read() as connection:
            raw = await connection.get_raw_connection()
            assert isinstance(raw.driver_connection, Connection)
    finally:
        await database.close()
