"""The annexe's port to SQLite (`edge.store.connection.Connection`), over a simulated disk.

Before and after each trip others get their turn, as they do while a real thread is at work: a power cut may come there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import apsw

from edge.store.connection import (
    BUSY_MS,
    ConstraintBroken,
    DiskFailed,
    Row,
    SqlValue,
    Statement,
    statements_of,
)
from protocol.errors import CallerError, MulhaqaError
from tests.simulation.disk import Disk

FATAL = (apsw.IOError, apsw.FullError, apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError, apsw.ReadOnlyError)


class SimulatedConnection:
    """One connection; see `edge.store.connection.Connection`."""

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner

    async def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        await self.run(((sql, params),))
        return self._inner.changes()

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query."""
        return await self.run(((sql, params),))

    async def run(self, statements: Sequence[Statement]) -> list[Row]:
        """Run statements in one trip; the rows of the last.

        Who is cancelled while they wait does not take them along: a real connection's thread has them already.
        """
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            with suppress(MulhaqaError):
                self._all(statements)
            raise
        rows = self._all(statements)
        await asyncio.sleep(0)
        return rows

    def _all(self, statements: Sequence[Statement]) -> list[Row]:
        rows: list[Row] = []
        for sql, params in statements:
            rows = self._one(sql, params)
        return rows

    async def script(self, sql: str) -> None:
        """Run a script."""
        await self.run([(statement, ()) for statement in statements_of(sql)])

    async def close(self) -> None:
        """Close it."""
        self._inner.close(True)

    def _one(self, sql: str, params: Sequence[SqlValue]) -> list[Row]:
        try:
            return list(self._inner.execute(sql, tuple(params)))
        except FATAL as error:
            raise DiskFailed(f"the simulated disk failed: {error}") from error
        except apsw.ConstraintError as error:
            raise ConstraintBroken(f"the store refused a row: {error}") from error
        except apsw.Error as error:
            raise CallerError(f"SQLite refuses: {error}") from error


def connect_to(disk: Disk) -> Callable[[Path, bool], Awaitable[SimulatedConnection]]:
    """What `Store.open` opens its connections with, on this disk."""

    async def connect(path: Path, writable: bool) -> SimulatedConnection:
        connection = SimulatedConnection(disk.connect(path.name, writable=writable))
        pragmas = [f"busy_timeout = {BUSY_MS}", "temp_store = MEMORY", "foreign_keys = ON"]
        pragmas += ["synchronous = FULL", "journal_mode = WAL"] if writable else ["query_only = ON"]
        await connection.run([(f"PRAGMA {pragma}", ()) for pragma in pragmas])
        return connection

    return connect


async def open_scratch() -> SimulatedConnection:
    """A database of its own, in no file."""
    connection = SimulatedConnection(apsw.Connection(":memory:"))
    await connection.run((("PRAGMA foreign_keys = ON", ()),))
    return connection
