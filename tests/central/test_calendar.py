"""The holidays: fixed ones from files, announced ones by command, each year published whole and heard at the annexe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from central.calendar_files import (
    announce,
    checked_holiday,
    publish_calendars,
    read_calendars,
    withdraw,
)
from central.centre import Centre
from central.prefecture import Prefecture
from protocol.errors import OperatorError
from protocol.office.deadlines import FIXED
from protocol.records.envelope import open_body, parse_record
from tests.central.provisioned import Provisioned
from tests.central.web.support import prefecture_in

FEAST = checked_holiday("2027-03-10", "عيد الفطر", "Aïd al-Fitr")


@pytest.fixture
async def prefecture(tmp_path: Path, it: Provisioned) -> AsyncIterator[Prefecture]:
    async with prefecture_in(tmp_path / "prefecture", it) as prefecture:
        yield prefecture


@pytest.fixture
def centre(prefecture: Prefecture) -> Centre:
    return prefecture.centre


async def days(centre: Centre, year: int = 2027) -> list[str]:
    found = {calendar.year: calendar for calendar in await centre.queries.calendars()}
    return [holiday.day for holiday in found[year].holidays]


async def published(centre: Centre) -> int:
    events = [open_body(parse_record(encoded), None) for encoded in await centre.feeds.snapshot()]
    return sum(event["kind"] == "calendar.published" for event in events)


def test_our_own_files_hold_the_fixed_days_of_each_year_and_no_others() -> None:
    calendars = read_calendars()
    assert [calendar.year for calendar in calendars] == [2026, 2027, 2028]
    for calendar in calendars:
        assert {date.fromisoformat(each.day) for each in calendar.holidays} == {
            date(calendar.year, month, day) for month, day in FIXED
        }


async def test_a_year_is_published_once_and_what_is_announced_stays(centre: Centre) -> None:
    calendars = read_calendars()
    assert await publish_calendars(centre, calendars) == [2026, 2027, 2028]
    assert await publish_calendars(centre, calendars) == []
    assert await announce(centre, FEAST)
    assert not await announce(centre, FEAST)
    assert "2027-03-10" in await days(centre)
    assert await publish_calendars(centre, calendars) == []
    assert "2027-03-10" in await days(centre)
    assert await published(centre) == 4


async def test_an_announcement_that_was_wrong_is_taken_back_a_fixed_day_never(centre: Centre) -> None:
    await publish_calendars(centre, read_calendars())
    await announce(centre, FEAST)
    assert await withdraw(centre, FEAST.day)
    assert not await withdraw(centre, FEAST.day)
    assert "2027-03-10" not in await days(centre)
    with pytest.raises(OperatorError, match="each year"):
        await withdraw(centre, "2027-11-18")


async def test_a_year_that_is_not_published_takes_no_announcement(centre: Centre) -> None:
    with pytest.raises(OperatorError, match="first run calendar publish"):
        await announce(centre, FEAST)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("holidays-2027.yaml", "year: 2027\nholidays: [{day: 2027-13-01x, ar: ع, fr: f}]", "is no day"),
        ("holidays-2027.yaml", 'year: 2027\nholidays: [{day: "2026-01-01", ar: ع, fr: f}]', "not a day of 2027"),
        ("holidays-2027.yaml", 'year: 2027\nholidays: [{day: "2027-01-01", ar: ع, fr: " "}]', "needs a name"),
        ("holidays-2027.yaml", "year: 2027\nholidays:\n" + '  - {day: "2027-01-01", ar: ع, fr: f}\n' * 2, "twice"),
        ("holidays-2027.yaml", "year: 2027\nholidays: []\nmoon: full", "cannot be read"),
        ("holidays-2027.yaml", "year: [", "cannot be read"),
        ("others.yaml", "", "holds no holidays"),
    ],
)
def test_a_file_with_a_fault_is_named_with_it(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError, match=fault):
        read_calendars(tmp_path)
