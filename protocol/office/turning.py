"""The day on which time alone moves a request: its next mark, or the end of the wait for missing pieces.

Rules:

- Only time that the case itself tells is asked: the delay from the complete dossier to `due`, and `asked_until`.
- A delay that does not run has no mark; neither has a case that waits for an upgrade.
- The day may lie behind: whoever finds it (after a power cut, or a clock put right) sets the marks in their order.
"""

from __future__ import annotations

from datetime import date, timedelta

from protocol.office.calendar import local_date
from protocol.office.case import Case, State
from protocol.office.deadlines import MARKS, Mark, mark_day
from protocol.office.transitions import RUNNING


def runs(case: Case) -> bool:
    """Say whether the legal delay runs: the dossier is complete, and nothing is answered."""
    return case.state in RUNNING and case.complete_ms is not None and case.due is not None


def next_mark(case: Case) -> Mark | None:
    """Return the next mark of a delay that runs, None where there is none left."""
    last = case.marks[-1] if case.marks else 0
    return next((mark for mark in MARKS if mark > last), None) if runs(case) else None


def turning_day(case: Case) -> date | None:
    """Return the day from which the next mark is due, or the request lapses; None while time changes nothing."""
    if case.frozen:
        return None
    if case.state is State.AWAITING_PIECES:
        return case.asked_until and case.asked_until + timedelta(days=1)
    mark = next_mark(case)
    if mark is None or case.complete_ms is None or case.due is None:
        return None
    return mark_day(local_date(case.complete_ms), case.due, mark)
