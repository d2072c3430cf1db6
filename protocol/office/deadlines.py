"""The legal delay of a request, as people count it: from the complete dossier, in calendar days of Africa/Casablanca.

Rules:

- The delay ends with its last day (`due`); only when that day is over is the silence complete: the mark of 100 percent
  is the day after. The marks of 50 and 80 percent are the days on which so much of the delay has passed.
- The law counts calendar days, so a holiday never moves `due`. Whoever answers works on working days only: `answer_by`
  is the last of them inside the delay, and what the agent's list warns of.
- Holidays come from the prefecture, year by year: those of the Hijri year follow sighting, and are never computed. A
  year that nobody has published has the holidays that fall on the same day each year.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

Mark: TypeAlias = Literal[50, 80, 100]

MARKS: Final[tuple[Mark, ...]] = (50, 80, 100)
"""Percent of the delay at which someone is told."""

WEEKEND: Final = (5, 6)
"""Saturday and Sunday, as `date.weekday` counts."""

FIXED: Final = (
    (1, 1), (1, 11), (1, 14), (5, 1), (7, 30), (8, 14), (8, 20), (8, 21), (10, 31), (11, 6), (11, 18),
)  # fmt: skip
"""Month and day of the national holidays that fall on the same day each year (the decree on holidays in
public offices, as amended up to 2025)."""

LONGEST_CLOSURE: Final = 14
"""Days looked back for a working day: the longest run of closed days is a feast between two weekends, six or seven."""


def mark_day(complete: date, due: date, mark: Mark) -> date:
    """Return the day on which `mark` percent of the delay has passed; for 100, the day after the last."""
    days = (due - complete).days
    if mark == MARKS[-1]:
        return due + timedelta(days=1)
    return complete + timedelta(days=-(-days * mark // 100))


def marks_reached(complete: date, due: date, today: date) -> tuple[Mark, ...]:
    """Return the marks that lie behind, in their order."""
    return tuple(mark for mark in MARKS if mark_day(complete, due, mark) <= today)


def share_used(complete: date, due: date, today: date) -> int:
    """Return how much of the delay has passed, 0 to 100 percent."""
    days = (due - complete).days
    if days <= 0:
        return 100 if today >= due else 0
    return min(100, max(0, 100 * (today - complete).days // days))


def is_working_day(day: date, holidays: Collection[date] = frozenset()) -> bool:
    """Say whether the office works on a day; `holidays` are those that were published."""
    return day.weekday() not in WEEKEND and (day.month, day.day) not in FIXED and day not in holidays


def answer_by(due: date, holidays: Collection[date] = frozenset()) -> date:
    """Return the last working day of a delay: `due` itself, or the nearest before it."""
    for back in range(LONGEST_CLOSURE):
        day = due - timedelta(days=back)
        if is_working_day(day, holidays):
            return day
    return due
