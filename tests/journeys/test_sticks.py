"""A USB stick's way to the prefecture and back, as a visitor of the demonstration walks it: a folder plays it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from launcher.stage import ANNEXE, STICK, Stage
from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")


def done(desk: Screen, doing: str) -> None:
    """Wait until a stick was written or read whole."""
    expect(desk.page.locator(f"[data-stick='{doing}:done']")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stick_goes_to_the_prefecture_and_back(
    screens: Screens, stage: Stage, backstage: Backstage, language: str
) -> None:
    backstage.filed(backstage.with_account())
    desk = screens.desk(language)
    desk.sign_in(screens.agent("admin"), "admin")
    section = desk.page.locator("#sticks")
    expect(section).to_contain_text(STICK)
    expect(section).to_contain_text(desk.say("a folder that plays a stick"))
    desk.press("Write for the prefecture")
    done(desk, "export")
    desk.shows("The stick was written.")
    assert list(stage.stick.glob("*.mulhaqa"))

    data = ("--data", str(stage.centre_data))
    assert f"export {ANNEXE}" in stage.command("central", "import", *data, str(stage.stick)).out
    stage.command("central", "export", *data, ANNEXE, str(stage.stick))

    desk.press("Read from the prefecture")
    done(desk, "import")
    desk.shows("The stick was read.")
    section.scroll_into_view_if_needed()
    desk.look("admin-stick")
