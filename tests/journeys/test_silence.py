"""Silence: the delay passes without an answer; citizen, counter, agent and prefecture see it. Nothing is granted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from launcher.people import Person, made_up, with_pins
from launcher.progress import Speaker
from launcher.stage import AGENTS, Stage, free_ports
from tests.journeys.conftest import MORE_AGENTS
from tests.journeys.long_ago import LongAgo
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")


@dataclass(frozen=True)
class Waiting:
    """Who waits, and for what."""

    stage: Stage
    person: Person
    case: str
    half: str
    soon: str
    lapsed: str


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    """An annexe of its own, whose past was written before it starts today."""
    stage = Stage(
        tmp_path_factory.mktemp("long-ago") / "stage",
        free_ports(),
        say=Speaker().step,
        settings=("--undo-seconds", "4"),
        agents=(*AGENTS, *MORE_AGENTS),
    )
    stage.make()
    chance = random.Random(11)
    people = with_pins(made_up(4, chance), chance)
    past = LongAgo(stage)
    cases = [past.waits(people[0], 62), past.waits(people[1], 50), past.waits(people[2], 35)]
    lapsed = past.asked_for_pieces(people[3], 62)
    try:
        stage.start()
        yield Waiting(stage, people[0], cases[0], soon=cases[1], half=cases[2], lapsed=lapsed)
    finally:
        stage.stop()


@pytest.fixture
def screens(waiting: Waiting, chromium: Browser) -> Iterator[Screens]:
    """Screens of that annexe and its prefecture."""
    opened = Screens.with_pictures(chromium, waiting.stage)
    try:
        yield opened
    finally:
        opened.close()


def is_silent(desk: Screen, waiting: Waiting) -> None:
    desk.open(f"/counter/request/{waiting.case}")
    expect(desk.page.locator("a[href$='/silence.pdf']")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_supervisor_sees_what_is_late_in_colour_and_word(screens: Screens, waiting: Waiting, language: str) -> None:
    desk = screens.desk(language)
    desk.sign_in(screens.agent("supervisor"), "counter")
    is_silent(desk, waiting)
    desk.shows("Late, or nearly")
    desk.shows("delay over")
    desk.shows("The delay has passed without an answer")
    desk.look("counter-silence")
    answer = desk.context.request.get(f"{desk.site}/counter/request/{waiting.case}/silence.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    desk.open(f"/counter/request/{waiting.soon}")
    desk.shows("answer soon")
    desk.open(f"/counter/request/{waiting.lapsed}")
    expect(desk.page.locator("[data-state=lapsed]").first).to_be_visible()
    desk.look("counter-lapsed", picture=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_agent_sees_what_presses_and_when_to_answer(screens: Screens, waiting: Waiting, language: str) -> None:
    tablet = screens.desk(language)
    tablet.sign_in(screens.agent("authority"), "authority")
    for word in ("half the delay used", "answer soon", "delay over"):
        expect(tablet.page.locator("#waiting")).to_contain_text(tablet.say(word))
    tablet.open(f"/authority/request/{waiting.case}")
    tablet.look("authority-late")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_citizen_is_told_and_has_a_proof(screens: Screens, waiting: Waiting, language: str) -> None:
    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk/sign-in")
    kiosk.type(cnie=waiting.person.cnie, pin=waiting.person.pin)
    kiosk.press("Sign in")
    kiosk.arrive("/kiosk/account*")
    kiosk.open(f"/kiosk/account/requests/{waiting.case}")
    kiosk.shows("Nobody answered in time")
    kiosk.look("kiosk-silence")
    answer = kiosk.context.request.get(f"{kiosk.site}/kiosk/account/requests/{waiting.case}/silence.pdf")
    assert answer.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_prefecture_reads_it_first(screens: Screens, waiting: Waiting, language: str) -> None:
    desk = screens.prefecture(language)
    desk.sign_in(screens.agent("officer"), "prefecture")
    desk.open("/prefecture/requests")
    expect(desk.page.locator("#requests .silence")).to_be_visible()
    desk.shows("Nobody answered in time")
    desk.look("prefecture-silence")
    desk.page.locator(".silence a").first.click()
    desk.shows("Nobody answered in time. The citizen holds a proof of it; nothing was granted by that.")
    desk.look("prefecture-dossier-silence", picture=False)
