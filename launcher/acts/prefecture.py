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
        self._browser: Browser | None = None

    def state(self, reference: str) -> str:
        """The state of a request as the prefecture knows it, "" while nothing has arrived."""
        page = good(self._signed_in().get("/prefecture/requests"))
        form = page.form(action="/prefecture/requests", has="reference")
        found = self._signed_in().submit(page, form, {"reference": reference})
        return found.states[0] if found.status == 200 and found.states else ""

    def _signed_in(self) -> Browser:
        if self._browser is None:
            self._browser = signed_in(self._new_browser(), "/prefecture", self._agent)
        return self._browser
