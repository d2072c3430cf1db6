"""aiosqlite for SQLAlchemy, with one trip to the connection's thread for each statement.

SQLAlchemy's adapter makes a cursor, runs the statement, fetches and closes: with aiosqlite's own cursor each of these
is a trip to the thread and back, and each way back waits for what the event loop does first. On a full line that is a
batch being read, for milliseconds, while the transaction stands still.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite

Row = tuple[Any, ...]

CHUNK = 64
"""Rows that aiosqlite's own cursors fetch at a time; none is made here."""


class _Ran(NamedTuple):
    """What a statement gave, as PEP 249 names it."""

    description: Sequence[Row] | None
    rows: list[Row]
    rowcount: int
    lastrowid: int | None


class Cursor:
    """A cursor as SQLAlchemy's adapter uses one: a statement's rows come back with it."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ran = _Ran(None, [], -1, None)

    async def __aenter__(self) -> Cursor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def description(self) -> Sequence[Row] | None:
        """The columns of the statement's rows; None where it gives none."""
        return self._ran.description

    @property
    def rowcount(self) -> int:
        """Rows that the statement changed, -1 where that says nothing."""
        return self._ran.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The number of the row inserted last."""
        return self._ran.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        self._ran = await self._connection.at_once(_execute, sql, parameters)

    async def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of `many`."""
        self._ran = await self._connection.at_once(_execute_many, sql, many)

    async def fetchall(self) -> list[Row]:
        """The rows."""
        rows = self._ran.rows
        self._ran = self._ran._replace(rows=[])
        return rows

    async def close(self) -> None:
        """Forget the rows."""
        self._ran = self._ran._replace(rows=[])


class Connection(aiosqlite.Connection):
    """A connection whose cursors are those above."""

    def __init__(self, path: str) -> None:
        super().__init__(lambda: sqlite3.connect(path), CHUNK)
        self._thread.daemon = True  # as SQLAlchemy has it: a connection that was lost keeps no process from ending

    def cursor(self) -> Cursor:  # type: ignore[override]  # what is entered here is no coroutine, and needs no trip
        """A cursor."""
        return Cursor(self)

    async def at_once(self, work: Callable[..., _Ran], sql: str, parameters: Any) -> _Ran:
        """Do this on the connection's thread."""
        ran: _Ran = await self._execute(work, self._conn, sql, parameters)  # type: ignore[no-untyped-call]  # aiosqlite's
        return ran


def connecting(path: Path | str) -> Callable[[], Awaitable[Connection]]:
    """What opens connections to the database in this file, for SQLAlchemy."""

    async def connect() -> Connection:
        connection = Connection(str(path))
        await connection
        return connection

    return connect


def _execute(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> _Ran:
    return _ran(connection.execute(sql, parameters))


def _execute_many(connection: sqlite3.Connection, sql: str, many: Iterable[Sequence[Any]]) -> _Ran:
    return _ran(connection.executemany(sql, many))


def _ran(cursor: sqlite3.Cursor) -> _Ran:
    rows = cursor.fetchall() if cursor.description else []
    return _Ran(cursor.description, rows, cursor.rowcount, cursor.lastrowid)
