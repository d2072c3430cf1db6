"""What people type wrong at the kiosk: a sentence beside the field, in their language, and what they typed stays."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.sync_api import expect

from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screen, Screens
from tests.journeys.test_kiosk_request import sign_in

LANGUAGES = ("ar", "fr")
NOT_A_CARD = "This is not a card number: it has one or two letters and then digits, as on the card (FA123456)."
TOO_EASY = "This PIN is too easy to guess: choose digits that do not follow each other."


def refused(kiosk: Screen, name: str, values: Mapping[str, str], sentence: str) -> None:
    """Type what is wrong, and read why; then go on as if nothing had happened."""
    kiosk.type(**values)
    kiosk.page.click("footer button.wide")
    wrong = next(iter(values))
    expect(kiosk.page.locator(f"#error-{wrong}")).to_have_text(kiosk.say(sentence))
    field = kiosk.page.locator(f"[name={wrong}]")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    if field.get_attribute("type") != "password":
        expect(field).to_have_value(values[wrong])
    kiosk.look(f"kiosk-wrong-{name}", picture=name in ("card", "pin"))


def go_on(kiosk: Screen, **values: str) -> None:
    """Type what is right."""
    kiosk.type(**values)
    kiosk.page.click("footer button.wide")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_question_says_what_is_wrong_with_its_answer(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person, kiosk = backstage.person(), screens.kiosk(language)
    kiosk.open("/kiosk/account/new")
    kiosk.page.click("footer button.wide")
    refused(kiosk, "card", {"cnie": "123456"}, NOT_A_CARD)
    go_on(kiosk, cnie=person.cnie)
    latin = "Write the name in Latin letters, as on the card, without digits."
    kiosk.type(name_ar=person.name_ar)
    refused(kiosk, "name", {"name_fr": person.name_ar}, latin)
    kiosk.page.evaluate("document.querySelector('[name=name_fr]').removeAttribute('maxlength')")
    kiosk.type(name_fr="x" * 400)
    kiosk.page.click("footer button.wide")
    expect(kiosk.page.locator("#error-name_fr")).to_be_visible()
    hidden = "This text holds hidden characters. Please type it again instead of pasting it."
    kiosk.type(name_fr="Amina \u202eTahiri")
    kiosk.page.click("footer button.wide")
    expect(kiosk.page.locator("#error-name_fr")).to_have_text(kiosk.say(hidden))
    go_on(kiosk, name_ar=person.name_ar, name_fr=person.name_fr)
    not_a_date = "This is not a date: write day, month and year, for example 12/03/1987."
    refused(kiosk, "birth", {"birth_date": "31/02/1980"}, not_a_date)
    go_on(kiosk, birth_date="12/03/1987")
    short = "Write the whole address: number, street or quarter, and town."
    refused(kiosk, "address", {"address": "x"}, short)
    go_on(kiosk, address=person.address)
    not_a_number = "This is not a telephone number: type it as you dial it, for example 0612345678."
    refused(kiosk, "phone", {"phone": "12"}, not_a_number)
    go_on(kiosk, phone=person.phone)
    kiosk.open("/kiosk/account/new/pin")
    refused(kiosk, "pin", {"pin": "123456", "pin_again": "123456"}, TOO_EASY)
    kiosk.type(pin="204861", pin_again="204862")
    kiosk.page.click("footer button.wide")
    expect(kiosk.page.locator("#error-pin_again")).to_be_visible()
    kiosk.open("/kiosk/account")
    kiosk.arrive("/kiosk/sign-in*")  # nothing half made: there is no account


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_pin_is_said_and_opens_nothing(screens: Screens, backstage: Backstage, language: str) -> None:
    person, kiosk = backstage.with_account(), screens.kiosk(language)
    kiosk.open("/kiosk/sign-in")
    kiosk.type(cnie=person.cnie, pin="990817")
    kiosk.press("Sign in")
    expect(kiosk.page.locator(".notice.refused, .field .error").first).to_be_visible()
    expect(kiosk.page.locator("[name=pin]")).to_have_value("")
    kiosk.look("kiosk-sign-in-wrong")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_abolished_certificate_cannot_be_asked_for(screens: Screens, backstage: Backstage, language: str) -> None:
    kiosk = screens.kiosk(language)
    sign_in(kiosk, backstage.with_account())
    assert kiosk.open("/kiosk/request/vie-individuelle").status == 409
    kiosk.shows("This annexe does not deliver this certificate: its page says what to do instead.")
    kiosk.look("kiosk-not-here")
    assert kiosk.open("/kiosk/procedures/unknown").status == 404
    kiosk.look("kiosk-not-found", picture=False)


def test_a_hasty_finger_sends_once(screens: Screens, backstage: Backstage) -> None:
    person, kiosk = backstage.with_account(), screens.kiosk("fr")
    sign_in(kiosk, person)
    kiosk.open("/kiosk/request/residence-autorite-locale")
    kiosk.page.check("[value=heberge]")
    kiosk.press("Continue")
    go_on(kiosk, depuis="01/2020")
    kiosk.page.check("[value=autre]")
    kiosk.press("Continue")
    kiosk.arrive("*/questions/repere")
    kiosk.press("Continue")
    kiosk.arrive("*/check")
    form = kiosk.page.evaluate("Object.fromEntries(new FormData(document.getElementById('send')))")
    again = [kiosk.context.request.post(kiosk.page.url, form=form, headers={"Sec-Fetch-Site": "same-origin"})
             for _ in range(2)]  # fmt: skip
    kiosk.press("Send my request")
    kiosk.arrive("/kiosk/receipt/*")
    assert {answer.url for answer in again} == {kiosk.page.url}
    assert len(backstage.kiosk.filed(person)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_address_is_answered_calmly(screens: Screens, language: str) -> None:
    kiosk, desk = screens.kiosk(language), screens.desk(language)
    assert kiosk.open("/kiosk/nowhere").status == 404
    kiosk.look("kiosk-nowhere", picture=False)
    desk.sign_in(screens.agent("clerk"), "counter")
    assert desk.open("/counter/request/nothing").status == 404
    desk.look("counter-nowhere", picture=False)
