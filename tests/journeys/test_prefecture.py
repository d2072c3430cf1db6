"""An officer of the prefecture: what arrived from the annexes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_reads_what_arrived(screens: Screens, backstage: Backstage, language: str) -> None:
    person = backstage.with_account()
    backstage.decided(person, "refused")
    reference = backstage.reference(person)
    desk = screens.prefecture(language)
    desk.open("/prefecture")
    desk.arrive("/prefecture/sign-in*")
    desk.look("prefecture-sign-in")
    desk.type(login="karim", password="guessed")
    desk.page.click("main button[type=submit]")
    expect(desk.page.locator("main .notice.refused, main .error").first).to_be_visible()
    desk.look("prefecture-sign-in-wrong", picture=False)
    desk.sign_in(screens.agent("officer"), "prefecture")
    expect(desk.page.locator("main")).to_contain_text("berkane-05")
    desk.look("prefecture-annexes")
    backstage.until(lambda: arrived(desk, reference))
    desk.forgive()  # what has not arrived yet is answered by 404
    expect(desk.page.locator("main")).to_contain_text(reference)
    desk.look("prefecture-request")
    desk.open("/prefecture/requests")
    desk.look("prefecture")
    assert not arrived(desk, "B05-00000-0000")
    desk.forgive()
    desk.look("prefecture-no-reference", picture=False)
    desk.open("/prefecture/requests?state=lapsed")
    desk.look("prefecture-nothing")
    desk.open("/prefecture/catalogue")
    desk.look("prefecture-catalogue")


def arrived(desk: Screen, reference: str) -> bool:
    """Whether a search by the reference leads to a request that is refused."""
    desk.open("/prefecture/requests")
    desk.type(reference=reference)
    with desk.page.expect_navigation():
        desk.page.click("form[role=search] button")
    return "/requests/" in desk.path and desk.page.locator('[data-state="refused"]').count() > 0


@pytest.mark.parametrize("path", ["/prefecture", "/prefecture/requests"])
def test_nobody_else_reads_it(screens: Screens, path: str) -> None:
    desk = screens.prefecture("fr")
    desk.open(path)
    desk.arrive("/prefecture/sign-in*")
    clerk = screens.agent("clerk")
    desk.type(login=clerk.login, password=clerk.password)
    desk.page.click("main button[type=submit]")
    expect(desk.page.locator("[name=password]")).to_be_visible()
    expect(desk.page.locator("main .notice.refused, main .error").first).to_be_visible()
