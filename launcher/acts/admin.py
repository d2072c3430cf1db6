"""The appliance's own page: what became of the messages, and that it names nobody."""

from __future__ import annotations

from collections.abc import Callable

from launcher.acts.counter import signed_in
from launcher.acts.kiosk import good
from launcher.client import Browser, Page
from launcher.people import Person
from launcher.stage import Person as Agent


class Admin:
    """Whoever looks after the appliance."""

    def __init__(self, browser: Callable[[], Browser], agent: Agent) -> None:
        self._new_browser = browser
        self._agent = agent

    def messages(self, reference: str) -> list[str]:
        """The states of the messages about a request, the newest first."""
        marked = (mark.split(":", 1) for mark in self._page().marked("data-message"))
        return [state for about, state in marked if about == reference]

    def names(self, person: Person) -> list[str]:
        """Which of the person's data the page shows; it should be none."""
        words = self._page().words
        data = (person.name_fr, person.name_ar, person.cnie, person.phone, person.address)
        return [text for text in data if text and text in words]

    def _page(self) -> Page:
        return good(signed_in(self._new_browser(), "/admin", self._agent).get("/admin"))
