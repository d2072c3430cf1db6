"""Passwords of those who work here: changed, given, chosen, and who may give one to whom."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from edge.services import own_password, people, staff
from edge.services.attempts import ALLOWED
from edge.services.office import Office
from edge.services.people import DelegationForm
from edge.services.staff import TEMPORARY_MS, StaffForm
from protocol.errors import PersonError, PersonErrors
from protocol.office.calendar import local_date
from protocol.office.events import Actor
from protocol.office.parties import Role
from tests.edge.services.support import PASSWORD, Clock, records

OTHER = "une autre longue phrase"
GIVEN = "pour demain matin"


async def refused(attempt: Awaitable[object]) -> PersonError:
    with pytest.raises(PersonError) as caught:
        await attempt
    return caught.value


def by(role: Role, login: str = "nadia") -> Actor:
    return Actor(role=role, id=login, name="Nadia Idrissi", name_ar="نادية الإدريسي")


@pytest.fixture
async def annexe(office: Office) -> Office:
    """An annexe where one of each role works, called by the role."""
    for role in staff.ROLES:
        form = StaffForm(role, "Salma Bennani", "سلمى بناني", role, PASSWORD)
        await staff.add(office, office.command(), form)
    return office


async def test_an_agent_changes_his_password_by_typing_the_one_of_now(annexe: Office) -> None:
    await own_password.change(annexe, annexe.command(), "clerk", PASSWORD, OTHER, OTHER)
    known = await staff.sign_in(annexe, "clerk", OTHER)
    assert known.temporary_ms is None
    assert (await refused(staff.sign_in(annexe, "clerk", PASSWORD))).status == 401


@pytest.mark.parametrize(
    ("now", "password", "again", "field"),
    [
        ("not this one at all", OTHER, OTHER, "now"),
        (PASSWORD, "court", "court", "password"),
        (PASSWORD, OTHER, f"{OTHER} ", "again"),
        (PASSWORD, PASSWORD, PASSWORD, "password"),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field_and_changes_nothing(
    annexe: Office, now: str, password: str, again: str, field: str
) -> None:
    before = await records(annexe)
    with pytest.raises((PersonError, PersonErrors)) as caught:
        await own_password.change(annexe, annexe.command(), "clerk", now, password, again)
    errors = caught.value.errors if isinstance(caught.value, PersonErrors) else (caught.value,)
    assert [one.field for one in errors] == [field]
    assert await records(annexe) == before


async def test_an_unlocked_screen_gives_no_password_away_by_guessing(annexe: Office) -> None:
    for number in range(ALLOWED):
        guess = own_password.change(annexe, annexe.command(), "clerk", f"guess number {number}", OTHER, OTHER)
        await refused(guess)
    locked = await refused(own_password.change(annexe, annexe.command(), "clerk", PASSWORD, OTHER, OTHER))
    assert locked.status == 429


async def test_who_forgot_his_password_is_let_in_with_another_and_chooses_his_own(annexe: Office, clock: Clock) -> None:
    for _ in range(ALLOWED):
        await refused(staff.sign_in(annexe, "clerk", "forgotten, alas"))
    await own_password.give(annexe, annexe.command(), "clerk", GIVEN, by("supervisor"))
    assert (await staff.sign_in(annexe, "clerk", GIVEN)).temporary_ms == clock.ms
    await own_password.choose(annexe, annexe.command(), "clerk", OTHER, OTHER)
    assert (await staff.sign_in(annexe, "clerk", OTHER)).temporary_ms is None
    again = await refused(own_password.choose(annexe, annexe.command(), "clerk", GIVEN, GIVEN))
    assert again.status == 409


async def test_a_password_that_was_given_waits_for_a_week_by_a_clock_that_may_jump(
    annexe: Office, clock: Clock
) -> None:
    await own_password.give(annexe, annexe.command(), "clerk", GIVEN, by("supervisor"))
    clock.ms += TEMPORARY_MS - 1
    await staff.sign_in(annexe, "clerk", GIVEN)
    clock.ms += 1
    assert (await refused(staff.sign_in(annexe, "clerk", GIVEN))).status == 401


@pytest.mark.parametrize(
    ("giver", "to", "status"),
    [
        (by("admin", "admin"), "clerk", 0),
        (by("admin", "admin"), "authority", 403),
        (by("admin", "admin"), "supervisor", 403),
        (by("admin", "admin"), "admin", 403),
        (by("supervisor", "supervisor"), "supervisor", 403),
        (by("supervisor", "supervisor"), "authority", 0),
        (by("supervisor", "supervisor"), "nobody", 404),
    ],
)
async def test_who_runs_the_machine_gives_no_password_to_whose_word_decides(
    annexe: Office, giver: Actor, to: str, status: int
) -> None:
    before = await records(annexe)
    if not status:
        await own_password.give(annexe, annexe.command(), to, GIVEN, giver)
        assert await records(annexe) == before + 1
        return
    found = await refused(own_password.give(annexe, annexe.command(), to, GIVEN, giver))
    assert found.status == status
    assert await records(annexe) == before


async def test_a_clerk_who_stands_in_for_the_authority_gets_none_of_the_administrator_either(annexe: Office) -> None:
    today = local_date(annexe.now()).isoformat()
    form = DelegationForm("clerk", "authority", today, today)
    await people.delegate(annexe, annexe.command(), form, by("supervisor", "supervisor"))
    found = await refused(own_password.give(annexe, annexe.command(), "clerk", GIVEN, by("admin", "admin")))
    assert found.status == 403


async def test_the_appliance_itself_lets_the_last_supervisor_in(annexe: Office) -> None:
    await own_password.give(annexe, annexe.command(), "supervisor", GIVEN)
    assert (await staff.sign_in(annexe, "supervisor", GIVEN)).role == "supervisor"


async def test_who_runs_the_machine_adds_nobody_who_decides_once_there_is_a_supervisor(office: Office) -> None:
    admin = by("admin", "admin")
    judge = StaffForm("rachid", "Rachid Alami", "رشيد العلمي", "supervisor", PASSWORD)
    await staff.add(office, office.command(), judge, admin)
    assert (await staff.sign_in(office, "rachid", PASSWORD)).temporary_ms is not None
    second = StaffForm("hind", "Hind Alaoui", "هند العلوي", "authority", PASSWORD)
    assert (await refused(staff.add(office, office.command(), second, admin))).status == 403
    await staff.add(office, office.command(), second, by("supervisor", "rachid"))
