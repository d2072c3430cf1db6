"""The disk under `log.append.*`: SQLite bare, as the floor, and a port that makes commits as slow as a poor card's."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from edge.store.connection import Connection, Row, SqlValue, Statement, open_sqlite

ROW = 320
"""Bytes of the floor's row: what a submission's record takes, compressed and sealed."""


class Floor:
    """SQLite as the standard library gives it: one connection, one row a commit, the store's own pragmas."""

    def __init__(self, path: Path, fsync_s: float) -> None:
        self._fsync_s = fsync_s
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE rows (bytes BLOB NOT NULL) STRICT")

    def rate(self, seconds: float) -> float:
        """Return commits per second."""
        began, count, run = time.perf_counter(), 0, self._connection.execute
        while time.perf_counter() - began < seconds:
            run("BEGIN IMMEDIATE")
            run("INSERT INTO rows (bytes) VALUES (?)", (os.urandom(ROW),))
            if self._fsync_s:
                time.sleep(self._fsync_s)
            run("COMMIT")
            count += 1
        return count / (time.perf_counter() - began)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class Disk:
    """What the store opens its connections through: each COMMIT takes `fsync_s` seconds longer."""

    def __init__(self, fsync_s: float) -> None:
        self._fsync_s = fsync_s

    async def connect(self, path: Path, writable: bool) -> Connection:
        """Open a connection on this disk; see `edge.store.connection.Connect`."""
        opened = await open_sqlite(path, writable)
        return SlowConnection(opened, self._fsync_s) if self._fsync_s else opened


class SlowConnection:
    """A real connection on a disk whose fsync is slow; see `edge.store.connection.Connection`."""

    def __init__(self, inner: Connection, fsync_s: float) -> None:
        self._inner = inner
        self._fsync_s = fsync_s

    async def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> int:
        """Run one statement, slowly if it is a COMMIT."""
        await self._fsync((sql,))
        return await self._inner.execute(sql, params)

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query."""
        return await self._inner.rows(sql, params)

    async def run(self, statements: Sequence[Statement]) -> list[Row]:
        """Run statements, slowly if a COMMIT is among them."""
        await self._fsync([sql for sql, _ in statements])
        return await self._inner.run(statements)

    async def script(self, sql: str) -> None:
        """Run a script."""
        await self._inner.script(sql)

    async def close(self) -> None:
        """Close the real one."""
        await self._inner.close()

    async def _fsync(self, statements: Sequence[str]) -> None:
        if "COMMIT" in statements:
            await asyncio.to_thread(time.sleep, self._fsync_s)
