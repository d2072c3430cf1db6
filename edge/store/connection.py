"""The port to SQLite, and the real thing behind it.

The store speaks to its database through `Connection` alone, so that a test can put a fault under every await.

Rules of the port:

- Statements of one `run` happen in order, in one trip to the connection's thread; the first that fails ends the run.
- Transactions are opened and closed by the store's own statements: the port never begins or commits by itself.
- Foreign exceptions do not pass. `DiskFailed` means that the file can no longer be trusted with anything: the store
  stops. `ConstraintBroken` means that this one statement would have broken a rule of the schema.
- A database that cannot keep what it confirmed is refused at opening: WAL, `synchronous=FULL` and foreign keys are
  set, read back, and anything else is an OperatorError. With `synchronous=NORMAL` a power cut takes back commits.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import aiosqlite

from disk.durable import sync_folder
from protocol.errors import CallerError, OperatorError

SqlValue = None | int | str | bytes
Row = tuple[SqlValue, ...]
Statement = tuple[str, Sequence[SqlValue]]

BUSY_MS = 5_000
"""How long SQLite waits for another process's lock: longer than any checkpoint, shorter than a person's patience."""

WRITER_CACHE_KIB = 8_192
"""Pages that the writer keeps at hand, filled as they are used: the inner pages of years of requests' indexes, and
all that one group of commands changes. SQLite's own 2 MB would read leaves again for every group."""

CHECKPOINT_PAGES = 2_000
"""Pages in the write-ahead log (8 MB) before a commit copies them into the file, which takes two fsyncs: half as often
as SQLite would by itself, and pages that changed twice are copied once, which spares a card. More would make the one
commit that copies slower still, and reading the log after a power cut."""

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Primary result codes of a file that is no sound database."""

FATAL = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes after which SQLite may have rolled the whole transaction back, or the file is in doubt."""


class DiskFailed(OperatorError):
    """The database file cannot be written or read any more."""


class ConstraintBroken(CallerError):
    """A statement would have broken a rule of the schema: a second row of one name, a reference to nothing."""


class Connection(Protocol):
    """One connection to one database; used by one task at a time."""

    async def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> int:
        """Run one statement and return how many rows it changed (-1 where that has no meaning)."""

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query and return all its rows."""

    async def run(self, statements: Sequence[Statement]) -> list[Row]:
        """Run the statements in order and return the rows of the last one."""

    async def script(self, sql: str) -> None:
        """Run a script of statements without parameters, as a schema is."""

    async def close(self) -> None:
        """Close; what was not committed is gone."""


Connect = Callable[[Path, bool], Awaitable[Connection]]
"""How the store opens a database: `await connect(path, writable)`."""

Scratch = Callable[[], Awaitable[Connection]]
"""How it opens a database that is gone when closed: `await scratch()`."""


class _OneTrip(aiosqlite.Connection):
    """aiosqlite with several statements in one trip to its thread: a trip costs as much as a small statement."""

    async def run(self, statements: Sequence[Statement]) -> list[Row]:
        return await self._execute(_run_all, self._conn, statements)  # type: ignore[no-any-return, no-untyped-call]  # untyped

    async def count(self, sql: str, params: Sequence[SqlValue]) -> int:
        return await self._execute(_count, self._conn, sql, params)  # type: ignore[no-any-return, no-untyped-call]  # untyped


def _run_all(connection: sqlite3.Connection, statements: Iterable[Statement]) -> list[Row]:
    cursor = connection.cursor()
    try:
        for sql, params in statements:
            cursor.execute(sql, params)
        return cursor.fetchall()
    finally:
        cursor.close()


def _count(connection: sqlite3.Connection, sql: str, params: Sequence[SqlValue]) -> int:
    cursor = connection.execute(sql, params)
    try:
        return cursor.rowcount
    finally:
        cursor.close()


def _translated(error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in DAMAGED or type(error) is sqlite3.DatabaseError:
        return DiskFailed("the store's file is not a sound database: restore it from the mirror or a backup")
    if code in FATAL:
        name = getattr(error, "sqlite_errorname", "SQLITE")
        return DiskFailed(f"the store's file failed ({name}): check the disk, its free space and its permissions")
    if isinstance(error, sqlite3.IntegrityError):
        return ConstraintBroken(f"the store refused a row: {error}")
    return CallerError(f"the store was asked something that SQLite refuses: {error}")


class SqliteConnection:
    """The real connection, over aiosqlite."""

    def __init__(self, inner: _OneTrip) -> None:
        self._inner = inner

    async def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> int:
        """Run one statement; see `Connection.execute`."""
        try:
            return await self._inner.count(sql, params)
        except sqlite3.Error as error:
            raise _translated(error) from error

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query; see `Connection.rows`."""
        return await self.run(((sql, params),))

    async def run(self, statements: Sequence[Statement]) -> list[Row]:
        """Run several statements in one trip; see `Connection.run`."""
        try:
            return await self._inner.run(statements)
        except sqlite3.Error as error:
            raise _translated(error) from error

    async def script(self, sql: str) -> None:
        """Run a script, statement by statement, without SQLite's own implicit commit before it."""
        await self.run([(statement, ()) for statement in statements_of(sql)])

    async def close(self) -> None:
        """Close the connection and its thread."""
        try:
            await self._inner.close()
        except sqlite3.Error as error:
            raise _translated(error) from error


