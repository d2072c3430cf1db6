"""A page that refreshes itself in a real browser: what a person has in hand stays, and he is told that news waits.

None of these waits for a time to pass: that news came and was held back is seen by the notice.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from edge.services.calls import ring
from edge.services.office import Office
from tests.edge.web.browser import needs_chromium, open_page, sign_in
from tests.edge.web.staff import at_work, file_request, open_account
from tests.edge.web.test_staff_browser import faults_of

pytestmark = needs_chromium

ADD_FIELD = """(field) => document.querySelector("#queue .calls").insertAdjacentHTML("beforeend", field)"""
"""Regions have few fields today; what holds for one holds wherever a screen puts one."""

NO_ANSWER = """() => {
  globalThis.sent = 0;
  addEventListener("submit", (event) => { if (!event.defaultPrevented) sent += 1; event.preventDefault(); });
}"""
"""Forms go nowhere; those that once.js let go are counted, for it listens first."""

ANSWERED = """() => {
  const form = document.querySelector("#queue form");
  delete form.dataset.onItsWay;
  form.dispatchEvent(new Event("answered", { bubbles: true }));
}"""
"""What once.js does when no answer has come for ten seconds."""


async def new_request(office: Office) -> None:
    """News for the counter's queue."""
    async with at_work(office, "salma") as other:
        await file_request(other, await open_account(other))


def news(page: Page) -> Locator:
    return page.locator("[data-live-news]")


def queued(page: Page) -> Locator:
    return page.locator("#queue .reference")


@pytest.fixture
async def counter(office: Office, site: str, browser: Browser) -> Page:
    """A clerk's counter, listening, with one call from the kiosk."""
    ring(office, "guide of procedures", "fr")
    page = await open_page(browser, site)
    async with page.expect_response(lambda answer: "/counter/live" in answer.url):
        await sign_in(page, site, "salma")
    await expect(page.locator("#queue .call")).to_have_count(1)
    return page


async def test_a_button_stays_under_the_finger_until_the_click_has_counted(office: Office, counter: Page) -> None:
    await counter.locator("#queue .call button").hover()
    await counter.mouse.down()
    await new_request(office)
    await expect(news(counter)).to_be_visible()
    await expect(queued(counter)).to_have_count(0)
    async with counter.expect_navigation():
        await counter.mouse.up()
    assert office.calls.waiting(office.now()) == []
    await expect(queued(counter)).to_have_count(1)
    await expect(news(counter)).to_be_hidden()


async def test_a_press_that_clicks_nothing_lets_the_news_come(office: Office, counter: Page) -> None:
    await counter.locator("#main").hover(position={"x": 5, "y": 300})
    await counter.mouse.down()
    await new_request(office)
    await expect(news(counter)).to_be_visible()
    await counter.mouse.up()
    await expect(queued(counter)).to_have_count(1)
    await expect(news(counter)).to_be_hidden()


async def test_the_focus_stays_where_the_keyboard_has_brought_it(office: Office, counter: Page) -> None:
    button = counter.locator("#queue .call button")
    await button.focus()
    await new_request(office)
    await expect(news(counter)).to_be_visible()
    await expect(button).to_be_focused()
    await counter.locator("#q").focus()
    await expect(queued(counter)).to_have_count(1)
    await expect(news(counter)).to_be_hidden()
    await expect(counter.locator("#q")).to_be_focused()


@pytest.mark.parametrize(
    ("field", "fill", "empty"),
    [
        ("<input name='note' value=''>", "f.value = 'half'", "f.value = ''"),
        ("<input name='note' type='checkbox' checked>", "f.checked = false", "f.checked = true"),
        ("<select name='note'><option>a<option>b</select>", "f.selectedIndex = 1", "f.selectedIndex = 0"),
        ("<textarea name='note'>said</textarea>", "f.value = 'more'", "f.value = 'said'"),
    ],
)
async def test_what_is_filled_in_stays_until_it_is_taken_back(
    office: Office, counter: Page, field: str, fill: str, empty: str
) -> None:
    change = "(f) => {{ {}; f.dispatchEvent(new Event('input', {{ bubbles: true }})); }}"
    fill_in = f"({change.format(fill)})(document.querySelector('[name=note]'))"
    note = counter.locator("[name=note]")
    await counter.evaluate(f"(field) => {{ ({ADD_FIELD})(field); {fill_in}; }}", field)  # in one breath: it is in hand
    await new_request(office)
    await expect(news(counter)).to_be_visible()
    await expect(queued(counter)).to_have_count(0)
    await note.evaluate(change.format(empty))
    await expect(queued(counter)).to_have_count(1)
    await expect(note).to_have_count(0)


async def test_selected_text_can_be_copied_while_news_comes(office: Office, counter: Page) -> None:
    await counter.evaluate("getSelection().selectAllChildren(document.querySelector('#queue h2'))")
    await new_request(office)
    await expect(news(counter)).to_be_visible()
    assert await counter.evaluate("String(getSelection())") != ""
    await counter.evaluate("getSelection().removeAllRanges()")
    await expect(queued(counter)).to_have_count(1)


async def test_a_form_on_its_way_is_not_put_anew_under_a_second_tap(office: Office, counter: Page) -> None:
    await counter.evaluate(NO_ANSWER)
    button = counter.locator("#queue .call button")
    await button.click()
    await counter.locator("#q").focus()  # it leaves the button: what holds the region now is the form alone
    await new_request(office)
    await expect(news(counter)).to_be_visible()
    await button.click()
    assert await counter.evaluate("sent") == 1
    await counter.locator("#q").focus()
    await counter.evaluate(ANSWERED)
    await expect(queued(counter)).to_have_count(1)


async def test_what_says_the_same_is_not_replaced_and_is_no_news(office: Office, counter: Page) -> None:
    await counter.evaluate("document.querySelector('#queue .call').mark = 'the same element'")
    await counter.locator("#queue .call button").focus()
    async with counter.expect_response(lambda answer: answer.request.headers.get("x-live") == "1") as asked:
        office.announcer.publish(["calls"])
    await (await asked.value).finished()
    await counter.locator("#q").focus()
    await new_request(office)
    await expect(queued(counter)).to_have_count(1)
    await expect(news(counter)).to_be_hidden()


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_that_news_waits_is_said_politely(office: Office, site: str, browser: Browser, language: str) -> None:
    ring(office, "guide of procedures", "fr")
    page = await open_page(browser, site, language=language)
    async with page.expect_response(lambda answer: "/counter/live" in answer.url):
        await sign_in(page, site, "salma")
    await page.locator("#queue .call button").focus()
    await new_request(office)
    await expect(page.get_by_role("status").filter(has=news(page))).to_be_visible()
    assert await faults_of(page) == []
