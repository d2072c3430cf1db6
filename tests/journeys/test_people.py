"""Who cannot come alone, forgot, moved or changed: at the counter, the kiosk, the tablet and the prefecture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from launcher.people import Person
from tests.journeys.backstage import Backstage
from tests.journeys.papers import code_on
from tests.journeys.screen import Screen, Screens
from tests.journeys.test_authority import sign, tablet
from tests.journeys.test_counter import complete, enquire
from tests.journeys.test_kiosk_request import sign_in
from tests.journeys.test_prefecture import by_text

LANGUAGES = ("ar", "fr")
RESIDENCE = "residence-autorite-locale"
NEW_PIN = "864209"
CHILD = {"name_ar": "ياسمين الزروال", "name_fr": "Yasmine Zeroual", "birth_date": "02/05/2018"}
STAND_IN = {"rep_name_ar": "حسن بوعزة", "rep_name_fr": "Hassan Bouazza", "rep_basis": "PV 4512"}


def counter(screens: Screens, language: str) -> Screen:
    """A clerk at his counter."""
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    return desk


def find(desk: Screen, person: Person) -> str:
    """Open somebody's page; its address."""
    desk.open("/counter")
    desk.type(q=person.cnie)
    desk.press("Find")
    desk.arrive("/counter/person/*")
    return desk.path


def see_card(desk: Screen) -> None:
    """Note that the card was seen."""
    desk.press("I have seen the card")
    desk.shows("Identity verified: the card was seen.")


def answer(desk: Screen) -> None:
    """Answer the catalogue's questions."""
    desk.page.select_option("[name=answer-occupation]", "proprietaire")
    desk.page.select_option("[name=answer-motif]", "banque")
    desk.type(**{"answer-depuis": "2019-09"})


