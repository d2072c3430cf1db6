"""The kiosk before anybody signed in: its doors, the guide, the pages of procedures, following by receipt."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from central.catalogue_files import FOLDER
from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screens

LANGUAGES = ("ar", "fr")
SLIPS = {"ar": "شهاده السكنا", "fr": "rezidence"}
PROCEDURES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
PICTURED = {"residence-police", "vie-individuelle", "passeport-mineur", "non-divorce-veuvage"}
RESIDENCE = "/kiosk/procedures/residence-autorite-locale"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_forgives_a_spelling_slip(screens: Screens, language: str) -> None:
    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk")
    kiosk.look("kiosk-home")
    kiosk.type(q=SLIPS[language])
    kiosk.press("Search")
    kiosk.arrive("/kiosk/guide*")
    kiosk.look("kiosk-guide-search")
    kiosk.page.click(f"a[href='{RESIDENCE}']")
    kiosk.arrive(RESIDENCE)
    kiosk.look("kiosk-procedure")
    expect(kiosk.page.locator("footer a.button")).to_have_attribute("href", "/kiosk/request/residence-autorite-locale")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_procedure_says_what_can_be_done(screens: Screens, language: str) -> None:
    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk/guide")
    kiosk.look("kiosk-guide")
    for name in PROCEDURES:
        kiosk.open(f"/kiosk/procedures/{name}")
        kiosk.look(f"kiosk-procedure-{name}", picture=name in PICTURED)
    kiosk.open("/kiosk/guide?q=xyzzy")
    kiosk.look("kiosk-guide-nothing")
    kiosk.open("/kiosk/guide?for=request")
    kiosk.look("kiosk-guide-request", picture=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_alone_shows_the_state_and_nobody(screens: Screens, backstage: Backstage, language: str) -> None:
    person = backstage.with_account()
    backstage.filed(person)
    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk/follow")
    kiosk.look("kiosk-follow")
    kiosk.type(reference="B05-AAAAA-AAAAA")
    kiosk.press("Show the state")
    expect(kiosk.page.locator("[aria-invalid=true]")).to_be_visible()
    kiosk.look("kiosk-follow-unknown")
    kiosk.type(reference=backstage.reference(person).lower())
    kiosk.press("Show the state")
    kiosk.arrive("/kiosk/follow/B05-*")
    expect(kiosk.page.locator("[data-state=submitted]")).to_be_visible()
    shown = kiosk.page.content()
    assert not [text for text in (person.name_ar, person.name_fr, person.cnie, person.address) if text in shown]
    kiosk.look("kiosk-follow-state")


@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_can_be_called_from_every_page(screens: Screens, language: str) -> None:
    kiosk, counter = screens.kiosk(language), screens.desk(language)
    counter.sign_in(screens.agent("clerk"), "counter")
    expect(counter.page.locator(".calls")).not_to_have_class("calls ringing")
    kiosk.open("/kiosk/guide")
    kiosk.press("Call someone")
    kiosk.look("kiosk-called")
    expect(counter.page.locator(".calls")).to_have_class("calls ringing")
    counter.look("counter-call")
    counter.page.keyboard.press("F9")
    expect(counter.page.locator(".calls")).not_to_have_class("calls ringing")
    kiosk.press("Go on meanwhile")
    kiosk.arrive("/kiosk/guide")


def test_listening_where_there_is_no_voice_says_so(screens: Screens) -> None:
    kiosk = screens.kiosk("fr")
    kiosk.open("/kiosk")
    kiosk.press("Listen")
    expect(kiosk.page.locator("[data-listen-says]")).to_be_visible()
    kiosk.look("kiosk-listen", picture=False)


def test_tamazight_is_offered_at_the_kiosk(screens: Screens) -> None:
    kiosk = screens.kiosk("zgh")
    kiosk.open("/kiosk")
    kiosk.look("kiosk-home")
