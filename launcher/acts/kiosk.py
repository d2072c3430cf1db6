"""A citizen at the kiosk: guide, account, request, receipt, the state by receipt."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from launcher.client import Browser, Form, Page, PageMissing
from launcher.people import Person

PROCEDURE = "residence-autorite-locale"
REFERENCE = re.compile(r"\b[A-Z][0-9]{2}-[0-9A-Z]{5}-[0-9A-Z]{5}\b")
ROOT = "/kiosk/account/new"
MONTH_TYPED = 7  # characters of a field that asks for 09/2019


@dataclass(frozen=True, slots=True)
class Filed:
    """A request that the annexe took: its case (as in addresses) and its reference (as on the receipt)."""

    case: str
    reference: str


class Kiosk:
    """The kiosk, one visit after another; each begins with a browser that knows nobody."""

    def __init__(self, browser: Callable[[], Browser]) -> None:
        self._browser = browser

    def look_up(self, words: str) -> str:
        """Search the guide without an account; the address of the certificate's page."""
        page = good(self._browser().get("/kiosk/guide"))
        asked = self._browser()
        found = good(asked.submit(asked.get("/kiosk/guide"), page.form(has="q"), {"q": words}))
        return found.link(f"/kiosk/procedures/{PROCEDURE}")

    def open_account(self, person: Person) -> None:
        """Answer every question, check, choose a PIN."""
        browser = self._browser()
        page = good(browser.get(ROOT))
        answers = {**_typed(person), "birth_date": as_typed(person.birth_date)}
        while not page.path.endswith("/check"):
            page = accepted(browser.submit(page, *_filled(page.form(id="question"), answers)), page)
        page = good(browser.get(f"{ROOT}/pin"))
        form = page.form(has="pin_again")
        accepted(browser.submit(page, form, {"pin": person.pin, "pin_again": person.pin}), page)

    def has_account(self, person: Person) -> bool:
        """Whether he can sign in."""
        return self._try_sign_in(self._browser(), person).path.startswith("/kiosk/account")

    def request(self, person: Person) -> None:
        """Ask for the certificate: the catalogue's questions, check, send."""
        browser = self._signed_in(person)
        procedure = good(browser.get(f"/kiosk/procedures/{PROCEDURE}"))
        page = good(browser.get(procedure.link(f"/kiosk/request/{PROCEDURE}")))
        while "/questions/" in page.path:
            form = page.form(has=page.path.rsplit("/", 1)[1])
            page = accepted(browser.submit(page, form, answers_for(form)), page)
        accepted(browser.submit(page, page.form(id="send")), page)

    def filed(self, person: Person) -> list[Filed]:
        """The requests of his account."""
        page = good(self._signed_in(person).get("/kiosk/account"))
        return requests_on(page, "/kiosk/account/requests/")

    def receipt(self, person: Person, case: str) -> bytes:
        """The receipt as a PDF, by way of the receipt on the screen."""
        browser = self._signed_in(person)
        page = good(browser.get(f"/kiosk/receipt/{case}"))
        return pdf_of(browser.get(page.link("receipt.pdf")))

    def leaves_nothing(self, person: Person) -> bool:
        """Sign out; whether the same browser then is a stranger."""
        browser = self._signed_in(person)
        page = good(browser.get("/kiosk/account"))
        good(browser.submit(page, page.form(action="/kiosk/sign-out")))
        after = browser.get("/kiosk/account")
        return "sign-in" in after.path and person.name_fr not in after.words and person.name_ar not in after.words

    def state(self, reference: str) -> str:
        """The state that a receipt shows to whoever holds it."""
        browser = self._browser()
        page = good(browser.get("/kiosk/follow"))
        found = good(browser.submit(page, page.form(has="reference"), {"reference": reference}))
        return found.states[0] if found.states else ""

    def _signed_in(self, person: Person) -> Browser:
        browser = self._browser()
        page = self._try_sign_in(browser, person)
        if not page.path.startswith("/kiosk/account"):
            raise PageMissing(f"the kiosk does not sign him in ({page.status})")
        return browser

    def _try_sign_in(self, browser: Browser, person: Person) -> Page:
        page = good(browser.get("/kiosk/sign-in"))
        form = page.form(action="/kiosk/sign-in", has="pin")
        return browser.submit(page, form, {"cnie": person.cnie, "pin": person.pin})


def requests_on(page: Page, part: str) -> list[Filed]:
    """The requests that a page lists with their states, as links whose address holds `part`."""
    found = []
    for case in page.rows(part):
        references = REFERENCE.findall(page.title(f"{part}{case}"))
        if not references:
            raise PageMissing(f"{page.path} shows a request without its reference")
        found.append(Filed(case, references[0]))
    return found


def good(page: Page) -> Page:
    """The page itself; PageMissing if it is a refusal."""
    if page.status != 200:
        raise PageMissing(f"{page.path} answered {page.status}: {page.words[:300]}")
    return page


def accepted(page: Page, before: Page) -> Page:
    """The page after a form was taken; PageMissing with what the screen says if it was shown again."""
    if page.status != 200 or page.path == before.path:
        raise PageMissing(f"{before.path} was not accepted ({page.status}): {page.words[:300]}")
    return page


def pdf_of(page: Page) -> bytes:
    """The bytes of a PDF; PageMissing if it is none."""
    if page.status != 200 or page.kind != "application/pdf" or not page.body.startswith(b"%PDF-"):
        raise PageMissing(f"{page.path} ({page.status}, {page.kind}) is no PDF")
    return page.body


def answers_for(form: Form) -> dict[str, str]:
    """An answer to each question of the catalogue that is still empty: a choice, a month, some words."""
    answers = {name: next(option for option in options if option) for name, options in form.choices.items()}
    for name in form.fields:
        if form.kinds.get(name) != "hidden" and name not in form.choices:
            answers[name] = _words_for(form, name)
    return {name: answer for name, answer in answers.items() if not form.fields.get(name)}


def _words_for(form: Form, name: str) -> str:
    if form.kinds.get(name) == "month":
        return "2019-09"
    return "09/2019" if form.longest.get(name) == MONTH_TYPED else "Dossier administratif"


def as_typed(birth_date: str) -> str:
    """A date as the kiosk asks for it: 12/03/1987."""
    year, month, day = birth_date.split("-")
    return f"{day}/{month}/{year}"


def _typed(person: Person) -> dict[str, str]:
    return {name: getattr(person, name) for name in ("cnie", "name_fr", "name_ar", "phone", "address")}


def _filled(form: Form, answers: dict[str, str]) -> tuple[Form, dict[str, str]]:
    """A question's form with those of the answers that it asks for."""
    return form, {name: value for name, value in answers.items() if form.knows(name)}