def file(desk: Screen) -> str:
    """File the request that is typed; its case."""
    desk.page.keyboard.press("F6")
    desk.arrive("/counter/request/*")
    desk.shows("The request is filed: hand over the receipt.")
    return desk.path.rsplit("/", 1)[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mother_asks_for_her_child_and_reads_it_at_the_kiosk(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    mother = backstage.with_account()
    desk = counter(screens, language)
    page = find(desk, mother)
    desk.look("counter-person-declared")
    see_card(desk)
    desk.press("A child's account")
    desk.arrive(f"{page}/child")
    desk.look("counter-new-child")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("[aria-invalid=true]")).not_to_have_count(0)
    desk.look("counter-new-child-errors", picture=False)
    desk.type(**CHILD)
    desk.page.check("[name=consent]")
    desk.page.check("[name=card_seen]")
    desk.page.keyboard.press("F6")
    desk.arrive("/counter/person/*")
    desk.shows("The account is open.")
    desk.look("counter-person-child")
    desk.page.keyboard.press("F4")
    desk.page.click(f"a[href$='/new-request/{RESIDENCE}']")
    desk.arrive(f"*/new-request/{RESIDENCE}")
    answer(desk)
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#error-rep_basis")).to_be_visible()
    desk.look("counter-new-request-child")
    answer(desk)
    desk.type(rep_basis="LF 88")
    desk.page.check("[name=papers_seen]")
    case = file(desk)
    desk.look("counter-request-child")

    kiosk = screens.kiosk(language)
    sign_in(kiosk, mother)
    kiosk.shows("Requests of %(name)s", name=kiosk.tongue.choose(CHILD["name_ar"], CHILD["name_fr"]))
    kiosk.look("kiosk-account-child")
    kiosk.page.click(f"a[href='/kiosk/account/requests/{case}']")
    kiosk.arrive(f"/kiosk/account/requests/{case}")
    kiosk.look("kiosk-request-child")
    stranger = screens.kiosk(language)
    sign_in(stranger, backstage.with_account())
    assert stranger.open(f"/kiosk/account/requests/{case}").status == 404
    stranger.forgive()


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_forgot_his_pin_gets_one_that_opens_the_choice_of_another(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person = backstage.with_account()
    desk = counter(screens, language)
    page = find(desk, person)
    desk.press("Put right, PIN")
    desk.arrive(f"{page}/correct")
    desk.look("counter-correct")
    desk.press("Give a one-time PIN")
    expect(desk.page.locator("#error-card_seen")).to_be_visible()
    desk.look("counter-correct-unseen", picture=False)
    desk.page.check("form[action$='/pin'] [name=card_seen]")
    desk.press("Give a one-time PIN")
    desk.arrive(f"{page}/pin")
    pin = desk.page.inner_text(".digits").strip()
    desk.look("counter-pin")
    desk.open(f"{page}/pin")
    desk.shows("A one-time PIN is shown once, and this one was. If it was lost, give another.")
    desk.look("counter-pin-shown", picture=False)

    kiosk = screens.kiosk(language)
    kiosk.open("/kiosk/sign-in")
    kiosk.type(cnie=person.cnie, pin=pin)
    kiosk.press("Sign in")
    kiosk.arrive("/kiosk/new-pin")
    kiosk.look("kiosk-new-pin")
    kiosk.open("/kiosk/account")
    kiosk.arrive("/kiosk/new-pin")
    kiosk.type(pin="111111", pin_again="222222")
    kiosk.press("This is my PIN")
    expect(kiosk.page.locator("#error-pin")).to_be_visible()
    kiosk.look("kiosk-new-pin-errors", picture=False)
    kiosk.type(pin=NEW_PIN, pin_again=NEW_PIN)
    kiosk.press("This is my PIN")
    kiosk.arrive("/kiosk/account*")
    kiosk.shows("You chose another PIN")
    kiosk.look("kiosk-account-steps")
    kiosk.press("Change my PIN")
    kiosk.arrive("/kiosk/account/pin")
    kiosk.look("kiosk-pin-change")
    kiosk.type(pin_now=NEW_PIN, pin=person.pin, pin_again=person.pin)
    kiosk.page.click("footer button[form=question]")
    kiosk.arrive("/kiosk/account?pin=1")
    kiosk.shows("Your PIN is changed.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_moved_citizen_is_put_right_and_his_request_takes_it_over(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person = backstage.with_account()
    case = backstage.filed(person)
    desk = counter(screens, language)
    page = find(desk, person)
    desk.open(f"{page}/correct")
    form = desk.page.locator("form[action$='/correct']")
    form.locator("[name=address]").fill("7, Hay Salam, Berkane")
    form.locator("[name=take_over]").uncheck()
    form.locator("button[type=submit]").click()
    expect(desk.page.locator("#error-card_seen")).to_be_visible()
    desk.look("counter-correct-errors", picture=False)
    form.locator("[name=card_seen]").check()
    form.locator("button[type=submit]").click()
    desk.shows("The account is put right, and the citizen reads it in his history.")
    desk.open(f"/counter/request/{case}")
    desk.look("counter-request-outdated")
    desk.press("Take over what the account says")
    desk.shows("The request now says what the account says.")
    desk.open(f"{page}/correct")
    desk.page.locator("form[action$='/phone'] [name=phone]").fill("0661234567")
    desk.page.locator("form[action$='/phone'] [name=card_seen]").check()
    desk.press("Change the telephone")
    desk.shows("The telephone is changed.")
    kiosk = screens.kiosk(language)
    sign_in(kiosk, person)
    kiosk.shows("Your account was put right by your card")
    kiosk.shows("Your telephone was changed")


def open_association(desk: Screen, president: Person, number: str) -> None:
    """Open an association's account with its receipt."""
    desk.open("/counter/new-account")
    desk.press("For an association: open its account with its receipt")
    desk.arrive("/counter/new-association")
    desk.look("counter-new-association")
    desk.type(
        cnie=number, birth_date="14/06/2019", name_ar="جمعية الأمل 2000", name_fr="Association Al Amal 2000",
        address="3, rue du Lac, Berkane", phone=president.phone,
    )  # fmt: skip
    desk.page.check("[name=consent]")
    desk.page.check("[name=card_seen]")
    desk.page.keyboard.press("F6")
    desk.arrive("/counter/person/*")
    desk.look("counter-person-association")


def ask_through_president(desk: Screen, president: Person) -> str:
    """File the association's request; its case."""
    desk.page.keyboard.press("F4")
    desk.page.click(f"a[href$='/new-request/{RESIDENCE}']")
    desk.arrive(f"*/new-request/{RESIDENCE}")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#error-rep_cnie")).to_be_visible()
    desk.look("counter-new-request-association")
    answer(desk)
    desk.type(rep_cnie=president.cnie, **STAND_IN)
    desk.page.check("[name=papers_seen]")
    return file(desk)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_association_asks_through_its_president_and_he_takes_the_paper(
    screens: Screens, backstage: Backstage, language: str, tmp_path: Path
) -> None:
    president = backstage.person()
    number = f"{president.cnie[2:]}/2019"
    desk = counter(screens, language)
    open_association(desk, president, number)
    case = ask_through_president(desk, president)
    complete(desk)
    enquire(desk, "favourable")

    agent = tablet(screens, language)
    agent.open(f"/authority/request/{case}")
    agent.look("authority-association")
    agent.press("Grant and sign")
    sheet = agent.page.locator("[data-sheet]")
    for text in (number, president.cnie, STAND_IN["rep_name_fr"], STAND_IN["rep_basis"]):
        expect(sheet).to_contain_text(text)
    agent.look("authority-sheet-association")
    sign(agent)
    backstage.until(lambda: backstage.counter.offers(case, "ready"))
    certificate = backstage.counter.certificate(case)
    backstage.counter.confirm(case)
    desk.open(f"/counter/request/{case}")
    desk.look("counter-request-hand-over-association")
    desk.page.check("[name=card_seen]")
    desk.page.keyboard.press("F6")
    desk.shows("Handed over.")
    desk.shows("Handed to the representative, card seen")

    verify = screens.prefecture(language)
    verify.open("/verify")
    by_text(code_on(certificate, tmp_path))(verify)
    verify.shows("Genuine")
    for proven in (number, president.cnie, STAND_IN["rep_name_fr"]):
        expect(verify.page.locator("main")).to_contain_text(proven)
    verify.look("verify-association")
    office = screens.prefecture(language)
    office.sign_in(screens.agent("officer"), "prefecture")
    backstage.until(lambda: _arrived(office, case))
    office.look("prefecture-dossier-association")


def _arrived(office: Screen, case: str) -> bool:
    """Whether the prefecture shows that the paper was taken."""
    answer = office.open(f"/prefecture/requests/berkane-05/{case}")
    shown = answer.status == 200 and office.page.locator("[data-state=collected]").count() > 0
    office.forgive()
    return shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_foreigner_is_known_by_his_passport_and_another_asks_for_him(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person = replace(backstage.person(), cnie=f"12AB{backstage.person().cnie[-5:]}")
    proxy = backstage.person()
    desk = counter(screens, language)
    desk.open("/counter/new-account")
    desk.page.check("[name=document][value=passport]")
    desk.type(
        cnie=person.cnie, birth_date="12/03/1987", name_ar=person.name_ar, name_fr=person.name_fr,
        address=person.address, phone=person.phone,
    )  # fmt: skip
    desk.page.check("[name=consent]")
    desk.page.check("[name=card_seen]")
    desk.page.keyboard.press("F6")
    expect(desk.page.locator("#error-state")).to_be_visible()
    desk.look("counter-new-account-passport")
    desk.type(state="SEN")
    desk.page.keyboard.press("F6")
    desk.arrive("/counter/person/*")
    desk.shows("Passport")
    desk.page.keyboard.press("F4")
    desk.page.click(f"a[href$='/new-request/{RESIDENCE}']")
    desk.press("Someone else asks for this person: proxy or guardian")
    desk.arrive(f"*/new-request/{RESIDENCE}?by=other")
    desk.look("counter-new-request-proxy")
    answer(desk)
    desk.type(rep_cnie=proxy.cnie, **STAND_IN)
    desk.page.check("[name=papers_seen]")
    file(desk)
    expect(desk.page.locator("#steps")).to_contain_text(
        desk.tongue.choose(STAND_IN["rep_name_ar"], STAND_IN["rep_name_fr"])
    )
