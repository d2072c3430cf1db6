"""The field enquiry: what the moqaddem or cheikh found, entered by a clerk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, TypeAlias, TypeVar

from edge.services.cases import change_case
from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.calendar import local_date
from protocol.office.casework import Case
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, EnquiryReported
from protocol.office.identity import check_text

Outcome: TypeAlias = Literal["favourable", "unfavourable"]
Title: TypeAlias = Literal["moqaddem", "cheikh"]
OUTCOMES: tuple[Outcome, ...] = ("favourable", "unfavourable")
TITLES: tuple[Title, ...] = ("moqaddem", "cheikh")
Answer = TypeVar("Answer", Outcome, Title)

LONGEST_NOTE = 500
"""Characters of a note: a few sentences; whatever is longer belongs in a piece."""

LONGEST_AGO = timedelta(days=366)
"""How old an enquiry may be: the law gives 60 days; an older day is a slip, most often of the year."""


async def report(
    office: Office, command: bytes, case: bytes, outcome: str, on: str, note: str, by_title: str, by: Actor
) -> None:
    """Enter an enquiry's outcome, made `on` (ISO date) by the moqaddem or cheikh.

    Raises PersonErrors for the fields, PersonError 409 when no enquiry is due.
    """
    check = FormCheck()
    found = check.field(lambda: _one_of(outcome, OUTCOMES, "outcome"), OUTCOMES[0])
    title = check.field(lambda: _one_of(by_title, TITLES, "by_title"), TITLES[0])
    made_on = check.field(lambda: _past_date(on, local_date(office.now())), date.min)
    text = check.field(lambda: check_text(note, field="note", longest=LONGEST_NOTE), "") if note.strip() else ""
    check.done()

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> EnquiryReported:
        return EnquiryReported(
            follows=list(opened.heads), outcome=found, by_title=title, on=made_on.isoformat(), note=text, by=by
        )

    await change_case(office, command, case, event)


def _one_of(value: str, allowed: tuple[Answer, ...], field: str) -> Answer:
    for answer in allowed:
        if answer == value:
            return answer
    raise PersonError(N_("Choose one of the answers."), field=field)


def _past_date(text: str, today: date) -> date:
    try:
        made_on = date.fromisoformat(text.strip())
    except ValueError:
        raise PersonError(
            N_("This is not a date: write it as on a calendar, day, month and year."), field="on"
        ) from None
    if made_on > today:
        raise PersonError(N_("The enquiry cannot have been made after today."), field="on")
    if today - made_on > LONGEST_AGO:
        raise PersonError(
            N_("This day is more than a year ago: write the day on which the enquiry was made."), field="on"
        )
    return made_on
