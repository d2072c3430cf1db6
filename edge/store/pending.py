"""Writes that wait for the next trip to the database.

A trip to the connection's thread costs more than a few statements, so writes ride with the next read, or with the end
of their group. A write that fails therefore fails at that trip, which may be a neighbour's: the writer then takes the
whole group back and has each command make trips of its own, so that the blame finds the right one. After a failure
nothing more runs until `back_to` or `drop`: a decision that swallows it cannot go on without the writes that were lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edge.store.connection import Connection, Row, SqlValue, Statement
from protocol.errors import MulhaqaError


class Mark(NamedTuple):
    """A place among the writes: after how many trips, and what waited then."""

    trips: int
    waiting: int


class Pending:
    """Statements in order on one connection; reads see all writes before them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[Statement] = []
        self._trips = 0
        self.failed: MulhaqaError | None = None
        """Why a trip failed, until `back_to` or `drop`."""

    def write(self, sql: str, params: Sequence[SqlValue] = ()) -> None:
        """Note a statement; it runs with the next `rows` or `flush`."""
        self._waiting.append((sql, params))

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
        statements, self._waiting = self._waiting, []
        self._trips += 1
        try:
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
