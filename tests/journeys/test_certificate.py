"""From the agent's word to the citizen's hand: sealed, printed, announced, handed over; or refused, and told why."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from launcher.people import Person
from tests.journeys.backstage import Backstage
from tests.journeys.papers import code_on
from tests.journeys.screen import Screen, Screens
from tests.journeys.test_authority import WHY
from tests.journeys.test_kiosk_request import sign_in

LANGUAGES = ("ar", "fr")


def follow_at_kiosk(screens: Screens, language: str, person: Person, case: str) -> Screen:
    """The citizen's own page of his request."""
    kiosk = screens.kiosk(language)
    sign_in(kiosk, person)
    kiosk.open(f"/kiosk/account/requests/{case}")
    return kiosk


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_granted_certificate_reaches_its_citizen(
    screens: Screens, backstage: Backstage, language: str, tmp_path: Path
) -> None:
    person = backstage.with_account()
    wall = screens.wall()
    wall.open("/display")
    case = backstage.decided(person, "approved")
    reference = backstage.reference(person)
    number = reference.partition("-")[2]
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.open(f"/counter/request/{case}")
    expect(desk.page.locator("form[action$='/ready']")).to_be_visible(timeout=60_000)  # by itself, once it is sealed
    desk.look("counter-request-print")
    desk.press("Print the certificate")
    desk.shows("The certificate is at the printer.")
    paper = desk.context.request.get(desk.site + str(desk.page.get_attribute("a[href$='certificate.pdf']", "href")))
    assert paper.headers["content-type"] == "application/pdf"
    assert code_on(paper.body(), tmp_path).startswith("MLQ1:")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#act .error, #act .notice").first).to_be_visible()
    desk.look("counter-request-print-unconfirmed", picture=False)
    expect(wall.page.locator("body")).not_to_contain_text(number)
    desk.page.check("[name=printed]")
    desk.page.check("[name=stamped]")
    desk.page.keyboard.press("F6")
    desk.shows("Noted: the certificate is ready.")

    expect(wall.page.locator("#board")).to_contain_text(number)
    wall.look("display", picture=language == "ar")
    admin = screens.desk(language)
    admin.sign_in(screens.agent("admin"), "admin")
    text = admin.page.locator(".texts .message").filter(has_text=reference)
    expect(text.first).to_be_visible()
    shown = admin.page.content()
    kept = (person.name_ar, person.name_fr, person.cnie, person.phone, person.phone[1:], "résidence", "السكنى")
    assert not [word for word in kept if word in shown]
    expect(admin.page.locator(f"[data-message='{reference}:sent']")).to_be_visible()
    admin.look("admin")

    kiosk = follow_at_kiosk(screens, language, person, case)
    expect(kiosk.page.locator("[data-state=ready]")).to_be_visible()
    kiosk.look("kiosk-account-ready")
    desk.open(f"/counter/request/{case}")
    expect(desk.page.locator("#steps")).to_contain_text(desk.say("SMS sent"))
    desk.look("counter")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#act .error, #act .notice").first).to_be_visible()
    desk.page.check("[name=card_seen]")
    desk.page.keyboard.press("F6")
    desk.shows("Handed over.")
    desk.look("counter-request-collected")
    expect(wall.page.locator("#board")).not_to_contain_text(number)
    expect(kiosk.page.locator("[data-state=collected]")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_refused_citizen_reads_why_and_how_to_appeal(screens: Screens, backstage: Backstage, language: str) -> None:
    person = backstage.with_account()
    case = backstage.decided(person, "refused")
    kiosk = follow_at_kiosk(screens, language, person, case)
    kiosk.shows("Why it was refused")
    kiosk.shows("How to appeal")
    kiosk.look("kiosk-account-refused")
    kiosk.open(f"/kiosk/follow/{backstage.reference(person)}")
    expect(kiosk.page.locator("[data-state=refused]")).to_be_visible()
    kiosk.look("kiosk-follow-refused", picture=False)
    assert WHY[language] not in kiosk.page.content()
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.open(f"/counter/request/{case}")
    desk.shows("Explain the refusal")
    desk.look("counter-request-refused")


def test_a_busy_board_fits_its_screen(screens: Screens, backstage: Backstage) -> None:
    backstage.ready([backstage.with_account(phone="") for _ in range(4)])
    wall = screens.wall()
    wall.open("/display")
    expect(wall.page.locator(".number")).to_have_count(3)
    wall.look("display-busy")