def statements_of(script: str) -> list[str]:
    """Split a script into its statements; a semicolon inside a string or trigger does not end one."""
    statements, current = [], ""
    for line in script.splitlines():
        current += line + "\n"
        if sqlite3.complete_statement(current):
            statements.append(current.strip())
            current = ""
    if current.strip():
        raise CallerError("the script's last statement has no semicolon")
    return statements


async def open_sqlite(path: Path, writable: bool) -> Connection:
    """Open the database at `path`: to write (created if missing, mode 0600), or to read alone.

    Raises OperatorError when the file is missing, cannot be opened, or cannot keep what it confirms.
    """
    _find_or_create(path, writable)
    connection = SqliteConnection(await _dial(_uri(path, writable)))
    try:
        await _assert_durable(connection, writable)
    except BaseException:
        await connection.close()
        raise
    return connection


def _uri(path: Path, writable: bool) -> str:
    return f"{path.absolute().as_uri()}?mode={'rw' if writable else 'ro'}"


async def _dial(uri: str) -> _OneTrip:
    def connector() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=256)

    connection = _OneTrip(connector, iter_chunk_size=64)
    try:
        await connection
    except sqlite3.Error as error:
        raise _translated(error) from error
    return connection


async def _assert_durable(connection: SqliteConnection, writable: bool) -> None:
    await connection.run(((f"PRAGMA busy_timeout = {BUSY_MS}", ()), ("PRAGMA temp_store = MEMORY", ())))
    if writable:
        sizes = (f"PRAGMA cache_size = -{WRITER_CACHE_KIB}", f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        await connection.run([(pragma, ()) for pragma in sizes])
        mode = await connection.run((("PRAGMA synchronous = FULL", ()), ("PRAGMA journal_mode = WAL", ())))
        if mode != [("wal",)]:
            raise OperatorError("the store's disk carries no write-ahead log: put the data folder on a local disk")
        if await connection.rows("PRAGMA synchronous") != [(2,)]:
            raise OperatorError("SQLite does not keep synchronous=FULL: a power cut could take back what was confirmed")
    else:
        await connection.run((("PRAGMA query_only = ON", ()),))
    if await connection.run((("PRAGMA foreign_keys = ON", ()), ("PRAGMA foreign_keys", ()))) != [(1,)]:
        raise OperatorError("this SQLite was built without foreign keys: install Debian's own sqlite3")


def _find_or_create(path: Path, writable: bool) -> None:
    """Make the file before SQLite does, readable by the service alone; its WAL inherits the mode."""
    if not writable:
        if not path.exists():
            raise OperatorError(f"there is no store at {path}: give the annexe's data folder")
        return
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise OperatorError(f"the store cannot be made at {path}: {error.strerror}") from error
    os.close(descriptor)
    sync_folder(path.parent)


async def open_scratch() -> Connection:
    """Open a database of its own that is gone when closed: to fold into, and compare with."""
    connection = SqliteConnection(await _dial(""))
    await connection.run((("PRAGMA foreign_keys = ON", ()),))
    return connection
