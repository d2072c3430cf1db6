"""Days and deadlines by the clock on an annexe's wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.office.calendar import due_date, local_date, local_time, months_later

INSTANTS = st.integers(946_684_800_000, 4_102_444_800_000)  # the years 2000 to 2099


def ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]  # mypy counts no parts


def test_a_day_ends_at_midnight_in_morocco() -> None:
    assert local_date(ms(2026, 7, 24, 22, 59)) == date(2026, 7, 24)
    assert local_date(ms(2026, 7, 24, 23, 0)) == date(2026, 7, 25)
    assert local_date(ms(2026, 11, 24, 23, 59)) == date(2026, 11, 24)
    assert local_date(ms(2026, 11, 25, 0, 0)) == date(2026, 11, 25)


def test_the_clock_went_back_an_hour_for_ramadan_until_the_hour_was_given_up() -> None:
    assert local_time(ms(2026, 3, 1, 8, 42)) == "08:42"
    assert local_time(ms(2026, 7, 24, 8, 42)) == "09:42"
    assert local_time(ms(2026, 9, 20, 0, 59)) == "01:59"
    assert local_time(ms(2026, 9, 20, 1, 0)) == "01:00"
    assert local_time(ms(2026, 11, 24, 8, 42)) == "08:42"


def test_sixty_days_are_counted_from_the_day_after_the_dossier_was_complete() -> None:
    assert due_date(ms(2026, 11, 24, 9, 0), 60) == date(2027, 1, 23)
    assert due_date(ms(2026, 11, 25, 0, 30), 60) == date(2027, 1, 24)


@given(INSTANTS, st.integers(1, 60))
def test_a_deadline_never_depends_on_the_hour_of_the_day(instant: int, days: int) -> None:
    assert due_date(instant, days) - local_date(instant) == timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        ((2026, 11, 24), 3, date(2027, 2, 24)),
        ((2026, 11, 30), 3, date(2027, 2, 28)),
        ((2027, 11, 30), 3, date(2028, 2, 29)),
        ((2026, 12, 31), 1, date(2027, 1, 31)),
        ((2026, 1, 15), 12, date(2027, 1, 15)),
        ((2026, 12, 15), 0, date(2026, 12, 15)),
    ],
)
def test_validity_ends_with_the_same_day_of_a_later_month(day: tuple[int, int, int], months: int, last: date) -> None:
    end = months_later(ms(*day, 10), months)
    assert local_date(end) == last
    assert local_date(end + 1000) == last + timedelta(days=1)


@given(INSTANTS, st.integers(0, 120))
def test_validity_is_counted_by_months_at_any_time(instant: int, months: int) -> None:
    start, end = local_date(instant), local_date(months_later(instant, months))
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day <= start.day
