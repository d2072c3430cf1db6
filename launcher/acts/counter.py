"""A clerk at the counter: finding and opening accounts, requests, pieces, the enquiry, papers, handing over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from launcher.acts.kiosk import PROCEDURE, Filed, accepted, answers_for, good, pdf_of, requests_on
from launcher.client import Browser, Form, Page, PageMissing
from launcher.people import Person
from launcher.stage import Person as Agent


class Counter:
    """One clerk's day at the counter: signed in once, and again if the annexe forgot him."""

    def __init__(self, browser: Callable[[], Browser], clerk: Agent) -> None:
        self._new_browser = browser
        self._clerk = clerk
        self._browser: Browser | None = None

    def forget(self) -> None:
        """Close the browser: the annexe started anew and knows no session."""
        self._browser = None

    def open_account(self, person: Person) -> None:
        """Open an account for somebody who is there with his card; the clerk's name is recorded."""
        page = good(self._get("/counter/new-account"))
        form = page.form(action="/counter/new-account", has="consent")
        typed = {name: getattr(person, name) for name in ("cnie", "name_fr", "name_ar", "phone", "address", "pin")}
        answers = {**typed, "birth_date": person.birth_date, "language": "fr", "consent": "yes", "card_seen": "yes"}
        accepted(self._submit(page, form, answers), page)

    def account_of(self, person: Person) -> str:
        """The account that a search for his card opens, "" if there is none."""
        page = good(self._get("/counter"))
        found = good(self._submit(page, page.form(action="/counter/search", has="q"), {"q": person.cnie}))
        return found.path.rsplit("/", 1)[1] if found.path.startswith("/counter/person/") else ""

    def file(self, person: Person) -> None:
        """Ask for the certificate in his name."""
        page = good(self._get(f"/counter/person/{self.account_of(person)}/new-request/{PROCEDURE}"))
        form = page.form(action=f"/new-request/{PROCEDURE}")
        accepted(self._submit(page, form, {**answers_for(form), "language": "fr"}), page)

    def filed(self, person: Person) -> list[Filed]:
        """The requests of his account."""
        account = self.account_of(person)
        return requests_on(good(self._get(f"/counter/person/{account}")), "/counter/request/") if account else []

    def state(self, case: str) -> str:
        """The state of a request, as the counter shows it."""
        return self._open(case).rows("/counter/request/").get(case, "")

    def helped_by(self, person: Person) -> bool:
        """Whether the account's page names the clerk who opened it."""
        account = self.account_of(person)
        if not account:
            return False
        page = good(self._get(f"/counter/person/{account}"))
        return self._clerk.name_ar in page.words or self._clerk.name_fr in page.words

    def complete(self, case: str) -> None:
        """See every piece, and the card of who is only declared."""
        page = self._open(case)
        form = page.form(action=f"{case}/pieces")
        seen = [name for name in form.choices if name.startswith("piece-") or name == "card_seen"]
        accepted_act(self._submit(page, form, dict.fromkeys(seen, "yes")))

    def enquire(self, case: str, outcome: str) -> None:
        """Enter what the moqaddem reported; `outcome`: favourable or unfavourable."""
        page = self._open(case)
        yesterday = (date.today() - timedelta(days=1)).isoformat()
        answers = {"outcome": outcome, "by_title": "moqaddem", "on": yesterday}
        accepted_act(self._submit(page, page.form(action=f"{case}/enquiry"), answers))

    def offers(self, case: str, act: str) -> bool:
        """Whether the request's page offers an act: pieces, enquiry, ready, hand-over."""
        return any(form.action.endswith(f"{case}/{act}") for form in self._open(case).forms)

    def certificate(self, case: str) -> bytes:
        """The sealed certificate, as it is sent to the printer."""
        page = self._open(case)
        return pdf_of(self._get(page.link("certificate.pdf")))

    def confirm(self, case: str) -> None:
        """Confirm that the paper is printed and stamped."""
        page = self._open(case)
        form = page.form(action=f"{case}/ready")
        accepted_act(self._submit(page, form, {"printed": "yes", "stamped": "yes"}))

    def hand_over(self, case: str) -> None:
        """Hand the paper to somebody whose card was seen."""
        page = self._open(case)
        accepted_act(self._submit(page, page.form(action=f"{case}/hand-over"), {"card_seen": "yes"}))

    def replace(self, case: str) -> None:
        """Declare the certificate lost, the card having been seen."""
        page = self._open(case)
        answers = {"cause": "lost", "holder_seen": "yes"}
        accepted_act(self._submit(page, page.form(action=f"{case}/replace"), answers))

    def _open(self, case: str) -> Page:
        return good(self._get(f"/counter/request/{case}"))

    def _get(self, path: str) -> Page:
        if self._browser is None:
            self._browser = signed_in(self._new_browser(), "/counter", self._clerk)
        return self._browser.get(path)

    def _submit(self, page: Page, form: Form, answers: dict[str, str]) -> Page:
        if self._browser is None:
            raise PageMissing("the clerk's browser was closed between a page and its form")
        return self._browser.submit(page, form, answers)


def signed_in(browser: Browser, area: str, agent: Agent) -> Browser:
    """Sign an agent in at an area; PageMissing if it does not let him in."""
    page = good(browser.get(f"{area}/sign-in"))
    form = page.form(action=f"{area}/sign-in", has="password")
    after = browser.submit(page, form, {"login": agent.login, "password": agent.password})
    if after.status != 200 or "sign-in" in after.path:
        raise PageMissing(f"{area} does not let {agent.login} in ({after.status}): {after.words[:200]}")
    return browser


def accepted_act(page: Page) -> Page:
    """The page after an act; PageMissing with what the screen says if it was refused."""
    if page.status != 200:
        raise PageMissing(f"{page.path} was not accepted ({page.status}): {page.words[:300]}")
    return page
