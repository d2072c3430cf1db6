"""A citizen alone at the kiosk: an account, a request, a receipt; then he leaves, and nothing of him stays."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO

import pytest
import zxingcpp
from playwright.sync_api import expect
from pypdf import PdfReader

from launcher.people import Person
from tests.journeys.backstage import Backstage
from tests.journeys.pictures import taken
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")
REFERENCE = re.compile(r"B05-[0-9A-Z]{5}-[0-9A-Z]{5}")
STORED = """async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
  (await caches.keys()).length, document.cookie]"""
NOTHING = [0, 0, 0, 0, ""]


def open_account(kiosk: Screen, person: Person) -> None:
    """Answer one question after another, looking at each."""
    kiosk.open("/kiosk/sign-in")
    kiosk.look("kiosk-sign-in")
    kiosk.press("Open my account")
    kiosk.arrive("/kiosk/account/new/notice")
    kiosk.look("kiosk-account-1-notice")
    kiosk.page.click("footer button.wide")
    born = date.fromisoformat(person.birth_date).strftime("%d/%m/%Y")
    questions = {
        "card": {"cnie": person.cnie.lower()},
        "name": {"name_ar": person.name_ar, "name_fr": person.name_fr},
        "birth": {"birth_date": born},
        "address": {"address": person.address},
        "phone": {"phone": person.phone},
    }
    for number, (step, answers) in enumerate(questions.items(), 2):
        kiosk.arrive(f"/kiosk/account/new/{step}")
        kiosk.look(f"kiosk-account-{number}-{step}")
        kiosk.type(**answers)
        kiosk.press("Continue")
    kiosk.arrive("/kiosk/account/new/check")
    kiosk.look("kiosk-account-7-check")
    kiosk.page.click("footer .wide")
    kiosk.arrive("/kiosk/account/new/pin")
    kiosk.look("kiosk-account-8-pin")
    kiosk.type(pin=person.pin, pin_again=person.pin)
    kiosk.press("Open my account")


def ask_for_certificate(kiosk: Screen) -> None:
    """Answer the catalogue's questions, looking at each, and send."""
    page = kiosk.page
    kiosk.arrive("/kiosk/request/residence-autorite-locale/questions/occupation")
    kiosk.look("kiosk-request-1-occupation")
    page.check("[value=locataire]")
    kiosk.press("Continue")
    kiosk.arrive("*/questions/depuis")
    kiosk.type(depuis="9/2019")
    kiosk.look("kiosk-request-2-since")
    kiosk.press("Continue")
    kiosk.arrive("*/questions/motif")
    page.check("[value=scolarite]")
    kiosk.look("kiosk-request-3-purpose")
    kiosk.press("Continue")
    kiosk.arrive("*/questions/repere")
    kiosk.look("kiosk-request-4-landmark")
    kiosk.press("Continue")
    kiosk.arrive("*/check")
    kiosk.look("kiosk-request-5-check")
    kiosk.press("Send my request")


def sign_in(kiosk: Screen, person: Person) -> None:
    """Sign in with card and PIN."""
    kiosk.open("/kiosk/sign-in")
    kiosk.type(cnie=person.cnie, pin=person.pin)
    kiosk.press("Sign in")
    kiosk.arrive("/kiosk/account*")


