"""The days on which no annexe works: the fixed ones from files, year by year; the others as they are announced.

Rules:

- A file holds the national days of its year that fall on the same day each year. Those of the Hijri year follow
  sighting: they are added one by one once they are announced, and are never computed.
- A year is published whole. Publishing its file again keeps what was announced; an announcement that was wrong is taken
  back by its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import yaml

from central.centre import Centre
from protocol.errors import OperatorError
from protocol.office.deadlines import FIXED
from protocol.office.events import CalendarPublished, Holiday

FOLDER: Final = Path(__file__).parent / "calendar"

LONGEST_NAME: Final = 120
"""Characters of a holiday's name: it stands beside a date."""


class _Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: str
    ar: str
    fr: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    year: int
    holidays: list[_Day]


def read_calendars(folder: Path = FOLDER) -> list[CalendarPublished]:
    """Every year of the folder's holidays-YYYY.yaml files; OperatorError names the file and its fault."""
    files = sorted(folder.glob("holidays-*.yaml"))
    if not files:
        raise OperatorError(f"{folder} holds no holidays: name the folder of the holidays-YYYY.yaml files.")
    return [_read(path) for path in files]


def _read(path: Path) -> CalendarPublished:
    try:
        held = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), _File, strict=True)
        return _whole(held.year, [checked_holiday(each.day, each.ar, each.fr) for each in held.holidays])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError, OperatorError) as error:
        raise OperatorError(f"{path} cannot be read as the holidays of a year: {error}") from error


def checked_holiday(day: str, name_ar: str, name_fr: str) -> Holiday:
    """Return a holiday; OperatorError when its day is no ISO date or it has no name in one of the languages."""
    try:
        iso = date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise OperatorError(f"{day} is no day: write it as 2027-03-10.") from error
    names = (name_ar.strip(), name_fr.strip())
    if not all(0 < len(name) <= LONGEST_NAME for name in names):
        raise OperatorError(f"{iso} needs a name in Arabic and in French, of {LONGEST_NAME} characters at most.")
    return Holiday(day=iso, name_ar=names[0], name_fr=names[1])


def _whole(year: int, holidays: Iterable[Holiday]) -> CalendarPublished:
    days = sorted(holidays, key=lambda holiday: holiday.day)
    names = [holiday.day for holiday in days]
    for name in names:
        if names.count(name) > 1:
            raise OperatorError(f"{name} appears twice.")
        if date.fromisoformat(name).year != year:
            raise OperatorError(f"{name} is not a day of {year}.")
    return CalendarPublished(year=year, holidays=days)


def is_fixed(holiday: Holiday) -> bool:
    """Say whether a holiday falls on the same day each year."""
    day = date.fromisoformat(holiday.day)
    return (day.month, day.day) in FIXED


async def publish_calendars(centre: Centre, calendars: Iterable[CalendarPublished]) -> list[int]:
    """Publish what is new of some years, what was announced being kept; returns the years that were published."""
    changed = []
    for calendar in calendars:
        if await centre.feeds.publish_calendar(calendar.year, partial(_with_announced, calendar)):
            changed.append(calendar.year)
    return changed


def _with_announced(calendar: CalendarPublished, held: CalendarPublished | None) -> CalendarPublished:
    named = {holiday.day for holiday in calendar.holidays}
    standing = held.holidays if held else []
    announced = [each for each in standing if not is_fixed(each) and each.day not in named]
    return _whole(calendar.year, [*calendar.holidays, *announced])


async def announce(centre: Centre, holiday: Holiday) -> bool:
    """Add a day to its year, or name it anew; False when it stands there already under these names."""
    return await _change(centre, holiday.day, [holiday])


async def withdraw(centre: Centre, day: str) -> bool:
    """Take an announced day back; False when it does not stand. OperatorError for a fixed one: its file names it."""
    holiday = checked_holiday(day, "-", "-")
    if is_fixed(holiday):
        raise OperatorError(f"{holiday.day} is a holiday each year: nothing was taken back.")
    return await _change(centre, holiday.day, [])


async def _change(centre: Centre, day: str, instead: Sequence[Holiday]) -> bool:
    """Put `instead` in the place of what stands on a day of a year that is published."""
    year = date.fromisoformat(day).year

    def change(held: CalendarPublished | None) -> CalendarPublished:
        if held is None:
            raise OperatorError(f"The holidays of {year} are not published yet: first run calendar publish.")
        return _whole(year, [*(each for each in held.holidays if each.day != day), *instead])

    return await centre.feeds.publish_calendar(year, change)
