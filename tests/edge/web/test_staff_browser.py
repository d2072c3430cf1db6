"""The staff screens in a real browser: accessible, whole on their screen, live, and at hand by their keys."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # axe ships no types
from playwright.async_api import Browser, Page, expect

from edge.services import messages
from edge.services.office import Office
from tests.edge.web.browser import needs_chromium, open_page, sign_in
from tests.edge.web.staff import (
    RESIDENCE,
    at_work,
    complete,
    enquire,
    file_request,
    make_ready,
    open_account,
    ready_to_decide,
)

pytestmark = needs_chromium
LANGUAGES = ["ar", "fr"]
COUNTER_SIZES = [(1280, 800), (1920, 1080)]


async def faults_of(page: Page) -> list[str]:
    """What WCAG 2.2 AA faults axe finds, and whether the page is wider than its screen."""
    found = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    violations = found.response["violations"]
    faults = [f"{page.url}: {fault['id']}: {node['html'][:160]}" for fault in violations for node in fault["nodes"]]
    wide, screen = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return faults + ([f"{page.url} is {wide} wide on {screen}"] if wide > screen else [])


async def busy_day(office: Office) -> list[str]:
    """Requests in every state that a counter meets; returns their addresses."""
    async with at_work(office, "salma") as desk:
        filed = await file_request(desk, await open_account(desk, card_seen=""))
        enquiry = await file_request(desk, await open_account(desk, cnie="FA200001", phone=""))
        await complete(desk, enquiry)
        waiting = await file_request(desk, await open_account(desk, cnie="FA200002", name_fr="Ahmed El Amrani"))
        await complete(desk, waiting)
        await enquire(desk, waiting, "unfavourable")
    ready = "/counter/request/" + await make_ready(office, cnie="FA200003", phone="")
    await messages.send_due(office)
    return [filed, enquiry, waiting, ready]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", COUNTER_SIZES)
async def test_the_counter_is_accessible_in_every_state(
    office: Office, site: str, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    addresses = await busy_day(office)
    page = await open_page(browser, site, language=language, size=size)
    await page.goto(f"{site}/counter/sign-in")
    faults = await faults_of(page)
    await sign_in(page, site, "salma")
    person = ""
    for address in ("/counter", "/counter/new-account", *addresses):
        await page.goto(f"{site}{address}")
        faults += await faults_of(page)
        person = await page.evaluate("document.querySelector('.who h1 a')?.getAttribute('href') ?? ''") or person
    for address in (person, f"{person}/new-request", f"{person}/new-request/{RESIDENCE}"):
        await page.goto(f"{site}{address}")
        faults += await faults_of(page)
    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_refused_form_is_accessible_and_leads_to_the_first_slip(
    site: str, browser: Browser, language: str
) -> None:
    page = await open_page(browser, site, language=language)
    await sign_in(page, site, "salma")
    await page.keyboard.press("F2")
    await page.wait_for_url("**/new-account")
    await page.keyboard.press("F6")
    await page.wait_for_selector("#error-cnie")
    assert await faults_of(page) == []
    await expect(page.locator("#field-cnie")).to_be_focused()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_tablet_is_accessible_while_he_reads_refuses_and_signs(
    office: Office, site: str, browser: Browser, language: str
) -> None:
    case = await ready_to_decide(office)
    page = await open_page(browser, site, language=language)
    await sign_in(page, site, "youssef")
    await expect(page.locator("[data-authority]")).to_have_attribute("data-key-state", "enrolled")
    faults = await faults_of(page)
    await page.goto(f"{site}/authority/request/{case}?verb=refuse")
    faults += await faults_of(page)
    await page.goto(f"{site}/authority/request/{case}")
    await page.click("form[data-outcome=approved] button")
    await page.wait_for_selector("[data-sheet]:not([hidden])")
    faults += await faults_of(page)
    await page.click("form[data-decide] button")
    await page.wait_for_selector("[data-undo-seconds]")
    faults += await faults_of(page)
    await page.goto(f"{site}/authority")
    assert faults + await faults_of(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_display_and_administration_are_accessible_empty_and_full(
    office: Office, site: str, browser: Browser, language: str
) -> None:
    hall = await open_page(browser, site, language=language, size=(1920, 1080))
    admin = await open_page(browser, site, language=language)
    await hall.goto(f"{site}/display")
    await sign_in(admin, site, "karim")
    faults = await faults_of(hall) + await faults_of(admin)
    await make_ready(office)
    await messages.send_due(office)
    await hall.reload()
    await admin.reload()
    assert faults + await faults_of(hall) + await faults_of(admin) == []


async def test_a_number_appears_on_the_board_by_itself(office: Office, site: str, browser: Browser) -> None:
    hall = await open_page(browser, site, size=(1920, 1080))
    await hall.goto(f"{site}/display")
    await expect(hall.locator(".nothing")).to_be_visible()
    await hall.wait_for_timeout(300)
    await make_ready(office)
    await expect(hall.locator(".number.latest")).to_be_visible()
    size = await hall.locator(".number.latest bdi").evaluate(
        "(number) => parseFloat(getComputedStyle(number).fontSize)"
    )
    assert size >= 130


async def test_the_queue_follows_by_itself_without_touching_what_the_clerk_types(
    office: Office, site: str, browser: Browser
) -> None:
    page = await open_page(browser, site)
    await sign_in(page, site, "salma")
    await page.goto(f"{site}/counter/new-account")
    await page.fill("[name=cnie]", "FA99")
    async with at_work(office, "salma") as other:
        await file_request(other, await open_account(other))
    await expect(page.locator("#queue .reference")).to_have_count(1)
    assert await page.input_value("[name=cnie]") == "FA99"


async def test_slash_leads_to_the_search_and_the_keys_to_the_acts(office: Office, site: str, browser: Browser) -> None:
    async with at_work(office, "salma") as other:
        request = await file_request(other, await open_account(other))
    page = await open_page(browser, site)
    await sign_in(page, site, "salma")
    await page.goto(f"{site}{request}")
    await page.keyboard.press("/")
    await expect(page.locator("#q")).to_be_focused()
    await page.keyboard.press("F6")
    await page.wait_for_selector("#error-pieces")
    await page.check("[name=piece-cnie]")
    await page.check("[name=piece-bill]")
    await page.keyboard.press("F6")
    await page.wait_for_selector("[name=by_title]")


TAPS = """() => [1, 2].map(() => {
  const tap = new SubmitEvent("submit", { bubbles: true, cancelable: true });
  document.querySelector("main form").dispatchEvent(tap);
  return tap.defaultPrevented ? "held back" : "sent";
})"""


@pytest.mark.parametrize("area", ["counter", "authority", "admin"])
async def test_a_second_tap_sends_nothing_again(site: str, browser: Browser, area: str) -> None:
    page = await open_page(browser, site)
    await page.goto(f"{site}/{area}/sign-in")
    assert await page.evaluate(TAPS) == ["sent", "held back"]
