"""Missing pieces, withdrawal and appeal, as the people who go through them see them."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from launcher.people import Person
from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")
GROUNDS = {
    "ar": "أسكن بهذا العنوان منذ سنة 2019 ويمكن للجيران الشهادة بذلك.",
    "fr": "J’habite à cette adresse depuis 2019, mes voisins peuvent le confirmer.",
}
REASONS = {"ar": "تم الاستماع إلى الجيران.", "fr": "Les voisins ont été entendus."}


def at_the_kiosk(screens: Screens, person: Person, case: str, language: str) -> Screen:
    """The page of one's own request, signed in."""
    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk/sign-in")
    kiosk.type(cnie=person.cnie, pin=person.pin)
    kiosk.press("Sign in")
    kiosk.arrive("/kiosk/account*")
    kiosk.open(f"/kiosk/account/requests/{case}")
    return kiosk


def is_a_paper(screen: Screen, path: str) -> None:
    answer = screen.context.request.get(f"{screen.site}{path}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


def stands_at(screen: Screen, state: str) -> None:
    expect(screen.page.locator(f"#steps [data-state={state}]")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_document_is_asked_for_once_and_brought(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person = backstage.with_account()
    case = backstage.filed(person)
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.open(f"/counter/request/{case}")
    desk.press("Something is missing")
    desk.arrive(f"/counter/request/{case}/missing")
    desk.look("counter-missing")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#error-pieces")).to_be_visible()
    desk.look("counter-missing-nothing", picture=False)
    desk.page.locator("#act [name^=missing-]").last.check()
    desk.page.keyboard.press("F6")
    desk.arrive(f"/counter/request/{case}")
    stands_at(desk, "awaiting_pieces")
    desk.look("counter-missing-asked")
    is_a_paper(desk, f"/counter/request/{case}/incomplete.pdf")
    assert desk.page.locator(f"a[href='/counter/request/{case}/missing']").count() == 0

    kiosk = at_the_kiosk(screens, person, case, language)
    kiosk.shows("What is missing")
    kiosk.look("kiosk-missing")
    is_a_paper(kiosk, f"/kiosk/account/requests/{case}/incomplete.pdf")

    for box in desk.page.locator("#act :is([name^=piece-], [name=card_seen])").all():
        box.check()
    desk.page.keyboard.press("F6")
    stands_at(desk, "field_enquiry")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_agent_asks_on_his_tablet(screens: Screens, backstage: Backstage, language: str) -> None:
    case = backstage.waiting(backstage.with_account())
    tablet = screens.desk(language)
    tablet.sign_in(screens.agent("authority"), "authority")
    tablet.open(f"/authority/request/{case}")
    tablet.press("Ask for a missing document")
    tablet.arrive(f"/authority/request/{case}?verb=missing")
    tablet.look("authority-missing")
    tablet.page.locator("[name^=missing-]").first.check()
    tablet.press("Ask for these, once")
    tablet.arrive(f"/authority/request/{case}")
    expect(tablet.page.locator("[data-state=awaiting_pieces]").first).to_be_visible()
    tablet.look("authority-missing-asked", picture=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizen_withdraws_his_request_after_a_second_thought(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person = backstage.with_account()
    case = backstage.filed(person)
    kiosk = at_the_kiosk(screens, person, case, language)
    kiosk.press("Withdraw my request")
    kiosk.arrive(f"/kiosk/account/requests/{case}/withdraw")
    kiosk.look("kiosk-withdraw")
    kiosk.press("No, keep my request")
    kiosk.arrive(f"/kiosk/account/requests/{case}")
    kiosk.press("Withdraw my request")
    kiosk.press("Yes, withdraw it")
    kiosk.arrive(f"/kiosk/account/requests/{case}")
    expect(kiosk.page.locator("[data-state=withdrawn]").first).to_be_visible()
    kiosk.look("kiosk-withdrawn", picture=False)
    other = backstage.filed(backstage.with_account())
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.open(f"/counter/request/{other}/withdraw")
    desk.look("counter-withdraw")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_appealed_against_and_reopened(screens: Screens, backstage: Backstage, language: str) -> None:
    person = backstage.with_account()
    case = backstage.decided(person, "refused")
    kiosk = at_the_kiosk(screens, person, case, language)
    until_told(kiosk, case)
    kiosk.look("kiosk-refused-appeal")
    is_a_paper(kiosk, f"/kiosk/account/requests/{case}/refusal.pdf")
    kiosk.press("Appeal against the refusal")
    kiosk.arrive(f"/kiosk/account/requests/{case}/appeal")
    kiosk.press("Lodge my appeal")
    expect(kiosk.page.locator("[aria-invalid=true]")).to_be_visible()
    kiosk.look("kiosk-appeal-errors", picture=False)
    kiosk.type(grounds=GROUNDS[language])
    kiosk.look("kiosk-appeal")
    kiosk.press("Lodge my appeal")
    kiosk.arrive(f"/kiosk/account/requests/{case}")
    kiosk.shows("My appeal")
    kiosk.look("kiosk-appealed")
    is_a_paper(kiosk, f"/kiosk/account/requests/{case}/appeal.pdf")

    clerk = screens.desk(language)
    clerk.sign_in(screens.agent("clerk"), "counter")
    clerk.open(f"/counter/request/{case}")
    clerk.shows("A supervisor answers the appeal")
    clerk.look("counter-appealed", picture=False)

    desk = screens.desk(language)
    desk.sign_in(screens.agent("supervisor"), "counter")
    desk.open(f"/counter/request/{case}")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#act .error").first).to_be_visible()
    desk.look("counter-appeal-errors", picture=False)
    desk.page.check("[name=outcome][value=reopened]")
    desk.type(reason_text=REASONS[language])
    desk.look("counter-appeal-answer")
    desk.page.keyboard.press("F6")
    stands_at(desk, "under_decision")

    tablet = screens.desk(language)
    tablet.sign_in(screens.agent("authority"), "authority")
    tablet.open(f"/authority/request/{case}")
    expect(tablet.page.locator("main")).to_contain_text(GROUNDS[language])
    expect(tablet.page.locator("main")).to_contain_text(REASONS[language])
    tablet.look("authority-reopened")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clerk_writes_the_appeal_down(screens: Screens, backstage: Backstage, language: str) -> None:
    person = backstage.with_account()
    case = backstage.decided(person, "refused")
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    until_told(desk, case)
    desk.press("The citizen appeals")
    desk.arrive(f"/counter/request/{case}/appeal")
    desk.type(grounds=GROUNDS[language])
    desk.look("counter-appeal")
    desk.page.keyboard.press("F6")
    desk.arrive(f"/counter/request/{case}")
    is_a_paper(desk, f"/counter/request/{case}/appeal.pdf")


def until_told(screen: Screen, case: str) -> None:
    """Open a request until its refusal can't be taken back and was told, so that it can be appealed against."""
    area = "/kiosk/account/requests" if screen.path.startswith("/kiosk") else "/counter/request"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        screen.open(f"{area}/{case}")
        if screen.page.locator(f"a[href='{area}/{case}/appeal']").count():
            return
        screen.page.wait_for_timeout(500)
    raise AssertionError("the refusal was never told")
