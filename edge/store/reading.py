"""The read connections: a few, lent one look at a time, each look seeing one consistent moment of the store.

SQLite's write-ahead log lets them read beside the writer; a look opens its snapshot with its first query.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from edge.store.connection import Connection, Row, SqlValue, Statement

READERS = 3
"""Connections: with the writer's one a core of a Pi each. More would only wait for the same disk."""


class Snapshot:
    """One look: all its queries see the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open = False

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query."""
        query: Statement = (sql, params)
        if self._open:
            return await self._connection.run((query,))
        self._open = True
        return await self._connection.run((("BEGIN", ()), query))

    async def close(self) -> None:
        """Give the moment up."""
        if self._open:
            await self._connection.run((("ROLLBACK", ()),))


class Glance:
    """A look for one question: each query sees what is confirmed when it is run, and no trip ends it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query."""
        return await self._connection.run(((sql, params),))


class ReadPool:
    """Lends the read connections, and closes them all at the end."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = tuple(connections)
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        for connection in connections:
            self._free.put_nowait(connection)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Snapshot]:
        """Lend a connection for one look; waits while all are lent."""
        connection = await self._free.get()
        snapshot = Snapshot(connection)
        try:
            yield snapshot
        finally:
            try:
                await snapshot.close()
            finally:
                self._free.put_nowait(connection)

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Glance]:
        """Lend a connection for one question; waits while all are lent."""
        connection = await self._free.get()
        try:
            yield Glance(connection)
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Close every connection; looks that are still open fail."""
        for connection in self._connections:
            await connection.close()
