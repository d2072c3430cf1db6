"""Days and hours as people here live them, by the clock on an office's wall.

Instants are milliseconds since the epoch; days are `datetime.date`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from protocol.wall_clock import CASABLANCA

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(ms: int) -> datetime:
    """Return the instant on the clock of an annexe."""
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(CASABLANCA)


def local_date(ms: int) -> date:
    """Return the day of an instant."""
    return local(ms).date()


def local_time(ms: int) -> str:
    """Return the hour of an instant, as "09:42"."""
    return local(ms).strftime("%H:%M")


def due_date(complete_ms: int, days: int) -> date:
    """Return the last day of a delay of `days` calendar days, the day of the complete dossier not counted."""
    return local_date(complete_ms) + timedelta(days=days)


def months_later(ms: int, months: int) -> int:
    """Return the instant at which the same day `months` later ends; the month's last day where it is shorter."""
    day = local_date(ms)
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    last = min(day.day, (after - timedelta(days=1)).day)
    end = datetime.combine(first.replace(day=last), time(23, 59, 59), CASABLANCA)
    return int((end.astimezone(UTC) - EPOCH).total_seconds() * 1000)
