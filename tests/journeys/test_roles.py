"""Who may open what: each staff screen is for its roles alone, and a session that ended leads back to the door."""

from __future__ import annotations

from itertools import product

import pytest
from playwright.sync_api import expect

from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screens

LANGUAGES = ("ar", "fr")
MAY = {"counter": {"clerk", "supervisor"}, "authority": {"authority"}, "admin": {"admin", "supervisor"}}
ROLES = ("clerk", "authority", "supervisor", "admin")
WRONG = [(area, role) for area, role in product(MAY, ROLES) if role not in MAY[area]]
NO_RIGHT = "This login has no right to this screen. Use the screen of your role, or ask the supervisor."


@pytest.mark.parametrize(("area", "role"), WRONG)
def test_a_screen_is_not_for_another_role(screens: Screens, area: str, role: str) -> None:
    desk, agent = screens.desk("fr"), screens.agent(role)
    desk.open(f"/{area}/sign-in")
    desk.type(login=agent.login, password=agent.password)
    desk.page.click("main button[type=submit]")
    desk.shows(NO_RIGHT)
    desk.open(f"/{area}")
    desk.arrive(f"/{area}/sign-in*")
    expect(desk.page.locator("[name=password]")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", MAY)
def test_the_doors_say_what_was_wrong(screens: Screens, area: str, language: str) -> None:
    desk = screens.desk(language)
    desk.open(f"/{area}")
    desk.arrive(f"/{area}/sign-in*")
    desk.look(f"{area}-sign-in")
    agent = screens.agent("clerk" if area != "counter" else "admin")
    desk.type(login=agent.login, password=agent.password)
    desk.page.click("main button[type=submit]")
    desk.shows(NO_RIGHT)
    desk.look(f"{area}-sign-in-other-role", picture=False)
    desk.type(login="nobody", password="nothing at all")
    desk.page.click("main button[type=submit]")
    expect(desk.page.locator("main .notice.refused, main .error").first).to_be_visible()
    desk.look(f"{area}-sign-in-wrong", picture=area == "counter")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ended_session_leads_to_the_door_with_a_sentence(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    case = backstage.filed(backstage.with_account())
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.open(f"/counter/request/{case}")
    desk.lose_session()
    desk.page.keyboard.press("F6")
    desk.shows("Your session has ended, to protect you. Nothing was sent. Please begin again.")
    desk.look("counter-session-over", picture=False)
    desk.lose_session()
    answer = desk.open(f"/counter/request/{case}")
    desk.arrive("/counter/sign-in*")
    assert answer.status == 401
    desk.shows("Your session has ended, to protect you. Nothing was sent. Please begin again.")
    desk.look("counter-sign-in-over")
    agent = screens.agent("clerk")
    desk.type(login=agent.login, password=agent.password)
    desk.page.click("main button[type=submit]")
    desk.arrive(f"/counter/request/{case}")


def test_one_screens_session_is_nobody_at_another(screens: Screens) -> None:
    desk = screens.desk("fr")
    desk.sign_in(screens.agent("clerk"), "counter")
    [held] = [cookie for cookie in desk.context.cookies() if cookie["name"] == "mulhaqa"]
    for area in ("authority", "admin", "kiosk"):
        desk.context.add_cookies(
            [{"name": "mulhaqa", "value": held["value"], "domain": held["domain"], "path": f"/{area}"}]
        )
    for path in ("/authority", "/admin", "/kiosk/account"):
        desk.open(path)
        desk.arrive(f"/{path.split('/')[1]}/sign-in*")


def test_signing_out_leaves_the_agents_key_and_nothing_else(screens: Screens) -> None:
    desk = screens.desk("fr")
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.press("Sign out")
    desk.arrive("/counter/sign-in*")
    desk.page.go_back(wait_until="load")
    desk.arrive("/counter/sign-in*")
