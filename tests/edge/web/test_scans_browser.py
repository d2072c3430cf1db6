"""Scanning in a real browser: the file on its way, the picture that is seen again, what is said of a refused one."""

from __future__ import annotations

import asyncio
import re
import struct
import zlib
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Route, expect

from edge.reencoding.client import Reencoder
from edge.services.office import Office
from tests.edge.web.browser import hold, needs_chromium, open_page, sign_in
from tests.edge.web.staff import at_work, complete, enquire, file_request, open_account
from tests.edge.web.support import bill_stays
from tests.edge.web.test_staff_browser import faults_of

pytestmark = needs_chromium


def picture(width: int = 600, height: int = 800) -> bytes:
    """A page with lines on it, as PNG."""
    rows = b"".join(
        b"\0" + (b"\x22\x33\x44" if row % 40 < 6 and 60 < row < height - 60 else b"\xf6\xf2\xe8") * width
        for row in range(height)
    )
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*parts, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


PAGE = FilePayload(name="page.png", mimeType="image/png", buffer=picture())
DAMAGED = FilePayload(name="half.png", mimeType="image/png", buffer=picture()[:900])
OTHER = FilePayload(name="page.exe", mimeType="image/png", buffer=b"MZ this is no scan")


@pytest.fixture
def documents() -> tuple[dict[str, Any], ...]:
    return (bill_stays(),)


async def filed(office: Office) -> str:
    async with at_work(office, "salma") as desk:
        return await file_request(desk, await open_account(desk))


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_a_clerk_scans_sees_the_picture_and_the_agent_sees_it_too(
    office: Office, site: str, browser: Browser, language: str
) -> None:
    office.reencoder = Reencoder()
    request = await filed(office)
    page = await open_page(browser, site, language=language)
    await sign_in(page, site, "salma")
    await page.goto(f"{site}{request}")
    faults = await faults_of(page)
    refused = page.locator("#error-bill")
    for file, says in ((OTHER, re.compile("JPEG")), (DAMAGED, re.compile("تالف|abîmé"))):
        await page.set_input_files("#scan-bill", file)
        await page.click("form[data-upload] button")
        await expect(refused).to_have_text(says)
    faults += await faults_of(page)
    await page.set_input_files("#scan-bill", PAGE)
    await page.click("form[data-upload] button")
    shown = page.locator("#scans img")
    await expect(shown).to_be_visible()
    await shown.scroll_into_view_if_needed()
    await expect(shown).to_have_js_property("naturalWidth", 600)
    faults += await faults_of(page)
    async with page.context.expect_page() as opened:
        await page.click("#scans .scans a")
    picture_page = await opened.value
    await expect(picture_page.locator("img")).to_have_js_property("naturalWidth", 600)
    async with at_work(office, "salma") as desk:
        await complete(desk, request)
        await enquire(desk, request)
    tablet = await open_page(browser, site, language=language)
    await sign_in(tablet, site, "youssef")
    await expect(tablet.locator(".scans img").first).to_have_js_property("naturalWidth", 600)
    faults += await faults_of(tablet)
    await tablet.click("form[data-outcome=approved] button")
    await tablet.wait_for_selector("[data-sheet]:not([hidden])")
    await tablet.click("form[data-decide] button")
    await tablet.wait_for_selector("[data-undo-seconds]")
    assert faults == []


async def test_a_file_on_its_way_shows_how_far_it_is_and_is_not_sent_twice(
    office: Office, site: str, browser: Browser
) -> None:
    request = await filed(office)
    page = await open_page(browser, site)
    await sign_in(page, site, "salma")
    await page.goto(f"{site}{request}")
    waits, seen = asyncio.Event(), asyncio.Event()

    async def slow(route: Route) -> None:
        waits.set()
        await seen.wait()
        await route.continue_()

    await page.route("**/scans", slow)
    await page.set_input_files("#scan-bill", PAGE)
    await page.click("form[data-upload] button")
    await waits.wait()
    await expect(page.locator("progress")).to_be_visible()
    await expect(page.locator("form[data-upload] button")).to_be_disabled()
    seen.set()
    await expect(page.locator("#scans .scans a")).to_have_count(1)


async def test_without_javascript_the_plain_form_does_the_same(office: Office, site: str, browser: Browser) -> None:
    request = await filed(office)
    context = await browser.new_context(java_script_enabled=False)
    await hold(context, site)
    page = await context.new_page()
    await sign_in(page, site, "salma")
    await page.goto(f"{site}{request}")
    await page.set_input_files("#scan-bill", OTHER)
    await page.click("form[data-upload] button")
    await expect(page.locator("#error-bill")).to_be_visible()
    await page.set_input_files("#scan-bill", PAGE)
    await page.click("form[data-upload] button")
    await expect(page.locator("#scans img")).to_have_count(1)
