"""Who works here: leaving and coming back, and standing in for another for some days. All of it without a link.

Rules:

- Who has left signs in nowhere; his sessions end at once (`edge.web.admin_people`), and the writer refuses what he had
  begun. What he signed stays his.
- A handing over of an office is two of these: the successor is added, the predecessor ends.
- A deputy has the role besides his own, from one day to another. A supervisor gives it, never to himself, and an
  administrator of the machine gives none: who runs the appliance must not make himself its judge.
- Nobody ends himself, and the last supervisor stays: somebody must be there who can let the next one in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.services.staff import DELEGABLE
from edge.store.rows import StaffView
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.calendar import local_date
from protocol.office.events import Actor, DelegationEnded, RoleDelegated, StaffEnded, StaffEvent, StaffResumed
from protocol.office.parties import Role
from protocol.records.encoding import Value

LONGEST_DAYS = 92
"""Days of a delegation: a quarter. What lasts longer is no absence but another office-holder, who is added."""

NOBODY = N_("Nobody of this login works here.")
NOT_ONESELF = N_("This is done by another supervisor: nobody does it for himself.")
LAST_SUPERVISOR = N_("This is the last supervisor: add another one first.")
SUPERVISOR_ALONE = N_("Only a supervisor lets somebody stand in for another.")
HAS_LEFT = N_("This person works here no more.")
HAS_ROLE = N_("This person has this role already.")
NO_ROLE = N_("Choose the role in which the person stands in.")
NO_DAY = N_("Write a day as day/month/year, or choose it in the calendar.")
PAST = N_("This day is past.")
TURNED_ROUND = N_("The last day comes before the first.")
TOO_LONG = N_("A person stands in for %(days)s days at most. Who stays longer is added with a login of his own.")


async def everybody(office: Office) -> list[StaffView]:
    """Who works here, and who did, by login."""
    async with office.store.reading() as reader:
        return await reader.staff_list()


async def end(office: Office, command: bytes, login: str, by: Actor) -> None:
    """Let somebody work here no more; PersonError for oneself, the last supervisor, or who is not there."""

    def event(known: StaffView, others: list[StaffView]) -> StaffEvent | None:
        if known.ended:
            return None
        if login == by.id:
            raise PersonError(NOT_ONESELF, status=403)
        if known.role == "supervisor" and not any(one.role == "supervisor" and not one.ended for one in others):
            raise PersonError(LAST_SUPERVISOR, status=409)
        return StaffEnded(login=login, by=by)

    await _change(office, command, login, event)


async def resume(office: Office, command: bytes, login: str, by: Actor) -> None:
    """Let somebody who has left work here again, with the role and the password that he had."""

    def event(known: StaffView, _others: list[StaffView]) -> StaffEvent | None:
        return StaffResumed(login=login, by=by) if known.ended else None

    await _change(office, command, login, event)


@dataclass(frozen=True, slots=True)
class DelegationForm:
    """Who is to stand in for another, in which role, from day to day (ISO); not yet checked."""

    login: str
    given: str
    first: str
    last: str


async def delegate(office: Office, command: bytes, form: DelegationForm, by: Actor) -> None:
    """Let somebody stand in for another; PersonErrors for the form's fields."""
    if by.role != "supervisor":
        raise PersonError(SUPERVISOR_ALONE, status=403)
    today, check = local_date(office.now()), FormCheck()
    given = check.field(lambda: _role(form.given), DELEGABLE[0])
    begins = check.field(lambda: _day(form.first, "first"), today)
    ends = check.field(lambda: _day(form.last, "last"), begins)
    check.field(lambda: _check_days(begins, ends, today), None)
    check.done()

    def event(known: StaffView, _others: list[StaffView]) -> StaffEvent:
        if known.login == by.id:
            raise PersonError(NOT_ONESELF, status=403)
        if known.ended:
            raise PersonError(HAS_LEFT, status=409)
        if known.role == given:
            raise PersonError(HAS_ROLE, field="given")
        return RoleDelegated(login=known.login, role=given, first=begins.isoformat(), last=ends.isoformat(), by=by)

    await _change(office, command, form.login, event)


async def end_delegation(office: Office, command: bytes, login: str, by: Actor) -> None:
    """Let a deputy have his own role alone again, at once."""

    def event(known: StaffView, _others: list[StaffView]) -> StaffEvent | None:
        return DelegationEnded(login=login, by=by) if known.delegated else None

    await _change(office, command, login, event)


async def _change(
    office: Office, command: bytes, login: str, event: Callable[[StaffView, list[StaffView]], StaffEvent | None]
) -> None:
    """Write what `event` says of the person and of all others; None changes nothing."""

    async def decide(tx: Transaction) -> Value:
        staff = {one.login: one for one in await tx.staff_list()}
        known = staff.pop(login, None)
        if known is None:
            raise PersonError(NOBODY, status=404)
        happened = event(known, list(staff.values()))
        if happened is not None:
            await tx.append("office", happened, key_of=tx.office)
        return None

    await office.store.execute(command, decide)


def _role(name: str) -> Role:
    for role in DELEGABLE:
        if role == name:
            return role
    raise PersonError(NO_ROLE, field="given")


def _day(typed: str, field: str) -> date:
    """A day as a browser's calendar gives it (ISO)."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError as error:
        raise PersonError(NO_DAY, field=field) from error


def _check_days(first: date, last: date, today: date) -> None:
    if first < today:
        raise PersonError(PAST, field="first")
    if last < first:
        raise PersonError(TURNED_ROUND, field="last")
    if last - first >= timedelta(days=LONGEST_DAYS):
        raise PersonError(TOO_LONG, field="last", days=LONGEST_DAYS)
