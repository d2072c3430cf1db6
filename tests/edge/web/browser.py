"""A real Chromium before the staff screens, for what only a browser does: keys, signatures, live regions, layout."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from edge.services.office import Office
from edge.store.rows import Committed
from edge.web import application
from tests.edge.web.paired import held
from tests.edge.web.staff import AREAS, PASSWORD, SCREENS

CHROMIUM = Path("/usr/bin/chromium")
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed here")


@asynccontextmanager
async def served(office: Office, screens: Sequence[str] = SCREENS) -> AsyncIterator[str]:
    """Serve the office on a free port of localhost, where browsers have WebCrypto; yields its address."""

    def announce(_changes: list[Committed]) -> None:
        office.announcer.publish(["cases", "display", "outbox"])

    office.store.on_commit(lambda committed: announce(list(committed)))
    runner = web.AppRunner(application.build(office, screens), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "localhost", 0)
    await site.start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def open_page(browser: Browser, site: str, *, language: str = "fr", size: tuple[int, int] = (1280, 800)) -> Page:
    """A page of a browser of its own: no cookie, no key of another."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    await hold(context, site, language)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    return page


async def hold(context: BrowserContext, site: str, language: str = "fr") -> None:
    """Let a browser be a paired screen of each kind."""
    cookies = held(language).items()
    await context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies])


async def sign_in(page: Page, site: str, login: str) -> None:
    """Sign an agent in at his own screen."""
    area = AREAS[login]
    await page.goto(f"{site}/{area}/sign-in")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url(f"{site}/{area}")
