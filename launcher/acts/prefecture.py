"""The prefecture: what arrived there, and whether it recognises its own papers."""

from __future__ import annotations

from collections.abc import Callable

from launcher.acts.counter import signed_in
from launcher.acts.kiosk import good
from launcher.client import Browser
from launcher.stage import Person as Agent


class Prefecture:
    """An officer of the prefecture at his desk."""

    def __init__(self, browser: Callable[[], Browser], agent: Agent) -> None:
        self._new_browser = browser
        self._agent = agent

    def state(self, reference: str) -> str:
        """The state of a request as the prefecture knows it, "" while nothing has arrived."""
        browser = signed_in(self._new_browser(), "/prefecture", self._agent)
        page = good(browser.get(f"/prefecture/requests?reference={reference}"))
        return page.states[0] if page.states else ""
