"""The authority agent: his key, the sheet that he reads, his word; and what happens when somebody changes the sheet."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from protocol.records.encoding import Value, decode, encode
from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")
WHY = {"ar": "لم يتمكن المقدم من التحقق من السكنى بالعنوان.", "fr": "Le moqaddem n’a trouvé personne à cette adresse."}
EXPORTS = """async () => {
  const answer = (asked) => new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const kept = await answer(indexedDB.open("mulhaqa-agent"));
  const { privateKey } = await answer(kept.transaction("keys").objectStore("keys").get("youssef"));
  kept.close();
  const forms = ["pkcs8", "jwk", "raw"];
  const tries = await Promise.allSettled(forms.map((form) => crypto.subtle.exportKey(form, privateKey)));
  return [privateKey.extractable, privateKey.type, tries.map((one) => one.status)];
}"""

Change = Callable[[dict[str, Value]], None]


def tablet(screens: Screens, language: str) -> Screen:
    """The agent's tablet, with a key of his on it."""
    screen = screens.desk(language)
    screen.sign_in(screens.agent("authority"), "authority")
    holder = screen.page.locator("[data-authority][data-key-state]")
    expect(holder).to_be_attached()
    if holder.get_attribute("data-key-state") == "elsewhere":
        screen.press("Make a key on this tablet")
    expect(holder).to_have_attribute("data-key-state", "enrolled")
    return screen


def read_sheet(screen: Screen, case: str) -> None:
    """Open a request and ask for the sheet that grants it."""
    screen.open(f"/authority/request/{case}")
    screen.press("Grant and sign")


