"""The day on which time alone moves a request, and the time to appeal, told as stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from protocol.office.appeals import appeal_until, is_late, refusal_told_ms
from protocol.office.calendar import local_date
from protocol.office.case import Case
from protocol.office.deadlines import MARKS, mark_day
from protocol.office.turning import next_mark, runs, turning_day
from tests.protocol.office.stories import (
    Story,
    appealed,
    asked,
    completed,
    enquired,
    granted,
    queued,
    reached,
    refused,
    reopened,
    sent,
    submitted,
    under_decision,
)

DAY = 24 * 3600 * 1000


def told(*writers: object) -> Case:
    story = under_decision()
    for write in writers:
        story.then(write(story.heads))  # type: ignore[operator]  # the stories' writers
    return story.case


def test_only_a_complete_and_unanswered_dossier_has_a_next_mark() -> None:
    story = Story()
    for write, waits in ((submitted, False), (completed, True), (enquired, True), (granted, False)):
        story.then(write(story.heads))
        assert runs(story.case) is waits
        assert (turning_day(story.case) is not None) is waits


def test_the_marks_turn_one_after_the_other_and_then_none() -> None:
    story = under_decision()
    complete, due = local_date(story.case.complete_ms or 0), story.case.due
    assert due is not None
    for mark in MARKS:
        assert next_mark(story.case) == mark
        assert turning_day(story.case) == mark_day(complete, due, mark)
        story.then(reached(story.heads, mark=mark))
    assert turning_day(story.case) is None
    assert story.case.silent


def test_missing_pieces_are_awaited_to_the_end_of_their_last_day() -> None:
    story = Story()
    story.then(submitted())
    story.then(msgspec.structs.replace(asked(story.heads), until="2027-01-31"))
    assert turning_day(story.case) == date(2027, 2, 1)
    assert turning_day(replace(story.case, asked_until=None)) is None, "an older request without a day never lapses"


def test_a_case_that_waits_for_an_upgrade_is_moved_by_no_day() -> None:
    assert turning_day(replace(under_decision().case, frozen=True)) is None


def test_what_is_reopened_has_a_new_delay_and_keeps_why_it_was_refused() -> None:
    case = told(reached, refused, appealed, reopened)
    assert case.due == date(2027, 3, 1)
    assert (case.marks, next_mark(case)) == ((), 50)
    assert case.appeal is not None
    assert (case.appeal.against_code, case.appeal.against_text) == ("not_resident", "Not found at this address.")


def test_the_time_to_appeal_runs_from_the_day_the_citizen_was_told() -> None:
    assert appeal_until(told(refused)) is None
    assert appeal_until(told(granted)) is None
    case = told(refused, queued, sent)
    at_ms = refusal_told_ms(case)
    assert at_ms is not None
    assert appeal_until(case) == local_date(at_ms) + timedelta(days=30)


@given(st.integers(0, 400))
def test_an_appeal_is_late_from_the_day_after_the_last_one(days: int) -> None:
    case = told(refused, queued, sent, appealed)
    assert case.appeal is not None
    told_ms = refusal_told_ms(case) or 0
    moved = replace(case, appeal=replace(case.appeal, time_ms=told_ms + days * DAY))
    assert is_late(moved) is (days > 30)
