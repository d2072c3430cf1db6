"""The first morning of an annexe: nothing was ever filed here, and every screen says what to do all the same.

These run before the other journeys: conftest.py puts this file first.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.screen import Screens

LANGUAGES = ("ar", "fr")


def test_the_display_says_that_nothing_is_ready(screens: Screens) -> None:
    wall = screens.wall()
    wall.open("/display")
    expect(wall.page.locator(".nothing")).to_be_visible()
    wall.look("display-empty")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_counter_asks_who_is_there(screens: Screens, language: str) -> None:
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.look("counter-empty")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tablet_waits_for_requests(screens: Screens, language: str) -> None:
    desk = screens.desk(language)
    desk.sign_in(screens.agent("authority"), "authority")
    desk.shows("Nothing waits for your decision.")
    expect(desk.page.locator("[data-authority]")).to_have_attribute(
        "data-key-state", {"ar": "enrolled"}.get(language, "elsewhere")
    )
    desk.look("authority-empty" if language == "ar" else "authority-key-elsewhere")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_appliance_has_sent_nothing(screens: Screens, language: str) -> None:
    desk = screens.desk(language)
    desk.sign_in(screens.agent("admin"), "admin")
    desk.shows("No message yet.")
    desk.look("admin-empty")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_kiosk_is_open(screens: Screens, language: str) -> None:
    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk")
    kiosk.look("kiosk-home", picture=False)
