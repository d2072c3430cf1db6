"""Who works here: added, gone, back again, standing in for another; and what ends at once."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from edge.services import decisions, people
from edge.services import staff as services
from edge.services.office import Office
from edge.services.people import DelegationForm
from protocol.errors import PersonError
from protocol.office.calendar import local_date
from protocol.office.events import Actor
from protocol.records.keys import SigningKey
from tests.edge.web import staff
from tests.edge.web.paired import held
from tests.edge.web.staff import PASSWORD, Desk, at_work
from tests.edge.web.support import Clock

PAGE = "/admin/people"
DAY = 86_400_000


@pytest.fixture
async def supervisor(office: Office) -> AsyncIterator[Desk]:
    await staff.hire(office)
    async with at_work(office, "nadia") as desk:
        yield desk


Opens = Callable[[str], Awaitable[Desk]]


@pytest.fixture
async def browsers(supervisor: Desk) -> AsyncIterator[Opens]:
    """Opens further browsers at the same appliance, each signed in."""
    async with AsyncExitStack() as stack:

        async def opens(login: str) -> Desk:
            return await stack.enter_async_context(second(supervisor, login))

        yield opens


async def act(desk: Desk, name: str, login: str, status: int = 303) -> Any:
    return await desk.send(PAGE, f"{PAGE}/{name}", {"login": login}, status=status)


def days(office: Office, first: int, last: int) -> dict[str, str]:
    today = local_date(office.now())
    return {"first": (today + timedelta(first)).isoformat(), "last": (today + timedelta(last)).isoformat()}


async def stand_in(
    desk: Desk, office: Office, login: str, begins: int, ends: int, status: int = 303, **more: str
) -> None:
    fields = {"deputy": login, "given": "authority", **days(office, begins, ends), **more}
    await desk.send(PAGE, f"{PAGE}/delegate", fields, status=status)


async def test_somebody_is_added_and_signs_in(supervisor: Desk, office: Office) -> None:
    fields = {
        "login": "Hind", "name_fr": "Hind Alaoui", "name_ar": "هند العلوي", "role": "clerk", "language": "fr",
        "password": "une longue phrase",
    }  # fmt: skip
    await supervisor.send(PAGE, f"{PAGE}/add", {**fields, "password": "court"}, status=422)
    await supervisor.send(PAGE, f"{PAGE}/add", fields)
    assert "Hind Alaoui" in await supervisor.read(PAGE)
    hind = await services.sign_in(office, "hind", "une longue phrase")
    assert (hind.role, hind.temporary_ms) == ("clerk", office.now())
    assert (await supervisor.send(PAGE, f"{PAGE}/add", fields, status=409)).status == 409


@asynccontextmanager
async def second(desk: Desk, login: str) -> AsyncIterator[Desk]:
    """Another browser at the same appliance, signed in."""
    client: TestClient[Any, Any] = TestClient(desk.client.server, cookies=held())
    try:
        yield await Desk(client).sign_in(login)
    finally:
        await client.session.close()  # the server is the first browser's


async def is_out(desk: Desk, area: str) -> bool:
    answer = await desk.client.get(f"/{area}", allow_redirects=False)
    return answer.status == 303 and answer.headers["Location"].startswith(f"/{area}/sign-in")


async def test_who_has_left_is_out_at_once_and_comes_in_nowhere(
    supervisor: Desk, office: Office, browsers: Opens
) -> None:
    clerk = await browsers("salma")
    assert not await is_out(clerk, "counter")
    await act(supervisor, "end", "salma")
    assert await is_out(clerk, "counter")
    form = {"login": "salma", "password": PASSWORD}
    await clerk.send("/counter/sign-in", "/counter/sign-in", form, status=403)
    with pytest.raises(PersonError) as refused:
        await services.by_login(office, "salma")
    assert refused.value.status == 401
    await act(supervisor, "resume", "salma")
    await clerk.sign_in("salma")
    assert not await is_out(clerk, "counter")


async def test_who_left_a_tablet_on_a_table_is_signed_out_everywhere_and_may_sign_in_again(
    supervisor: Desk, browsers: Opens
) -> None:
    tablet = await browsers("youssef")
    await act(supervisor, "sign-out", "youssef")
    assert await is_out(tablet, "authority")
    assert not await is_out(await tablet.sign_in("youssef"), "authority")


async def test_a_deputy_decides_on_the_days_that_were_given_to_him_and_on_no_other(
    supervisor: Desk, office: Office, clock: Clock, browsers: Opens
) -> None:
    form = {"login": "salma", "password": PASSWORD}
    await stand_in(supervisor, office, "salma", 1, 2)
    clerk = await browsers("salma")
    await clerk.send("/authority/sign-in", "/authority/sign-in", form, status=403)
    clock.ms += DAY
    await clerk.sign_in("salma", "authority")
    assert not await is_out(clerk, "authority")
    known = await services.by_login(office, "salma")
    await decisions.enrol_key(office, office.command(), known, SigningKey(b"d" * 32).public)
    clock.ms += 2 * DAY
    assert await is_out(clerk, "authority"), "the day after the last"
    with pytest.raises(PersonError):
        await decisions.enrol_key(office, office.command(), known, SigningKey(b"d" * 32).public)
    await clerk.sign_in("salma")
    assert not await is_out(clerk, "counter"), "her own work goes on"


async def test_standing_in_is_ended_before_its_day(supervisor: Desk, office: Office, browsers: Opens) -> None:
    await stand_in(supervisor, office, "salma", 0, 9)
    deputy = await browsers("salma")
    await deputy.sign_in("salma", "authority")
    await act(supervisor, "end-delegation", "salma")
    assert await is_out(deputy, "authority")
    form = {"login": "salma", "password": PASSWORD}
    await deputy.send("/authority/sign-in", "/authority/sign-in", form, status=403)


async def test_days_that_are_none_past_turned_round_or_too_many_are_refused(supervisor: Desk, office: Office) -> None:
    for first, last in ((-1, 3), (3, 2), (0, people.LONGEST_DAYS)):
        await stand_in(supervisor, office, "salma", first, last, 422)
    await stand_in(supervisor, office, "salma", 0, 1, 422, first="yesterday")
    await stand_in(supervisor, office, "salma", 0, 1, 422, given="admin")
    await stand_in(supervisor, office, "youssef", 0, 1, 422)
    await stand_in(supervisor, office, "nobody", 0, 1, 404)
    await stand_in(supervisor, office, "salma", 0, people.LONGEST_DAYS - 1)


async def test_nobody_raises_himself_and_the_last_supervisor_stays(supervisor: Desk, office: Office) -> None:
    await stand_in(supervisor, office, "nadia", 0, 1, 403)
    await act(supervisor, "end", "karim")
    await act(supervisor, "resume", "karim")
    async with at_work(office, "karim") as administrator:
        assert 'action="/admin/people/delegate"' not in await administrator.read(PAGE)
        by = Actor(role="admin", id="karim", name="Karim Idrissi")
        with pytest.raises(PersonError) as refused:
            await people.delegate(office, office.command(), DelegationForm("salma", "authority", "", ""), by)
        assert refused.value.status == 403
        page = await act_without_button(administrator, "end", "nadia")
        assert "dernier superviseur" in page
        page = await act_without_button(administrator, "end", "karim")
        assert "personne ne le fait pour soi" in page


async def act_without_button(desk: Desk, name: str, login: str) -> str:
    """The page has no such button, or another's: somebody writes the request himself."""
    answer = await act(desk, "sign-out", "youssef")
    assert answer.status == 303
    page = await desk.read(PAGE)
    hidden = dict(re.findall(r'<input type="hidden" name="(csrf|command)" value="([^"]*)"', page))
    response = await desk.client.post(f"{PAGE}/{name}", data={**hidden, "login": login})
    assert response.status in (403, 409)
    return html.unescape(await response.text())


async def test_an_agent_who_is_no_supervisor_or_administrator_does_not_see_the_page(
    supervisor: Desk, browsers: Opens
) -> None:
    clerk = await browsers("salma")
    assert (await clerk.client.get(PAGE, allow_redirects=False)).status == 303
