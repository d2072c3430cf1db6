"""What time asks of the appliance: requests that a day moves, those that are late, and the days on which nobody works.

As in `worklist`: each question is one query on an index, and no row is unsealed.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from edge.store.columns import blob, text
from edge.store.reader import Reader
from protocol.records.envelope import parse_record


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


OVER = ("collected", "withdrawn", "lapsed", "refused")
"""The states of a request that is over, unless an appeal waits."""


async def with_scans_before(reader: Reader, before_ms: int) -> list[tuple[bytes, bytes]]:
    """Return (case, blob) of each scan that is held of a request that is over since before `before_ms`."""
    found = await reader.rows(
        "SELECT subject, address FROM scans JOIN cases USING (subject)"
        " WHERE NOT removed AND NOT certificate AND state IN (?, ?, ?, ?) AND appealed = 0 AND updated_ms < ?"
        " ORDER BY subject, address",
        (*OVER, before_ms),
    )
    return [(blob(row[0]), blob(row[1])) for row in found]


async def signed_by_prefecture(reader: Reader) -> int | None:
    """Return when the prefecture wrote the last record that is held of it (its own clock), None before the first."""
    found = await reader.rows("SELECT bytes FROM records WHERE stream = 'all' ORDER BY position DESC LIMIT 1")
    return parse_record(blob(found[0][0])).time.ms if found else None
