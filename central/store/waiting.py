"""What was taken in and waits to be folded, a page at a time, in the order of arrival.

What waits is nearly always what came last, and the database does not know: it would look through all that an annexe
ever sent. So each page is looked for from where the one before ended; only when no full page is there, what may wait
before that is looked for one by one (what an upgrade lets be folded again).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema

# Made once: a statement that is made anew is a ring of objects, which stays until somebody looks for rings.
DONE = delete(schema.unfolded).where(
    schema.unfolded.c.annexe == bindparam("of"), schema.unfolded.c.hash.in_(bindparam("hashes", expanding=True))
)


class Waiting:
    """Remembers, for each annexe, up to which position everything is folded; read anew with the process."""

    def __init__(self) -> None:
        self._folded: dict[str, int] = {}

    async def page(
        self, connection: AsyncConnection, annexe: str, columns: Sequence[Column[Any]], limit: int
    ) -> Sequence[Sequence[Any]]:
        """The next rows of `records` that wait, these columns of them."""
        folded = self._folded.get(annexe)
        rows = [] if folded is None else await _after(connection, annexe, columns, folded, limit)
        if len(rows) < limit:
            first = await self._first(connection, annexe)
            if first is not None and (folded is None or first <= folded):
                rows = await _after(connection, annexe, columns, first - 1, limit)
        return rows

    async def _first(self, connection: AsyncConnection, annexe: str) -> int | None:
        """The position of the first one that waits; each is looked up by its hash, for most of the log does not."""
        table, log = schema.unfolded, schema.records
        at = select(log.c.position).where(log.c.annexe == table.c.annexe, log.c.hash == table.c.hash)
        found: int | None = (
            await connection.execute(select(func.min(at.scalar_subquery())).where(table.c.annexe == annexe))
        ).scalar()
        return found

    async def done(self, connection: AsyncConnection, annexe: str, hashes: Sequence[bytes]) -> None:
        """These are folded, in the caller's transaction."""
        if hashes:
            await connection.execute(DONE, {"of": annexe, "hashes": hashes})

    def committed(self, annexe: str, position: int) -> None:
        """That transaction is committed: everything up to `position` is folded."""
        self._folded[annexe] = position


async def _after(
    connection: AsyncConnection, annexe: str, columns: Sequence[Column[Any]], folded: int, limit: int
) -> Sequence[Sequence[Any]]:
    table, log = schema.unfolded, schema.records
    rows = await connection.execute(
        select(*columns)
        .join(table, (table.c.annexe == log.c.annexe) & (table.c.hash == log.c.hash))
        .where(log.c.annexe == annexe, log.c.position > folded)
        .order_by(log.c.position)
        .limit(limit)
    )
    return rows.all()
