"""The prefecture: an officer reads what arrived from the annexes, and anybody verifies a paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from launcher.people import Person
from tests.journeys.backstage import Backstage
from tests.journeys.papers import code_on
from tests.journeys.screen import PATIENCE, Screen, Screens

LANGUAGES = ("ar", "fr")
PAGES = ("/prefecture", "/prefecture/requests", "/prefecture/catalogue")


@pytest.fixture(scope="module")
def granted(backstage: Backstage) -> tuple[Person, bytes]:
    """Somebody who was granted a certificate, and his certificate."""
    person = backstage.with_account()
    case = backstage.decided(person, "approved")
    backstage.until(lambda: backstage.counter.offers(case, "ready"))
    return person, backstage.counter.certificate(case)


def until_shown(desk: Screen, reference: str, *, state: str) -> None:
    """Find a request by its reference until it has arrived, in a state."""
    for _ in range(60):
        desk.open("/prefecture/requests")
        desk.type(reference=reference)
        with desk.page.expect_navigation():
            desk.press("Find the request")
        if desk.page.locator(f"[data-state={state}]").count():
            return
    raise AssertionError(f"{reference} never arrived")


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
    desk.page.click("summary")
    desk.look("prefecture-annexe-log", picture=False)
    until_shown(desk, reference, state="refused")
    name = desk.tongue.choose(person.name_ar, person.name_fr)
    expect(desk.page.locator("main")).to_contain_text(name)
    desk.shows("The agent's signature holds, over this very decision; the annexe vouches for his key.")
    desk.look("prefecture-dossier")
    desk.open("/prefecture/requests")
    expect(desk.page.locator("#requests")).to_contain_text(reference)
    desk.look("prefecture")
    desk.open("/prefecture/requests?state=lapsed")
    desk.shows("No request fits.")
    desk.look("prefecture-nothing", picture=False)
    desk.type(reference="B05-AAAAA-AAAAA")
    desk.press("Find the request")
    expect(desk.page.locator("[aria-invalid=true]")).to_be_visible()
    desk.look("prefecture-unknown-reference", picture=False)
    desk.open("/prefecture/catalogue")
    desk.look("prefecture-catalogue")


def test_what_happens_at_the_annexe_appears_by_itself(screens: Screens, backstage: Backstage) -> None:
    desk = screens.prefecture("fr")
    desk.sign_in(screens.agent("officer"), "prefecture")
    desk.open("/prefecture/requests")
    person = backstage.with_account()
    backstage.filed(person)
    expect(desk.page.locator("#requests")).to_contain_text(backstage.reference(person))


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_reads_it(screens: Screens, path: str) -> None:
    desk = screens.prefecture("fr")
    desk.open(path)
    desk.arrive("/prefecture/sign-in*")
    clerk = screens.agent("clerk")
    desk.type(login=clerk.login, password=clerk.password)
    desk.page.click("main button[type=submit]")
    expect(desk.page.locator("main .notice.refused, main .error").first).to_be_visible()
    expect(desk.page.locator("[name=password]")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_anybody_verifies_a_paper(
    screens: Screens, granted: tuple[Person, bytes], language: str, tmp_path: Path
) -> None:
    person, certificate = granted
    desk = screens.prefecture(language)
    desk.open("/verify")
    desk.look("verify")
    for give in (by_file(certificate), by_text(code_on(certificate, tmp_path))):
        desk.open("/verify")
        give(desk)
        desk.shows("Genuine")
        for proven in (person.cnie, person.name_ar, person.name_fr):
            expect(desk.page.locator("main")).to_contain_text(proven)
    desk.look("verify-genuine")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_paper_is_told(
    screens: Screens, granted: tuple[Person, bytes], language: str, tmp_path: Path
) -> None:
    person, certificate = granted
    desk = screens.prefecture(language)
    middle = len(certificate) // 2
    altered = certificate[:middle] + bytes([certificate[middle] ^ 1]) + certificate[middle + 1 :]
    code = code_on(certificate, tmp_path)
    for name, give in {
        "altered": by_file(altered),
        "altered-code": by_text(code[:-4] + ("0000" if code[-4:] != "0000" else "1111")),
        "foreign": by_file(b"%PDF-1.7\nno certificate\n"),
        "nothing": by_text(""),
    }.items():
        desk.open("/verify")
        give(desk)
        desk.page.wait_for_load_state("load")
        genuine = desk.page.get_by_text(desk.say("Genuine"), exact=True)
        expect(genuine).to_have_count(0)
        expect(desk.page.locator("body")).not_to_contain_text(person.cnie)
        desk.look(f"verify-{name}", picture=name == "altered")


def by_file(pdf: bytes) -> Callable[[Screen], None]:
    """Choose a file and ask."""

    def give(desk: Screen) -> None:
        desk.page.set_input_files("[name=file]", {"name": "c.pdf", "mimeType": "application/pdf", "buffer": pdf})
        submit(desk, "[name=file]")

    return give


def by_text(code: str) -> Callable[[Screen], None]:
    """Paste a code's text and ask."""

    def give(desk: Screen) -> None:
        desk.type(text=code)
        submit(desk, "[name=text]")

    return give


def submit(desk: Screen, field: str) -> None:
    """Send the form that holds a field."""
    with desk.page.expect_navigation():
        desk.page.locator(f"form:has({field}) button[type=submit]").first.click()


def test_what_an_officer_has_opened_stays_open_while_the_page_refreshes_itself(
    screens: Screens, backstage: Backstage
) -> None:
    backstage.filed(backstage.with_account())
    desk = screens.prefecture("fr")
    desk.sign_in(screens.agent("officer"), "prefecture")
    summary = desk.page.locator("details summary")
    summary.click()
    records = desk.page.locator("details tbody tr td:nth-child(2)").first
    before = records.inner_text()
    backstage.filed(backstage.with_account())
    expect(records).not_to_have_text(before, timeout=PATIENCE)
    expect(records).to_be_visible()
    expect(summary).to_be_focused()