def sign(screen: Screen) -> None:
    """Sign the sheet that is shown."""
    screen.press("Sign and decide")
    expect(screen.page.locator("[data-undo-seconds]").first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_agent_reads_the_sheet_and_grants(screens: Screens, backstage: Backstage, language: str) -> None:
    person = backstage.with_account()
    case = backstage.waiting(person)
    screen = tablet(screens, language)
    assert screen.page.evaluate(EXPORTS) == [False, "private", ["rejected"] * 3]
    screen.page.click(f".list a[href='/authority/request/{case}']")
    screen.arrive(f"/authority/request/{case}")
    screen.look("authority")
    screen.press("Grant and sign")
    sheet = screen.page.locator("[data-sheet]")
    expect(sheet).to_be_visible()
    for text in (person.cnie, person.name_ar, person.name_fr, person.address, backstage.reference(person), "youssef"):
        expect(sheet).to_contain_text(text)
    expect(sheet.locator("h2")).to_be_focused()
    screen.look("authority-sheet")
    sign(screen)
    screen.look("authority-granted")
    screen.press("Take it back")
    expect(screen.page.locator("[data-outcome=approved]")).to_be_visible()
    assert backstage.counter.state(case) == "under_decision"
    read_sheet(screen, case)
    sign(screen)
    expect(screen.page.locator("[data-over]").first).to_be_visible()
    expect(screen.page.locator("[data-open]").first).to_be_hidden()
    backstage.until(lambda: backstage.counter.offers(case, "ready"))
    screen.open(f"/authority/request/{case}")
    expect(screen.page.locator("[data-undo-seconds]")).to_have_count(0)
    screen.look("authority-sealed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_needs_its_reason(screens: Screens, backstage: Backstage, language: str) -> None:
    case = backstage.waiting(backstage.with_account(), "unfavourable")
    screen = tablet(screens, language)
    screen.open(f"/authority/request/{case}")
    screen.press("Refuse with a reason")
    screen.arrive(f"/authority/request/{case}?verb=refuse")
    screen.look("authority-refuse")
    sent: list[str] = []
    screen.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    screen.press("Read the refusal, then sign")
    assert not sent, "a refusal without a reason left the page"
    screen.page.evaluate("document.querySelector('form.refusing').noValidate = true")
    screen.press("Read the refusal, then sign")
    expect(screen.page.locator("[data-said]")).to_have_text(screen.say("Choose the reason for the refusal."))
    expect(screen.page.locator("[data-sheet]")).to_be_hidden()
    screen.forgive()
    screen.look("authority-refuse-without-reason", picture=False)
    screen.page.select_option("[name=reason_code]", "not_resident")
    screen.press("Read the refusal, then sign")
    explain = "Explain the refusal in a sentence: the law wants it justified, and the citizen can appeal."
    expect(screen.page.locator("[data-said]")).to_have_text(screen.say(explain))
    screen.forgive()
    assert backstage.counter.state(case) == "under_decision"
    screen.type(reason_text=WHY[language])
    screen.press("Read the refusal, then sign")
    expect(screen.page.locator("[data-sheet]")).to_contain_text(WHY[language])
    screen.look("authority-sheet-refusal")
    sign(screen)
    screen.look("authority-refused")
    assert backstage.counter.state(case) == "refused"


def change_sheet(screen: Screen, change: Change) -> None:
    """Stand between the annexe and the tablet, and change each sheet on its way."""

    def altered(route: Route) -> None:
        answer = route.fetch()
        sheet = decode(b64decode(answer.json()["sheet"]))
        assert isinstance(sheet, dict)
        change(sheet)
        route.fulfill(response=answer, body=json.dumps({"sheet": b64encode(encode(sheet)).decode()}))

    screen.page.route("**/sheet", altered)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_that_says_otherwise_is_not_signed(screens: Screens, backstage: Backstage, language: str) -> None:
    case = backstage.waiting(backstage.with_account())
    screen = tablet(screens, language)
    change_sheet(screen, lambda sheet: sheet.update(outcome="refused"))
    read_sheet(screen, case)
    said = "The sheet is not the one that you asked for: do not sign. Call the administrator."
    expect(screen.page.locator("[data-said]")).to_have_text(screen.say(said))
    expect(screen.page.locator("[data-sheet]")).to_be_hidden()
    screen.look("authority-other-sheet", picture=False)
    assert backstage.counter.state(case) == "under_decision"


def test_a_sheet_with_an_unknown_field_is_not_shown(screens: Screens, backstage: Backstage) -> None:
    case = backstage.waiting(backstage.with_account())
    screen = tablet(screens, "fr")
    change_sheet(screen, lambda sheet: sheet.update(surcharge="hidden"))
    read_sheet(screen, case)
    said = "This sheet cannot be shown whole here, so do not sign it here. Call the administrator."
    expect(screen.page.locator("[data-said]")).to_have_text(screen.say(said))
    expect(screen.page.locator("[data-sheet]")).to_be_hidden()
    assert backstage.counter.state(case) == "under_decision"


def test_what_was_changed_is_shown_and_the_annexe_refuses_it(screens: Screens, backstage: Backstage) -> None:
    case = backstage.waiting(backstage.with_account())
    screen = tablet(screens, "fr")
    elsewhere = "1, Rue de Nulle Part, Berkane"

    def move(sheet: dict[str, Value]) -> None:
        identity = sheet["identity"]
        assert isinstance(identity, dict)
        identity["address"] = elsewhere

    change_sheet(screen, move)
    read_sheet(screen, case)
    expect(screen.page.locator("[data-sheet]")).to_contain_text(elsewhere)
    screen.press("Sign and decide")
    expect(screen.page.locator("[data-said][data-kind=refused]")).to_be_visible()
    screen.forgive()
    assert backstage.counter.state(case) == "under_decision"


def test_a_decision_is_taken_once(screens: Screens, backstage: Backstage) -> None:
    case = backstage.waiting(backstage.with_account())
    first = tablet(screens, "fr")
    second = screens.second(first)
    for screen in (first, second):
        read_sheet(screen, case)
        expect(screen.page.locator("[data-sheet]")).to_be_visible()
    sign(first)
    second.press("Sign and decide")
    expect(second.page.locator("[data-said][data-kind=refused]")).to_be_visible()
    second.forgive()
    assert backstage.counter.state(case) == "approved"


def test_without_the_annexe_the_tablet_says_so(screens: Screens, backstage: Backstage) -> None:
    case = backstage.waiting(backstage.with_account())
    screen = tablet(screens, "ar")
    screen.open(f"/authority/request/{case}")
    screen.page.route("**/sheet", lambda route: route.abort())
    screen.press("Grant and sign")
    said = "No connection to the annexe: nothing was sent, nothing is decided. Try again when it is back."
    expect(screen.page.locator("[data-said]")).to_have_text(screen.say(said))
    screen.forgive()
    screen.look("authority-offline", picture=False)
