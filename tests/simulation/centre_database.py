"""The centre's driver over a simulated disk: what SQLAlchemy's aiosqlite dialect asks of a connection, and no more.

The dialect, the engine, its pool and every statement are the real ones; only aiosqlite's thread is not there.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import apsw

from central.store.database import SQLITE
from tests.simulation.disk import Disk
from tests.simulation.edge_database import FATAL


def connect_to(disk: Disk) -> Callable[[], Awaitable[SimulatedDriver]]:
    """What `open_database` makes its connections with, on this disk."""

    async def connect() -> SimulatedDriver:
        return SimulatedDriver(disk.connect(SQLITE, writable=True))

    return connect


class SimulatedDriver:
    """Stands where an `aiosqlite.Connection` does."""

    def __init__(self, inner: apsw.Connection) -> None:
        self.isolation_level: str | None = None
        self._inner = inner
        self._conn = self
        self._connection = self
        self._tx = self

    def put_nowait(self, work: tuple[asyncio.Future[Any], Callable[[], Any]]) -> None:
        """What the dialect puts into aiosqlite's queue to be done in its thread."""
        future, function = work
        future.set_result(function())

    def cursor(self) -> SimulatedCursor:
        """A cursor; the dialect enters it."""
        return SimulatedCursor(self._inner)

    async def create_function(self, name: str, arguments: int, function: Callable[..., Any], **how: Any) -> None:
        """Register a function of SQLAlchemy's own."""
        self._inner.create_scalar_function(name, function, arguments, **how)

    async def commit(self) -> None:
        """Commit, if a transaction is open."""
        await self._end("COMMIT")

    async def rollback(self) -> None:
        """Roll back, if a transaction is open."""
        await self._end("ROLLBACK")

    async def close(self) -> None:
        """Close it."""
        self._inner.close(True)

    def stop(self) -> None:
        """Close it without waiting."""
        self._inner.close(True)

    async def _end(self, how: str) -> None:
        await asyncio.sleep(0)
        if not self._inner.get_autocommit():
            _run(self._inner, how, ())
        await asyncio.sleep(0)


class SimulatedCursor:
    """Stands where an `aiosqlite.Cursor` does."""

    arraysize = 1

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner
        self._rows: list[tuple[Any, ...]] = []
        self.description: Sequence[tuple[Any, ...]] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> SimulatedCursor:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> SimulatedCursor:
        """Run one statement."""
        await asyncio.sleep(0)
        self.description, self._rows = _run(self._inner, sql, parameters)
        self.rowcount = -1 if self.description else self._inner.changes()
        self.lastrowid = self._inner.last_insert_rowid()
        return self

    async def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> SimulatedCursor:
        """Run one statement for each of `many`."""
        await asyncio.sleep(0)
        self.rowcount = 0
        for parameters in many:
            _run(self._inner, sql, parameters)
            self.rowcount += self._inner.changes()
        return self

    async def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    async def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""
        return self._rows.pop(0) if self._rows else None

    async def close(self) -> None:
        """Forget the rows."""
        self._rows = []


_Description = Sequence[tuple[Any, ...]] | None

_descriptions: dict[str, _Description] = {}
"""What columns each statement gives: asked of SQLite once a statement, for it is slow to tell."""


def _run(
    connection: apsw.Connection, sql: str, parameters: Sequence[Any]
) -> tuple[_Description, list[tuple[Any, ...]]]:
    """Column descriptions (None where a statement gives no rows), and the rows."""
    cursor = connection.cursor()
    if sql not in _descriptions:
        cursor.exec_trace = _describe
    try:
        rows = list(cursor.execute(sql, tuple(parameters)))
    except FATAL as error:
        failed = sqlite3.OperationalError(f"disk I/O error: {error}")
        failed.sqlite_errorname = "SQLITE_FULL" if isinstance(error, apsw.FullError) else "SQLITE_IOERR"
        raise failed from error
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except apsw.Error as error:
        raise sqlite3.OperationalError(str(error)) from error
    return _descriptions[sql], rows


def _describe(cursor: apsw.Cursor, sql: str, _bindings: object) -> bool:
    """Called by SQLite before it runs a statement; each statement here comes alone."""
    columns = [(name, None, None, None, None, None, None) for name, _ in cursor.getdescription()]
    _descriptions[sql] = columns or None
    return True
