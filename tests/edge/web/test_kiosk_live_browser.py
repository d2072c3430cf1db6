"""Somebody before his requests at the kiosk while they move on: he is told, and nothing moves under his hands.

None of these waits for a time to pass: what came is seen by the notice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from edge.services import accounts, pieces, requests
from edge.services.account_forms import AccountForm
from edge.services.office import Office
from protocol.office.events import Actor
from tests.edge.web.browser import needs_chromium, open_page, served
from tests.edge.web.support import PERSON, PIN
from tests.edge.web.test_staff_browser import faults_of

pytestmark = needs_chromium

CLERK = Actor(role="clerk", id="salma", name="Salma Bennani", name_ar="سلمى بناني")
HERSELF = Actor(role="citizen", id="kiosk", name="Fatima Zahra Benali", name_ar="فاطمة الزهراء بنعلي")
ANSWERS = {"since": "2021-09", "title": "tenant", "use": ""}
KIOSK = (1080, 1920)
TOUCH = 112
"""Pixels of the smallest thing to be touched on the kiosk's screen: 20 mm."""


@dataclass
class Citizen:
    """Somebody signed in at the kiosk, and what the office does with his request meanwhile."""

    office: Office
    page: Page
    case: bytes

    async def moves_on(self) -> None:
        """A clerk sees the pieces: the request goes to the enquiry."""
        await pieces.complete(self.office, self.office.command(), self.case, ["cnie", "bill"], CLERK, card_seen=True)

    @property
    def notice(self) -> Locator:
        return self.page.locator("[data-live-news]")

    @property
    def came(self) -> Locator:
        return self.page.locator("[data-live-came]")

    @property
    def state(self) -> Locator:
        return self.page.locator("#requests .state")


async def at_kiosk(office: Office, site: str, browser: Browser, language: str = "fr") -> Citizen:
    form = AccountForm(**PERSON | {"pin": PIN, "language": "fr", "consent": "notice-1"})  # type: ignore[arg-type]  # a form as typed
    account = await accounts.open_account(office, office.command(), form, CLERK, card_seen=True)
    sent = await requests.submit(office, office.command(), account, "residence-autorite-locale", ANSWERS, HERSELF, "fr")
    page = await open_page(browser, site, language=language, size=KIOSK)
    await page.goto(f"{site}/kiosk/sign-in")
    await page.fill("[name=cnie]", "FA123456")
    await page.fill("[name=pin]", PIN)
    async with page.expect_response(lambda answer: "/kiosk/live" in answer.url):
        await page.locator("[name=pin]").press("Enter")
    return Citizen(office, page, sent.case)


@pytest.fixture
async def site(office: Office) -> AsyncIterator[str]:
    async with served(office, ["kiosk"]) as address:
        yield address


@pytest.fixture
async def citizen(office: Office, site: str, browser: Browser) -> Citizen:
    return await at_kiosk(office, site, browser)


async def test_before_who_only_watches_news_comes_by_itself_and_is_said(citizen: Citizen) -> None:
    before = await citizen.state.inner_text()
    await citizen.moves_on()
    await expect(citizen.came).to_be_visible()
    await expect(citizen.notice).to_be_hidden()
    await expect(citizen.state).not_to_have_text(before)
    await citizen.page.locator("h1").click()
    await expect(citizen.came).to_be_hidden()


async def test_who_touched_the_page_is_told_and_asks_for_it_himself(citizen: Citizen) -> None:
    before = await citizen.state.inner_text()
    await citizen.page.locator("h1").click()
    places = [await one.bounding_box() for one in await citizen.page.locator("main a, footer .button:visible").all()]
    await citizen.moves_on()
    await expect(citizen.notice).to_be_visible()
    await expect(citizen.state).to_have_text(before)
    elsewhere = citizen.page.locator("main a, footer .button:visible:not([data-live-show])")
    assert [await one.bounding_box() for one in await elsewhere.all()] == places
    await citizen.page.get_by_role("button", name="Afficher").click()
    await expect(citizen.state).not_to_have_text(before)
    await expect(citizen.notice).to_be_hidden()
    await expect(citizen.came).to_be_hidden()


async def test_the_focus_stays_where_it_is_until_he_asks(citizen: Citizen) -> None:
    link = citizen.page.locator("footer a.button")
    await link.focus()
    await citizen.page.keyboard.press("Shift")
    await citizen.moves_on()
    await expect(citizen.notice).to_be_visible()
    await expect(link).to_be_focused()
    await citizen.page.locator("[data-live-show]").press("Enter")
    await expect(citizen.notice).to_be_hidden()
    await expect(citizen.page.locator("#requests")).to_be_focused()


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_the_notice_is_polite_large_enough_to_touch_and_accessible(
    office: Office, site: str, browser: Browser, language: str
) -> None:
    citizen = await at_kiosk(office, site, browser, language)
    await citizen.page.locator("h1").click()
    await citizen.moves_on()
    await expect(citizen.page.get_by_role("status").filter(has=citizen.notice)).to_be_visible()
    box = await citizen.page.locator("[data-live-show]").bounding_box()
    assert box is not None
    assert box["height"] >= TOUCH
    assert await faults_of(citizen.page) == []
