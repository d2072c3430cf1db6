"""Writes that wait for the next trip to the database.

A trip to the connection's thread costs more than a few statements, so writes ride with the next read, or with the end
of their group. A write that fails therefore fails at that trip, which may be a neighbour's: the writer then takes the
whole group back and has each command make trips of its own, so that the blame finds the right one. After a failure
nothing more runs until `back_to` or `drop`: a decision that swallows it cannot go on without the writes that were lost.

The group before may still be on its way to the disk: the first trip waits for it (`after`).

Rows of one table that wait for the same trip go as one statement, with the first of them: one step of SQLite's, in
which nobody else has to wait for Python. So a row may go ahead of what was written before it, never of what was read,
changed or marked before it; `insert` is for tables whose rows refer to no other row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from edge.store.connection import Connection, Row, SqlValue, Statement
from protocol.errors import MulhaqaError

WIDEST = 32
"""Rows of one statement: what follows is the next. Each number of rows is a statement that SQLite compiles and keeps,
so there are few: this many, a half, a quarter, down to one."""


class Mark(NamedTuple):
    """A place among the writes: after how many trips, and what waited then."""

    trips: int
    waiting: int


class _Insert(NamedTuple):
    """One row; `into` is the statement up to its values."""

    into: str
    row: tuple[SqlValue, ...]


class Pending:
    """Statements in order on one connection; reads see all writes before them.

    `after` is awaited before the first trip; if it raises MulhaqaError, that is why the trip failed.
    """

    def __init__(self, connection: Connection, after: Callable[[], Awaitable[None]] | None = None) -> None:
        self._connection = connection
        self._after = after
        self._waiting: list[Statement | _Insert] = []
        self._trips = 0
        self.failed: MulhaqaError | None = None
        """Why a trip failed, until `back_to` or `drop`."""

    def write(self, sql: str, params: Sequence[SqlValue] = ()) -> None:
        """Note a statement; it runs with the next `rows` or `flush`."""
        self._waiting.append((sql, params))

    def insert(self, into: str, row: tuple[SqlValue, ...]) -> None:
        """Note a row of a table that refers to no other; `into` is "INSERT INTO table (column, ...)"."""
        self._waiting.append(_Insert(into, row))

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run what waits, then this query, in one trip."""
        self._waiting.append((sql, params))
        return await self.flush()

    async def flush(self) -> list[Row]:
        """Run what waits in one trip; a failure drops the rest of it, as the savepoint goes back."""
        if self.failed is not None:
            raise self.failed
        if not self._waiting:
            return []
        try:
            if self._after is not None:
                await self._after()
                self._after = None
            statements, self._waiting = list(_statements(self._waiting)), []
            self._trips += 1
            return await self._connection.run(statements)
        except MulhaqaError as error:
            self.failed = error
            raise

    def mark(self) -> Mark:
        """Return the place to come back to."""
        return Mark(self._trips, len(self._waiting))

    def back_to(self, mark: Mark) -> bool:
        """Forget what failed, and what was written since `mark` and still waits; say whether some of it has run."""
        ran = self._trips > mark.trips
        del self._waiting[0 if ran else mark.waiting :]
        self.failed = None
        return ran

    def forget(self, mark: Mark) -> bool:
        """Forget the one statement that was written first after `mark`, if it still waits; say whether it did."""
        if self._trips > mark.trips:
            return False
        del self._waiting[mark.waiting]
        return True

    def drop(self) -> None:
        """Forget what waits, and what failed."""
        self._waiting.clear()
        self.failed = None


def _statements(waiting: Iterable[Statement | _Insert]) -> Iterator[Statement]:
    """Yield the statements of a trip; between two that are no plain rows, the rows of each table together."""
    tables: dict[str, list[tuple[SqlValue, ...]]] = {}
    for one in waiting:
        if isinstance(one, _Insert):
            tables.setdefault(one.into, []).append(one.row)
        else:
            yield from _inserts(tables)
            tables.clear()
            yield one
    yield from _inserts(tables)


def _inserts(tables: dict[str, list[tuple[SqlValue, ...]]]) -> Iterator[Statement]:
    for into, rows in tables.items():
        begin = 0
        while begin < len(rows):
            count = min(WIDEST, 1 << (len(rows) - begin).bit_length() - 1)
            values = [value for row in rows[begin : begin + count] for value in row]
            yield _values(into, len(rows[begin]), count), values
            begin += count


@lru_cache(maxsize=64)
def _values(into: str, columns: int, count: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{into} VALUES {', '.join([row] * count)}"
