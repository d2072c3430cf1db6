"""A new device becomes a screen of the annexe, and a lost one is out at once: before both screens, in real browsers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from launcher.stage import Stage
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")
NAMES = {"ar": "الشباك 2", "fr": "Guichet 2"}


def administration(screens: Screens, language: str) -> Screen:
    """A supervisor at the page of screens."""
    desk = screens.desk(language)
    desk.sign_in(screens.agent("supervisor"), "admin")
    desk.press("Screens")
    desk.arrive("/admin/screens")
    return desk


def invite(desk: Screen, kind: str, name: str) -> str:
    """Make a code; what the page shows of it."""
    desk.page.check(f"[name=kind][value={kind}]")
    desk.page.fill("#field-name", name)
    desk.press("Make a code")
    desk.shows("The code is made: type it on the new screen, or photograph its picture there.")
    return desk.page.locator("[data-code]").inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_device_is_paired_and_removed_before_both_screens(screens: Screens, language: str) -> None:
    desk, name = administration(screens, language), NAMES[language]
    desk.shows("No screen waits. Make a code below, then type it on the new screen.")
    desk.look("admin-screens")
    desk.press("Make a code")
    expect(desk.page.locator("[aria-invalid=true], .wrong")).not_to_have_count(0)
    desk.look("admin-screens-errors", picture=False)
    code = invite(desk, "counter", name)
    desk.look("admin-screens-code")

    device = screens.stranger(language)
    device.open("/counter")
    device.arrive("/pair")
    device.look("pair")
    device.type(code="1234")
    device.page.keyboard.press("Enter")
    device.shows("This is not the code. Look at it again, and type all eight signs.")
    device.look("pair-wrong", picture=False)
    device.type(code=code.lower())
    device.page.keyboard.press("Enter")
    device.shows("This screen waits")
    device.look("pair-waits")

    desk.shows("a device has come")  # by itself, as the supervisor stands there
    desk.look("admin-screens-confirm")
    desk.press("Confirm this screen")
    desk.shows("The screen is paired.")
    device.arrive("/counter/sign-in*")  # by itself too
    device.sign_in(screens.agent("clerk"), "counter")
    expect(device.page.locator("#queue")).to_be_visible()

    row = desk.page.locator(f"tr[data-screen='{name}']")
    row.locator("summary").first.click()
    row.locator("[name=name]").fill(f"{name} B")
    desk.page.keyboard.press("Enter")
    desk.shows("The screen has its new name.")
    row = desk.page.locator(f"tr[data-screen='{name} B']")
    row.locator("summary").last.click()
    desk.look("admin-screens-remove", picture=False)
    row.locator("form[action$=remove] button").click()
    desk.shows("The screen is removed: it shows nothing any more, and whoever sat there is signed out.")
    expect(row).to_have_count(0)
    device.arrive("/pair")  # nothing of the queue stays on it


def test_an_address_made_at_the_appliance_opens_its_screen_each_time(screens: Screens, stage: Stage) -> None:
    addresses = stage.invite()
    device = screens.stranger("fr")
    for _ in range(2):
        for kind in ("kiosk", "display"):  # one browser may be several screens, as in the demo
            device.page.goto(addresses[kind])
            device.arrive(f"/{kind}")
    other = screens.stranger("fr")
    other.page.goto(addresses["kiosk"])
    other.shows("This code is not known any more. Ask for another one: each works once, and for some minutes.")
    other.look("pair-spent", picture=False)
    assert "#" not in other.page.url
