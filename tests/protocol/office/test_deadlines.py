"""The delay of law 55-19, counted as a person counts it on a calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.office.deadlines import (
    FIXED,
    MARKS,
    Mark,
    answer_by,
    is_working_day,
    mark_day,
    marks_reached,
    share_used,
)

COMPLETE, DUE = date(2026, 11, 2), date(2027, 1, 1)
DELAYS = st.integers(1, 60).map(lambda days: (COMPLETE, COMPLETE + timedelta(days=days)))


@pytest.mark.parametrize(("mark", "day"), [(50, date(2026, 12, 2)), (80, date(2026, 12, 20)), (100, date(2027, 1, 2))])
def test_sixty_days_are_marked_at_thirty_at_forty_eight_and_when_the_last_is_over(mark: Mark, day: date) -> None:
    assert (DUE - COMPLETE).days == 60
    assert mark_day(COMPLETE, DUE, mark) == day


def test_on_the_last_day_nothing_is_silence_yet() -> None:
    assert marks_reached(COMPLETE, DUE, DUE) == (50, 80)
    assert marks_reached(COMPLETE, DUE, DUE + timedelta(days=1)) == MARKS


@given(DELAYS, st.integers(-5, 90))
def test_marks_come_in_order_and_never_go(delay: tuple[date, date], day: int) -> None:
    complete, due = delay
    today = complete + timedelta(days=day)
    reached = marks_reached(complete, due, today)
    assert reached == MARKS[: len(reached)]
    assert len(marks_reached(complete, due, today + timedelta(days=1))) >= len(reached)
    assert (100 in reached) == (today > due)
    for mark in reached[:2]:
        assert share_used(complete, due, today) >= mark


@given(DELAYS, st.integers(-5, 90))
def test_the_share_is_a_percentage(delay: tuple[date, date], day: int) -> None:
    complete, due = delay
    assert 0 <= share_used(complete, due, complete + timedelta(days=day)) <= 100
    assert share_used(complete, due, due) == 100
    assert share_used(due, complete, due) == 100, "a delay that never was is over"


def test_who_answers_works_before_the_weekend_and_the_feast() -> None:
    assert answer_by(date(2026, 11, 26)) == date(2026, 11, 26)
    assert answer_by(date(2026, 11, 29)) == date(2026, 11, 27), "a Sunday"
    assert answer_by(date(2027, 1, 1)) == date(2026, 12, 31), "New Year's Day"
    feast = {date(2027, 3, 10), date(2027, 3, 11)}
    assert answer_by(date(2027, 3, 11), feast) == date(2027, 3, 9)


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_the_last_working_day_is_one_and_lies_inside_the_delay(due: date) -> None:
    found = answer_by(due)
    assert is_working_day(found)
    assert due - timedelta(days=7) < found <= due


def test_a_calendar_of_nothing_but_closed_days_leaves_the_legal_day() -> None:
    closed = {date(2027, 3, 1) + timedelta(days=back) for back in range(-60, 60)}
    assert answer_by(date(2027, 3, 1), closed) == date(2027, 3, 1)


def test_a_national_day_is_no_working_day() -> None:
    assert all(not is_working_day(date(2027, month, day)) for month, day in FIXED)