def names_nobody(kiosk: Screen, person: Person) -> None:
    """Assert that the page holds nothing of a person."""
    shown = kiosk.page.content()
    held = (person.name_ar, person.name_fr, person.cnie, person.address, person.phone)
    assert not [text for text in held if text in shown], kiosk.path


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizen_asks_alone_and_leaves_nothing_behind(screens: Screens, backstage: Backstage, language: str) -> None:
    person, kiosk = backstage.person(), screens.kiosk(language)
    kiosk.open("/kiosk/procedures/residence-autorite-locale")
    kiosk.press("Begin my request")
    kiosk.arrive("/kiosk/sign-in*")
    open_account(kiosk, person)
    ask_for_certificate(kiosk)

    kiosk.arrive("/kiosk/receipt/*")
    reference = REFERENCE.search(kiosk.page.inner_text(".receipt"))
    assert reference
    kiosk.look("kiosk-receipt")
    kiosk.press("Print the receipt")
    kiosk.shows("Your receipt comes out of the printer. Take it with you.")
    kiosk.look("kiosk-receipt-printed", picture=False)
    receipt = kiosk.path
    code = zxingcpp.read_barcodes(taken(kiosk.page))
    assert [found.text for found in code] == [f"{kiosk.site}/kiosk/follow/{reference[0]}"]

    pdf = kiosk.context.request.get(kiosk.site + str(kiosk.page.get_attribute("a[href$='receipt.pdf']", "href")))
    assert pdf.headers["content-type"] == "application/pdf"
    assert reference[0] in "".join(page.extract_text() for page in PdfReader(BytesIO(pdf.body())).pages)

    kiosk.open("/kiosk/account")
    kiosk.look("kiosk-account")
    kiosk.page.click(f"a[href*='/kiosk/account/requests/']:has-text('{reference[0]}')")
    kiosk.arrive("/kiosk/account/requests/*")
    kiosk.look("kiosk-account-request")
    session = {cookie["value"] for cookie in kiosk.context.cookies() if cookie["name"] == "mulhaqa"}

    kiosk.press("Sign out")
    kiosk.arrive("/kiosk?bye=1")
    kiosk.look("kiosk-signed-out")
    names_nobody(kiosk, person)
    assert kiosk.page.evaluate(STORED) == NOTHING
    kept = {cookie["value"] for cookie in kiosk.context.cookies() if cookie["name"] == "mulhaqa"}
    assert session
    assert not session & kept
    kiosk.page.go_back(wait_until="load")
    names_nobody(kiosk, person)
    for path in (receipt, "/kiosk/account", "/kiosk/account/requests/x", f"{receipt}/receipt.pdf"):
        kiosk.open(path)
        names_nobody(kiosk, person)
        assert reference[0] not in kiosk.page.content()
    kiosk.open(f"/kiosk/follow/{reference[0]}")
    names_nobody(kiosk, person)
    expect(kiosk.page.locator("[data-state=submitted]")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_without_requests_says_what_to_do(screens: Screens, backstage: Backstage, language: str) -> None:
    kiosk = screens.kiosk(language)
    sign_in(kiosk, backstage.with_account(phone=""))
    kiosk.shows("You have not asked for anything yet.")
    kiosk.look("kiosk-account-empty")
    kiosk.open("/kiosk")
    kiosk.look("kiosk-home-signed-in", picture=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_idle_kiosk_warns_then_forgets(screens: Screens, backstage: Backstage, language: str) -> None:
    person, kiosk = backstage.with_account(), screens.kiosk(language)
    kiosk.page.clock.install()
    sign_in(kiosk, person)
    warning = kiosk.page.locator("[data-idle]")
    kiosk.page.clock.fast_forward(55_000)
    expect(warning).to_be_hidden()
    kiosk.page.clock.fast_forward(6_000)
    expect(warning).to_be_visible()
    expect(kiosk.page.locator("[data-stay]")).to_be_focused()
    kiosk.look("kiosk-idle")
    with kiosk.page.expect_response("**/kiosk/stay") as told:
        kiosk.press("I am still here")
    assert told.value.status == 204
    expect(warning).to_be_hidden()
    kiosk.page.clock.fast_forward(61_000)
    expect(warning).to_be_visible()
    kiosk.page.clock.fast_forward(30_000)
    kiosk.arrive("/kiosk")
    names_nobody(kiosk, person)
    kiosk.open("/kiosk/account")
    kiosk.arrive("/kiosk/sign-in*")
    kiosk.page.go_back(wait_until="load")
    names_nobody(kiosk, person)
    assert kiosk.page.evaluate(STORED) == NOTHING


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_session_that_ended_is_said(screens: Screens, backstage: Backstage, language: str) -> None:
    kiosk = screens.kiosk(language)
    sign_in(kiosk, backstage.with_account())
    kiosk.open("/kiosk/request/residence-autorite-locale/questions/occupation")
    kiosk.page.check("[value=locataire]")
    kiosk.lose_session()
    kiosk.press("Continue")
    kiosk.shows("Your session has ended, to protect you. Nothing was sent. Please begin again.")
    kiosk.look("kiosk-session-over")
