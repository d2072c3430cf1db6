"""The centre's driver over a simulated disk: what SQLAlchemy asks of a SQLite driver, and no more.

The engine, its pool, the compiler and every statement are the real ones; only aiosqlite and its thread are not there. A
statement that one engine compiled is there for the next: a prefecture that starts again in a run, and the runs after it
in the same process, compile nothing that was compiled before.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi, SQLiteDialect_aiosqlite
from sqlalchemy.util import await_only

from central.store.database import SQLITE
from tests.simulation.disk import Disk
from tests.simulation.edge_database import FATAL


def connect_to(disk: Disk) -> Callable[[], Awaitable[SimulatedDriver]]:
    """What `open_database` makes its connections with, on this disk."""

    async def connect() -> SimulatedDriver:
        return SimulatedDriver(disk.connect(SQLITE, writable=True))

    return connect


def url_of(folder: Path) -> str:
    """The URL of the database in a folder, over this driver."""
    return f"sqlite+simulated:///{folder / SQLITE}"


_compiled: dict[Any, Any] = {}


class SimulatedDialect(SQLiteDialect_aiosqlite):
    """SQLite's dialect over this driver; one is as good as another, so that they share what was compiled."""

    driver = "simulated"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> SimulatedModule:
        """What stands for the driver's module."""
        return SimulatedModule(__import__("aiosqlite"), sqlite3)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Called by SQLAlchemy with each engine that uses this dialect."""
        engine.update_execution_options(compiled_cache=_compiled)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SimulatedDialect)

    def __hash__(self) -> int:
        return hash(SimulatedDialect)


registry.register("sqlite.simulated", __name__, SimulatedDialect.__name__)


class SimulatedModule(AsyncAdapt_aiosqlite_dbapi):
    """The driver's module: its errors are sqlite3's."""

    def connect(self, *_: Any, async_creator_fn: Callable[[], Awaitable[SimulatedDriver]], **__: Any) -> Any:
        """Open a connection."""
        return await_only(async_creator_fn())


class SimulatedDriver:
    """A connection, as SQLAlchemy uses one: it waits inside of these methods, where others get their turn."""

    def __init__(self, inner: apsw.Connection) -> None:
        self.isolation_level: str | None = None
        self._inner = inner

    def cursor(self, server_side: bool = False) -> SimulatedCursor:
        """A cursor, which holds all of its rows."""
        return SimulatedCursor(self._inner)

    def create_function(self, name: str, arguments: int, function: Callable[..., Any], **how: Any) -> None:
        """Register a function of SQLAlchemy's own."""
        self._inner.create_scalar_function(name, function, arguments, **how)

    def commit(self) -> None:
        """Commit, if a transaction is open."""
        await_only(self._end("COMMIT"))

    def rollback(self) -> None:
        """Roll back, if a transaction is open."""
        await_only(self._end("ROLLBACK"))

    def close(self) -> None:
        """Close it."""
        self._inner.close(True)

    def terminate(self) -> None:
        """Close it without waiting."""
        self._inner.close(True)

    async def _end(self, how: str) -> None:
        await asyncio.sleep(0)
        if not self._inner.get_autocommit():
            _run(self._inner, how, ())
        await asyncio.sleep(0)


class SimulatedCursor:
    """A cursor, as SQLAlchemy uses one."""

    arraysize = 1

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner
        self._rows: list[tuple[Any, ...]] = []
        self.description: _Description = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement."""
        await_only(asyncio.sleep(0))
        self.description, self._rows = _run(self._inner, sql, parameters)
        self.rowcount = -1 if self.description else self._inner.changes()
        self.lastrowid = self._inner.last_insert_rowid()

    def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of `many`."""
        await_only(asyncio.sleep(0))
        self.rowcount = 0
        for parameters in many:
            _run(self._inner, sql, parameters)
            self.rowcount += self._inner.changes()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """The next rows."""
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""
        return self._rows.pop(0) if self._rows else None

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []

    async def _async_soft_close(self) -> None:
        """Called by SQLAlchemy's asyncio layer where a result goes to code that does not wait: all rows are here."""


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
