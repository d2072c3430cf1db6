"""One screen of the house: a browser of its own (no cookie, no key of another), looked at in every state it reaches."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from launcher.stage import Person, Stage
from screens.languages import Languages, Tongue
from tests.journeys.looks import DESK, KIOSK, WALL, Size, faults
from tests.journeys.pictures import save

PATIENCE = 30_000  # milliseconds for what is waited for: a busy machine seals a PDF in some seconds
OTHER_SIZES: dict[Size, Sequence[Size]] = {KIOSK: (DESK,), DESK: (WALL,), WALL: ()}
DOCUMENT_REFUSED = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Screen:
    """A page and what it says besides. `look(name)` fails on anything that it owes and does not give."""

    page: Page
    context: BrowserContext
    tongue: Tongue
    site: str
    pictures: Path | None
    seen: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where the page is, without the origin."""
        return self.page.url.removeprefix(self.site)

    def open(self, path: str) -> Response:
        """Go to a path of this site; its answer."""
        response = self.page.goto(self.site + path)
        assert response is not None
        return response

    def say(self, msgid: str, **facts: str | int) -> str:
        """A sentence as this screen's language says it."""
        return self.tongue.say(msgid, facts)

    def shows(self, msgid: str, **facts: str | int) -> None:
        """Wait until the page shows a sentence."""
        expect(self.page.locator("body")).to_contain_text(self.say(msgid, **facts))

    def press(self, msgid: str) -> None:
        """Press the button or follow the link of that name."""
        name = self.say(msgid)
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        found.first.click()

    def type(self, **values: str) -> None:
        """Type into fields by their names."""
        for name, value in values.items():
            self.page.fill(f"[name='{name}']", value)

    def arrive(self, pattern: str) -> None:
        """Wait until the page's path with its query is this one (`*` stands for any part of it)."""
        wanted = re.compile(re.escape(self.site + pattern).replace(r"\*", ".*"))
        self.page.wait_for_url(lambda url: bool(wanted.fullmatch(url)), wait_until="load")

    def lose_session(self) -> None:
        """Hold a session that the server knows no more: what is left of one that idled away, or of a restart."""
        [held] = [cookie for cookie in self.context.cookies() if cookie["name"] == "mulhaqa"]
        gone = "x" * len(held["value"])
        self.context.add_cookies(
            [{"name": "mulhaqa", "value": gone, "domain": held["domain"], "path": held["path"], "httpOnly": True}]
        )

    def sign_in(self, agent: Person, area: str) -> None:
        """Sign an agent in at an area."""
        self.open(f"/{area}/sign-in")
        self.type(login=agent.login, password=agent.password)
        self.page.click("main button[type=submit]")
        self.arrive(f"/{area}*")
        assert "sign-in" not in self.path, self.page.inner_text("main")

    def look(self, name: str, *, picture: bool = True) -> None:
        """Look closely at the state that the page is in; keep a picture of it where pictures are wanted."""
        self.page.wait_for_load_state("load")
        kiosk = self.page.viewport_size == {"width": KIOSK[0], "height": KIOSK[1]}
        found = faults(self.page, self.tongue.code, kiosk=kiosk, other_sizes=OTHER_SIZES[self._size()])
        assert not found, f"{name} ({self.tongue.code}):\n" + "\n".join(found)
        assert not self.complaints, f"{name}: the browser complains: {self.complaints}"
        self.seen.append(name)
        if picture and self.pictures:
            width, height = self._size()
            save(self.page, self.pictures / f"{name}-{self.tongue.code}-{width}x{height}.png")

    def forgive(self) -> None:
        """Forget the browser's complaints: the test made it complain."""
        self.complaints.clear()

    def _size(self) -> Size:
        size = self.page.viewport_size
        assert size is not None
        return size["width"], size["height"]


class Screens:
    """Opens screens, and closes them all."""

    def __init__(self, browser: Browser, stage: Stage, pictures: Path | None) -> None:
        self._browser = browser
        self._stage = stage
        self._pictures = pictures
        self._languages = Languages.load()
        self._opened: list[Screen] = []

    @classmethod
    def with_pictures(cls, browser: Browser, stage: Stage) -> Screens:
        """Screens of a stage; pictures are kept where the environment asks for them."""
        pictures = os.environ.get("MULHAQA_PICTURES")
        return cls(browser, stage, Path(pictures) if pictures else None)

    def kiosk(self, language: str) -> Screen:
        """The kiosk, portrait."""
        return self._open(self._stage.edge_url, language, KIOSK)

    def desk(self, language: str) -> Screen:
        """A counter, the tablet or the administrator's machine."""
        return self._open(self._stage.edge_url, language, DESK)

    def wall(self) -> Screen:
        """The waiting room's display, which speaks both languages; its page says that it is Arabic."""
        return self._open(self._stage.edge_url, "ar", WALL)

    def prefecture(self, language: str) -> Screen:
        """A desk at the prefecture."""
        return self._open(self._stage.centre_url, language, DESK)

    def stranger(self, language: str) -> Screen:
        """A device on the annexe's network that is no screen of it."""
        return self._open(self._stage.edge_url, language, DESK, paired=False)

    def second(self, screen: Screen) -> Screen:
        """Another tab of the same browser."""
        return self._page(screen.context, screen.site, screen.tongue)

    def agent(self, role: str) -> Person:
        """Who signs in with a role."""
        return self._stage.person(role)

    def close(self) -> None:
        """Close every browser, and fail if one complained about a page that nobody looked at."""
        for screen in self._opened:
            screen.context.close()
        complaints = [text for screen in self._opened for text in screen.complaints]
        self._opened.clear()
        assert not complaints, complaints

    def _open(self, site: str, language: str, size: Size, *, paired: bool = True) -> Screen:
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
        cookies = {"lang": language} | (self._stage.cookies if paired and site == self._stage.edge_url else {})
        context.add_cookies(
            [{"name": name, "value": value, "url": site, "httpOnly": True} for name, value in cookies.items()]
        )
        context.set_default_timeout(PATIENCE)
        return self._page(context, site, self._languages[language])

    def _page(self, context: BrowserContext, site: str, tongue: Tongue) -> Screen:
        page = context.new_page()
        screen = Screen(page, context, tongue, site, self._pictures)
        page.on("console", _note(screen))
        page.on("pageerror", lambda error: screen.complaints.append(f"{page.url}: {error}"))
        self._opened.append(screen)
        return screen


def _note(screen: Screen) -> Callable[[ConsoleMessage], None]:
    """Keep errors and violations, but for the browser's own line about a page that came with a 4xx, as some should."""

    def note(message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        where = message.location.get("url", "")
        page_itself = message.text.startswith(DOCUMENT_REFUSED) and where.split("#")[0] == screen.page.url
        if not page_itself:
            screen.complaints.append(f"{where}: {message.text}")

    return note
