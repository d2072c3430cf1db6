"""Signing in at the staff screens: who gets in where, what is said to the others, and what an ended session finds."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator

import pytest

from edge.services.attempts import ALLOWED
from edge.services.office import Office
from tests.edge.web import staff
from tests.edge.web.staff import AGENTS, AREAS, PASSWORD, Desk
from tests.edge.web.support import Clock

MINUTE = 60_000


@pytest.fixture
async def door(office: Office) -> AsyncIterator[Desk]:
    """A browser where nobody has signed in."""
    await staff.hire(office)
    async with staff.at_work(office) as desk:
        yield desk


async def knock(desk: Desk, login: str, password: str, status: int, area: str = "counter") -> str:
    path = f"/{area}/sign-in"
    answer = await desk.send(path, path, {"login": login, "password": password}, status=status)
    return html.unescape(await answer.text())


async def test_a_wrong_login_and_a_wrong_password_hear_the_same_sentence(door: Desk) -> None:
    wrong_password = await knock(door, "salma", "not-hers-at-all", 401)
    wrong_login = await knock(door, "nobody", PASSWORD, 401)
    sentence = 'id="error-password"'
    assert wrong_password.split(sentence)[1][:300] == wrong_login.split(sentence)[1][:300]


async def test_the_login_is_kept_and_the_password_is_not(door: Desk) -> None:
    page = await knock(door, "salma", "not-hers-at-all", 401)
    assert 'value="salma"' in page
    assert "not-hers-at-all" not in page


async def test_a_login_is_locked_after_too_many_failures(door: Desk, clock: Clock) -> None:
    for _ in range(ALLOWED):
        await knock(door, "salma", "not-hers-at-all", 401)
    await knock(door, "salma", PASSWORD, 429)
    await knock(door, "youssef", PASSWORD, 303, "authority")


@pytest.mark.parametrize("login", AGENTS)
@pytest.mark.parametrize("area", ["counter", "authority", "admin"])
async def test_each_role_enters_its_own_screens_only(door: Desk, login: str, area: str) -> None:
    own = {"nadia": {"counter", "admin"}}.get(login, {AREAS[login]})
    await knock(door, login, PASSWORD, 303 if area in own else 403, area)
    answer = await door.client.get(f"/{area}", allow_redirects=False)
    assert answer.status == (200 if area in own else 303)


@pytest.mark.parametrize("path", ["/counter", "/counter/new-account", "/authority", "/admin"])
async def test_whoever_is_not_signed_in_is_led_to_the_door_and_back(door: Desk, path: str) -> None:
    answer = await door.client.get(path, allow_redirects=False)
    assert answer.status == 303
    area = path.split("/")[1]
    assert answer.headers["Location"] == f"/{area}/sign-in?next={path}"
    login = {"counter": "salma", "authority": "youssef", "admin": "karim"}[area]
    sent = await door.send(f"/{area}/sign-in?next={path}", f"/{area}/sign-in", {"login": login, "password": PASSWORD})
    assert sent.headers["Location"] == path


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "/admin", "/counterfeit", "/counter\\..\\x"]
)
async def test_nobody_is_sent_out_of_the_screen_after_signing_in(door: Desk, place: str) -> None:
    sent = await door.send(
        "/counter/sign-in", "/counter/sign-in", {"login": "salma", "password": PASSWORD, "next": place}
    )
    assert sent.headers["Location"] == "/counter"


async def test_an_ended_session_is_told_so_and_leads_back(door: Desk, clock: Clock) -> None:
    await door.sign_in("salma")
    clock.ms += 16 * MINUTE
    answer = await door.client.get("/counter/new-account")
    page = html.unescape(await answer.text())
    assert answer.status == 401
    assert "Votre session" in page
    assert 'name="next" value="/counter/new-account"' in page


async def test_a_form_sent_after_the_session_ended_changes_nothing(door: Desk, clock: Clock) -> None:
    await door.sign_in("salma")
    page = await (await door.client.get("/counter/new-account")).text()
    csrf = page.split('name="csrf" value="')[1][:64]
    clock.ms += 16 * MINUTE
    data = staff.PERSON | {"csrf": csrf, "command": "ab" * 16}
    answer = await door.client.post("/counter/new-account", data=data, allow_redirects=False)
    assert answer.status == 401
    await door.sign_in("salma")
    found = await door.send("/counter", "/counter/search", {"q": "FA123456"}, status=200)
    assert "Aucune personne trouvée" in await found.text()


async def test_signing_out_ends_the_session_and_keeps_the_agents_key_in_the_browser(door: Desk) -> None:
    await door.sign_in("youssef")
    left = await door.send("/authority", "/authority/sign-out")
    assert "storage" not in left.headers["Clear-Site-Data"]
    assert (await door.client.get("/authority", allow_redirects=False)).status == 303
