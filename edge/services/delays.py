"""How a legal delay stands today, for whoever has to answer: the share used, the days left, the day to answer by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edge.services.office import Office
from edge.store import timetable
from protocol.office.calendar import local_date
from protocol.office.casework import Case
from protocol.office.deadlines import answer_by, marks_reached, share_used
from protocol.office.turning import runs


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay that runs. `used` in percent; `mark`: 0, 50, 80 or 100, as of today; `answer_by`: the last working day
    on which an answer is in time; `days_left` is negative once the delay is over."""

    used: int
    mark: int
    days_left: int
    due: date
    answer_by: date


@dataclass(frozen=True, slots=True)
class Today:
    """The day, and the days on which no annexe works: read once for a page."""

    day: date
    holidays: frozenset[date]


async def today(office: Office) -> Today:
    """Return what delays are counted with now."""
    async with office.store.reading() as reader:
        return Today(local_date(office.now()), await timetable.holidays(reader))


def delay_of(case: Case, now: Today) -> Delay | None:
    """Return how the delay of a case stands; None while none runs."""
    if not runs(case) or case.complete_ms is None or case.due is None:
        return None
    complete = local_date(case.complete_ms)
    reached = marks_reached(complete, case.due, now.day)
    return Delay(
        used=share_used(complete, case.due, now.day),
        mark=reached[-1] if reached else 0,
        days_left=(case.due - now.day).days,
        due=case.due,
        answer_by=answer_by(case.due, now.holidays),
    )
