"""Writes that wait for the next trip to the database.

A trip to the connection's thread costs as much as a small statement, so a transaction's writes ride with its next
read, or with its end. A write that fails therefore fails at that trip: always before its command's savepoint is
released, so the blame stays with the right command. After it nothing more runs until `drop`: a decision that swallows
the failure cannot go on without the writes that were lost by it.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.store.connection import Connection, Row, SqlValue, Statement
from protocol.errors import MulhaqaError


class Pending:
    """Statements in order on one connection; reads see all writes before them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[Statement] = []
        self._failed: MulhaqaError | None = None
        self.trips = 0
        """Trips made so far: whether anything of what was written has reached the database."""

    def write(self, sql: str, params: Sequence[SqlValue] = ()) -> None:
        """Note a statement; it runs with the next `rows` or `flush`."""
        self._waiting.append((sql, params))

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run what waits, then this query, in one trip."""
        self._waiting.append((sql, params))
        return await self.flush()

    async def flush(self) -> list[Row]:
        """Run what waits in one trip; a failure drops the rest of it, as the savepoint goes back."""
        if self._failed is not None:
            raise self._failed
        if not self._waiting:
            return []
        statements, self._waiting = self._waiting, []
        self.trips += 1
        try:
            return await self._connection.run(statements)
        except MulhaqaError as error:
            self._failed = error
            raise

    def drop(self) -> None:
        """Forget what waits, and what failed."""
        self._waiting.clear()
        self._failed = None
