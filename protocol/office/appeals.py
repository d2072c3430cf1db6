"""The time to appeal against a refusal, counted from the day on which the citizen was told of it.

A late appeal is taken and marked, never turned away: whether it is admissible is for whoever answers it to say.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from protocol.office.calendar import local_date
from protocol.office.case import Case

APPEAL_DAYS: Final = 30
"""Calendar days to appeal to the administration. To be confirmed: no text that we could read fixes it, so that it is
shown as such, and only marks what comes later."""

TOLD: Final = frozenset({"message.sent", "message.told_in_person"})
"""Steps by which the citizen came to know the answer."""


def refusal_told_ms(case: Case) -> int | None:
    """Return when the citizen was told of the refusal that stands, or that he appealed against; None if never."""
    told: int | None = None
    refused = False
    for step in case.history:
        if step.kind == "appeal.lodged":
            break
        if step.kind == "decision.taken":
            refused, told = step.note == "refused", None
        elif step.kind in TOLD and refused and told is None:
            told = step.time_ms
    return told


def appeal_until(case: Case) -> date | None:
    """Return the last day to appeal in time; None while the citizen was not told, for then no time runs."""
    told = refusal_told_ms(case)
    return None if told is None else local_date(told) + timedelta(days=APPEAL_DAYS)


def is_late(case: Case) -> bool:
    """Say whether the appeal came after its time."""
    until = appeal_until(case)
    return case.appeal is not None and until is not None and local_date(case.appeal.time_ms) > until
