"""A password of one's own: chosen before anything else, changed at one's screen, given by who supervises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from edge.services import staff as services
from edge.services.office import Office
from edge.services.staff import StaffForm
from protocol.office.events import Actor
from tests.edge.web import staff
from tests.edge.web.staff import PASSWORD, Desk, at_work
from tests.edge.web.test_admin_people import is_out, second

OTHER = "une autre longue phrase"
GIVEN = "pour demain matin"
NADIA = Actor(role="supervisor", id="nadia", name="Nadia Idrissi", name_ar="نادية الإدريسي")


@pytest.fixture
async def desks(office: Office) -> AsyncIterator[tuple[Desk, Desk]]:
    """The supervisor's browser at /admin, and one at the counter where nobody has signed in."""
    await staff.hire(office)
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(at_work(office, "nadia", "admin"))
        counter = await stack.enter_async_context(at_work(office))
        yield supervisor, counter


async def knock(desk: Desk, login: str, password: str, status: int = 303) -> str:
    path = "/counter/sign-in"
    answer = await desk.send(path, path, {"login": login, "password": password}, status=status)
    return str(answer.headers.get("Location", ""))


async def test_who_was_added_chooses_his_own_password_before_anything_else(
    desks: tuple[Desk, Desk], office: Office
) -> None:
    _, counter = desks
    form = StaffForm("hind", "Hind Alaoui", "هند العلوي", "clerk", GIVEN)
    await services.add(office, office.command(), form, NADIA)
    assert await knock(counter, "hind", GIVEN) == "/counter/new-password"
    for path in ("/counter", "/counter/password"):
        answer = await counter.client.get(path, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/counter/new-password")
    page = "/counter/new-password"
    await counter.send(page, page, {"password": GIVEN, "again": GIVEN}, status=422)
    answer = await counter.send(page, page, {"password": OTHER, "again": OTHER})
    assert answer.headers["Location"] == "/counter"
    assert "Hind Alaoui" in await counter.read("/counter")
    assert (await services.sign_in(office, "hind", OTHER)).temporary_ms is None


async def test_a_changed_password_ends_ones_other_sessions_and_nobody_elses(
    desks: tuple[Desk, Desk], office: Office
) -> None:
    supervisor, _ = desks
    async with (
        second(supervisor, "salma") as salma,
        second(supervisor, "salma") as left,
        second(supervisor, "youssef") as youssef,
    ):
        page = "/counter/password"
        await salma.send(page, page, {"now": "not-hers-at-all", "password": OTHER, "again": OTHER}, status=422)
        assert not await is_out(left, "counter")
        await salma.send(page, page, {"now": PASSWORD, "password": OTHER, "again": OTHER})
        assert "changé" in await salma.read(f"{page}?done=1")
        assert await is_out(left, "counter")
        assert not await is_out(youssef, "authority")
    assert (await services.sign_in(office, "salma", OTHER)).login == "salma"


async def test_a_supervisor_gives_who_forgot_a_password_for_one_sign_in(
    desks: tuple[Desk, Desk], office: Office
) -> None:
    supervisor, counter = desks
    await counter.sign_in("salma", "counter")
    people = "/admin/people"
    await supervisor.send(people, f"{people}/password", {"login": "salma", "password": "court"}, status=422)
    await supervisor.send(people, f"{people}/password", {"login": "nadia", "password": GIVEN}, status=403)
    await supervisor.send(people, f"{people}/password", {"login": "salma", "password": GIVEN})
    page = await supervisor.read(people)
    assert GIVEN not in page
    assert await knock(counter, "salma", GIVEN) == "/counter/new-password"
