"""What time asks of the appliance: requests that a day moves, those that are late, and the days on which nobody works.

As in `worklist`: each question is one query on an index, and no row is unsealed.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from edge.store.columns import blob, text
from edge.store.reader import Reader


async def turning(reader: Reader, today: date) -> list[bytes]:
    """Return the cases that time moves today, or should have moved before: the longest overdue first."""
    found = await reader.rows(
        "SELECT subject FROM cases WHERE turns IS NOT NULL AND turns <= ? ORDER BY turns, subject", (today.isoformat(),)
    )
    return [blob(row[0]) for row in found]


async def late(reader: Reader, mark: int) -> list[bytes]:
    """Return the cases that nobody has answered and whose delay has passed to `mark` percent, the nearest end first."""
    found = await reader.rows("SELECT subject FROM cases WHERE mark > 0 AND mark >= ? ORDER BY due, subject", (mark,))
    return [blob(row[0]) for row in found]


async def appealed(reader: Reader) -> list[bytes]:
    """Return the cases whose appeal waits for its answer, the one that waits longest first."""
    found = await reader.rows("SELECT subject FROM cases WHERE appealed = 1 ORDER BY updated_ms, subject")
    return [blob(row[0]) for row in found]


async def holidays(reader: Reader) -> frozenset[date]:
    """Return the days on which no annexe works, of every year that was published."""
    found = await reader.rows("SELECT day FROM holidays")
    days: set[date] = set()
    for row in found:
        with suppress(ValueError):  # what a later release may call a day
            days.add(date.fromisoformat(text(row[0])))
    return frozenset(days)
