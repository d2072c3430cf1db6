"""The only place that knows which database it is: how to open it, and the two statements that SQL does not share.

SQLite has one writer: `write` takes a lock of this process first, then the database's own, before it reads: a
transaction that reads and then asks to write is refused at once if another process wrote in between, whatever the
time-out. PostgreSQL needs no such lock, and takes the same code.

A statement that the disk failed ends it all: after a failed fsync nobody knows what is on the disk, so nothing is
confirmed any more, whoever listens is told, and the server starts anew from what the disk really holds. A full disk
alone is known for what it is: the transaction went back, and the next may find room.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection, Table, event, insert, inspect, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from central.store.schema import VERSION, metadata, schema_version
from central.store.trips import connecting
from central.store.upgrades import upgrade
from protocol.errors import OperatorError

Row = Mapping[str, Any]
SQLITE = "central.sqlite"  # the database in a data folder
AIOSQLITE = "sqlite+aiosqlite"
# How long a reader waits for the other connection's commit before it gives up, in milliseconds.
BUSY_MS = 10_000
# Pages of the write-ahead log, 16 MB, before they are copied into the database. Hashes fall on pages at random, so each
# commit of a full line touches hundreds: at SQLite's own thousand every second commit waits for the copying of pages
# that the next one changes again.
WAL_PAGES = 4_000
Connect = Callable[[], Awaitable[Any]]  # an open connection of the URL's driver: aiosqlite's or asyncpg's
FULL = "SQLITE_FULL"
FATAL = (
    "SQLITE_IOERR",
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
    "SQLITE_CANTOPEN",
    "SQLITE_READONLY",
)  # the file is in doubt
WRITES = "mulhaqa_writes"  # the option of a connection whose transaction will write


def sqlite_url(folder: Path) -> str:
    """The URL of the database in a data folder."""
    return f"{AIOSQLITE}:///{folder / SQLITE}"


class _Upsert(NamedTuple):
    """A statement in SQL, and what takes its parameters from a row, in their order."""

    sql: str
    values: Callable[[Row], tuple[Any, ...]]


class Database:
    """Connections to the centre's database; made by `open_database`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.failure: OperatorError | None = None
        self._listeners: list[Callable[[OperatorError], None]] = []
        self._engine = engine
        self._writing = engine.execution_options(**{WRITES: True})
        self._upserts: dict[tuple[str, bool], _Upsert] = {}
        self._one_writer: asyncio.Lock | None = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: committed when the block ends, rolled back when it raises."""
        turn: AbstractAsyncContextManager[Any] = self._one_writer or nullcontext()
        with self._guarded():
            async with turn, self._writing.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with, on one snapshot."""
        with self._guarded():
            async with self._engine.connect() as connection:
                yield connection

    def on_failure(self, listener: Callable[[OperatorError], None]) -> None:
        """Tell `listener` once the database can be trusted no more, so that the server starts anew."""
        self._listeners.append(listener)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Refuse everything once the disk has failed; turn what the driver says of it into a sentence."""
        if self.failure is not None:
            raise self.failure
        try:
            yield
        except DBAPIError as error:
            name = str(getattr(error.orig, "sqlite_errorname", ""))
            if name.startswith(FULL):
                raise OperatorError(
                    "The disk is full: nothing of this was kept. Make room; it is tried again."
                ) from error
            if name.startswith(FATAL):
                raise self._failed(name) from error
            raise

    def _failed(self, name: str) -> OperatorError:
        if self.failure is None:
            self.failure = OperatorError(
                f"The database's disk failed ({name}), so nothing of this was kept: check it. The server starts anew."
            )
            for listener in self._listeners:
                listener(self.failure)
        return self.failure

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def put(self, connection: AsyncConnection, table: Table, rows: Sequence[Row], *, replace: bool) -> None:
        """Insert whole rows; where the primary key is taken, replace the row or leave it as it is."""
        if rows:
            upsert = self._upsert(table, replace=replace)
            await connection.exec_driver_sql(upsert.sql, [upsert.values(row) for row in rows])

    def _upsert(self, table: Table, *, replace: bool) -> _Upsert:
        """One statement a table, made once, in the driver's own words: a row so costs no more than the driver takes."""
        known = self._upserts.get((table.name, replace))
        if known is None:
            compiled = self._make_upsert(table, replace=replace).compile(dialect=self._engine.dialect)
            columns = tuple(getattr(compiled, "positiontup", ()))
            values: Any = itemgetter(*columns)  # gives a tuple, for every table has more than one column
            known = self._upserts[table.name, replace] = _Upsert(str(compiled), values)
        return known

    def _make_upsert(self, table: Table, *, replace: bool) -> ClauseElement:
        keys = [column.name for column in table.primary_key.columns]
        others = [column.name for column in table.columns if column.name not in keys]
        dialect: Any = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table)  # the two dialects share these methods, and no base class
        if replace and others:
            changed = {name: statement.excluded[name] for name in others}
            upsert: ClauseElement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
        else:
            upsert = statement.on_conflict_do_nothing(index_elements=keys)
        return upsert


async def open_database(url: str, connect: Connect | None = None) -> Database:
    """Open the database and make its tables if it is new; raises OperatorError if it cannot serve.

    `connect` makes the driver's connections in the place of the driver itself, so that a disk with faults can be put
    under them.
    """
    connect = connect or _connecting(url)
    engine = create_async_engine(url, hide_parameters=True, **({} if connect is None else {"async_creator": connect}))
    if engine.dialect.name == "sqlite":
        _create_closed(engine.url.database)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    try:
        async with engine.execution_options(**{WRITES: True}).begin() as connection:
            await connection.run_sync(_make_tables)
            found = (await connection.execute(select(schema_version.c.version))).scalars().all()
            if not found:
                await connection.execute(insert(schema_version).values(version=VERSION))
            elif await upgrade(connection, found[0]):
                found = [VERSION]
    except DBAPIError as error:
        await engine.dispose()
        raise OperatorError(f"The database {engine.url!r} cannot be opened: {error.orig}.") from error
    if found and list(found) != [VERSION]:
        await engine.dispose()
        raise OperatorError(
            f"The database has schema {found[0]}, this release needs {VERSION}: start the fitting release."
        )
    return Database(engine)


def _connecting(url: str) -> Connect | None:
    """What opens the driver's connections; None where the driver does so itself."""
    parsed = make_url(url)
    return connecting(parsed.database) if parsed.drivername == AIOSQLITE and parsed.database else None


def _make_tables(connection: Connection) -> None:
    """Make the tables that are missing: one question for all, where `create_all` would ask for each by itself."""
    there = set(inspect(connection).get_table_names())
    metadata.create_all(connection, [one for one in metadata.sorted_tables if one.name not in there])


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """WAL lets pages be read while ingest writes; FULL makes an acknowledged commit survive a power cut."""
    connection.isolation_level = None  # the driver must not open transactions of its own: _begin_sqlite does
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    for pragma in (f"busy_timeout={BUSY_MS}", f"wal_autocheckpoint={WAL_PAGES}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _create_closed(path: str | None) -> None:
    """Make the file before SQLite does, readable by the service alone; its write-ahead log inherits the mode."""
    if not path or path == ":memory:":
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise OperatorError(f"The database {path} cannot be opened: {error.strerror}.") from error
