"""A clerk's work: finding people, helping them to an account and a request, the dossier, the enquiry."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from launcher.people import Person
from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")
SLIPS = {"ar": "خديجه بنحدو", "fr": "kadija benhadou"}
KHADIJA = {"name_fr": "Khadija Benhaddou", "name_ar": "خديجة بن حدو"}


def complete(desk: Screen) -> None:
    """See every piece of the open request."""
    for box in desk.page.locator("#act :is([name^=piece-], [name=card_seen])").all():
        box.check()
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("form[action$='/enquiry']")).to_be_visible()


def enquire(desk: Screen, outcome: str, note: str = "") -> None:
    """Enter what the moqaddem reported."""
    yesterday = (date.today() - timedelta(days=1)).strftime("%d/%m/%Y")
    desk.page.check(f"[name=outcome][value={outcome}]")
    desk.page.check("[name=by_title][value=moqaddem]")
    desk.type(on=yesterday, note=note)
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("[data-state=under_decision]").first).to_be_visible()


def type_account(desk: Screen, person: Person) -> None:
    """Type what the card says."""
    desk.type(
        cnie=person.cnie, name_ar=person.name_ar, name_fr=person.name_fr, phone=person.phone, address=person.address,
        birth_date=date.fromisoformat(person.birth_date).strftime("%d/%m/%Y"),
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clerk_finds_whoever_spells_otherwise(screens: Screens, backstage: Backstage, language: str) -> None:
    sisters = [backstage.with_account(**KHADIJA) for _ in range(2)]
    case = backstage.filed(sisters[0])
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.look("counter-welcome")
    desk.page.keyboard.press("/")
    desk.page.keyboard.type(SLIPS[language])
    desk.page.keyboard.press("Enter")
    desk.arrive("/counter/search")
    found = desk.page.locator(".found a.card").filter(
        has_text=desk.tongue.choose(KHADIJA["name_ar"], KHADIJA["name_fr"])
    )
    assert found.count() >= 2
    desk.look("counter-found")
    found.filter(has_text=sisters[0].cnie[-2:]).first.click()
    desk.arrive("/counter/person/*")
    desk.type(q=sisters[0].cnie)
    desk.press("Find")
    desk.arrive("/counter/person/*")
    desk.page.click(f"tbody a[href='/counter/request/{case}']")
    desk.look("counter-request-pieces")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#error-pieces, #act .notice.refused").first).to_be_visible()
    desk.look("counter-request-pieces-missing", picture=False)
    complete(desk)
    enquire(desk, "favourable")
    desk.type(q="Zzyzx Qwghlm")
    desk.press("Find")
    desk.shows("Nobody found")
    desk.look("counter-nobody")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clerk_helps_someone_to_an_account_and_a_request(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person, desk = backstage.person(), screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.page.keyboard.press("F2")
    desk.arrive("/counter/new-account")
    desk.look("counter-new-account")
    desk.type(cnie="123", birth_date="31/02/1980", name_fr="123", phone="12")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("[aria-invalid=true]")).not_to_have_count(0)
    desk.look("counter-new-account-errors")
    type_account(desk, person)
    desk.page.check("[name=consent]")
    desk.page.check("[name=card_seen]")
    desk.page.keyboard.press("F6")
    desk.arrive("/counter/person/*")
    clerk = screens.agent("clerk")
    desk.shows("with help from %(name)s", name=desk.tongue.choose(clerk.name_ar, clerk.name_fr))
    desk.look("counter-person")

    desk.page.keyboard.press("F4")
    desk.arrive("*/new-request")
    desk.look("counter-choose-procedure")
    desk.page.click("a[href$='/new-request/residence-autorite-locale']")
    desk.arrive("*/new-request/residence-autorite-locale")
    desk.look("counter-new-request")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("[aria-invalid=true]")).not_to_have_count(0)
    desk.look("counter-new-request-errors", picture=False)
    desk.page.select_option("[name=answer-occupation]", "proprietaire")
    desk.page.select_option("[name=answer-motif]", "banque")
    desk.type(**{"answer-depuis": "2019-09"})
    desk.page.keyboard.press("F6")
    desk.arrive("/counter/request/*")
    desk.shows("The request is filed: hand over the receipt.")
    desk.look("counter-request-filed")
    receipt = desk.page.get_attribute("a[href$='receipt.pdf']", "href")
    assert desk.context.request.get(f"{desk.site}{receipt}").headers["content-type"] == "application/pdf"

    complete(desk)
    desk.look("counter-request-enquiry")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#act .error").first).to_be_visible()
    desk.look("counter-request-enquiry-errors", picture=False)
    enquire(desk, "unfavourable", "absent à deux visites")
    desk.look("counter-request-authority")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_citizen_reads_who_looked_at_his_account(screens: Screens, backstage: Backstage, language: str) -> None:
    person = backstage.with_account()
    backstage.counter.complete(backstage.filed(person))
    assert backstage.counter.account_of(person)
    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk/sign-in")
    kiosk.type(cnie=person.cnie, pin=person.pin)
    kiosk.press("Sign in")
    kiosk.arrive("/kiosk/account*")
    clerk = screens.agent("clerk")
    expect(kiosk.page.locator(".looks").last).to_contain_text(kiosk.tongue.choose(clerk.name_ar, clerk.name_fr))
    kiosk.look("kiosk-account-looks", picture=False)
