"""The authority agent at his tablet: his key, the sheet that he reads, his signature."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable

from launcher.acts.counter import signed_in
from launcher.acts.kiosk import good
from launcher.client import Browser, Page, PageMissing
from launcher.people import Person, plain
from launcher.stage import Person as Agent
from protocol.office.decision import DecisionSheet, parse_sheet, sign_sheet
from protocol.records.keys import SigningKey

REASON = "not_resident"
WHY = "L'enquête n'a pas établi la résidence à l'adresse déclarée."


class Authority:
    """One agent with a key of his own, which never leaves this process."""

    def __init__(self, browser: Callable[[], Browser], agent: Agent, key: SigningKey) -> None:
        self._new_browser = browser
        self._agent = agent
        self._key = key
        self._browser: Browser | None = None

    def forget(self) -> None:
        """Close the browser: the annexe started anew and knows no session."""
        self._browser = None

    def enrol(self) -> None:
        """Have the annexe know the public half of the key."""
        browser, page = self._open("/authority")
        browser.call(page, page.form(action="/authority/key"), {"public": self._public()})

    def is_enrolled(self) -> bool:
        """Whether the tablet's page names this very key."""
        return self._open("/authority")[1].marked("data-enrolled") == [self._public()]

    def waits(self, case: str) -> bool:
        """Whether a request is in his list."""
        return any(link.endswith(f"/authority/request/{case}") for link in self._open("/authority")[1].links)

    def decide(self, case: str, reference: str, person: Person, outcome: str) -> None:
        """Read the sheet from its bytes, check that it says what he means, sign and send it."""
        verb = "?verb=refuse" if outcome == "refused" else ""
        browser, page = self._open(f"/authority/request/{case}{verb}")
        reason = {"reason_code": REASON, "reason_text": WHY} if outcome == "refused" else {}
        drawn = browser.call(page, page.form(mark=("data-outcome", outcome)), reason)
        data = b64decode(drawn["sheet"])
        _check(parse_sheet(data), reference, person, outcome)
        signature = sign_sheet(data, self._key)
        sent = {"sheet": b64encode(data).decode(), "signature": b64encode(signature).decode()}
        browser.call(page, page.form(action=f"/authority/request/{case}/decision"), sent)

    def _open(self, path: str) -> tuple[Browser, Page]:
        if self._browser is None:
            self._browser = signed_in(self._new_browser(), "/authority", self._agent)
        return self._browser, good(self._browser.get(path))

    def _public(self) -> str:
        return b64encode(self._key.public).decode()


def _check(sheet: DecisionSheet, reference: str, person: Person, outcome: str) -> None:
    """What an agent checks before he signs; PageMissing if the sheet is another one than he asked for."""
    if (sheet.reference, sheet.outcome) != (reference, outcome):
        raise PageMissing(f"the sheet to sign is about {sheet.reference} ({sheet.outcome}), not the one asked for")
    pairs = ((sheet.identity.cnie, person.cnie), (sheet.identity.name_fr, person.name_fr))
    if any(plain(read) != plain(typed) for read, typed in pairs):
        raise PageMissing("the sheet to sign names another person than the one who asked")
