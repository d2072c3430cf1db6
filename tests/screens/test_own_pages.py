"""A person's page is given again from his session while it is so, and never once it is not."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from screens import pages, security
from screens.own_pages import Made, OwnPages
from screens.pages import Area

Browser = TestClient[Any, Any]
ME, CHILD, STRANGER = b"me", b"child", b"stranger"
DAY = date(2026, 11, 27)


class Life:
    """What is so; reading it can be held back."""

    def __init__(self) -> None:
        self.text, self.today, self.makings = "old", DAY, 0
        self.read, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def make(self) -> Made:
        self.makings += 1
        text = self.text
        self.read.set()
        await self.go_on.wait()
        return Made(frozenset({ME, CHILD}), {"text": text})


@pytest.fixture
def own() -> OwnPages:
    return OwnPages(most_pages=2, most_accounts=5)


@pytest.fixture
def life() -> Life:
    return Life()


@pytest.fixture
async def browser(tmp_path: Path, own: OwnPages, life: Life) -> AsyncIterator[Browser]:
    """A browser that has signed in."""
    (tmp_path / "page.html").write_text("<p>{{ text }}</p>{{ tongue.code }} {{ csrf }} {{ command() }} {{ principal }}")
    drawn = iter(range(1_000_000))

    async def show(request: web.Request) -> web.StreamResponse:
        return await own.show(request, "page.html", life.today, life.make)

    async def sign_in(request: web.Request) -> web.StreamResponse:
        request.app[pages.SITE].sessions.sign_in(pages.session_of(request), request.query["who"])
        return web.Response(text="signed in")

    async def leave(request: web.Request) -> web.StreamResponse:
        request.app[pages.SITE].sessions.close(pages.session_of(request))
        return web.Response(text="gone")

    app = web.Application()
    security.install(app)
    pages.setup(
        app,
        areas=[Area("hall", "base.html", 60_000, "/hall")],
        folders=[tmp_path],
        now=lambda: 0,
        entropy=lambda size: hashlib.shake_256(str(next(drawn)).encode()).digest(size),
        context=lambda _request: {},
    )
    app.router.add_get("/hall/page", show)
    app.router.add_get("/hall/sign-in", sign_in)
    app.router.add_get("/hall/leave", leave)
    async with TestClient(TestServer(app)) as browser:
        await browser.get("/hall/sign-in?who=Fatima")
        yield browser


async def said(browser: Browser, address: str = "/hall/page") -> str:
    return str(await (await browser.get(address)).text())


async def test_it_is_made_once_while_nothing_of_it_changes(browser: Browser, own: OwnPages, life: Life) -> None:
    first = await said(browser)
    own.changed({STRANGER})
    again = await said(browser)
    assert life.makings == 1
    assert "<p>old</p>" in again
    tokens, later = re.findall("[0-9a-f]{32,}", first), re.findall("[0-9a-f]{32,}", again)
    assert tokens[0] == later[0], "the session's token stays"
    assert tokens[1] != later[1], "each form has a fresh command"


@pytest.mark.parametrize("accounts", [{ME}, {CHILD}, {STRANGER, CHILD}, set()])
async def test_it_is_made_anew_once_any_of_its_accounts_or_nobody_knows_whose_changed(
    browser: Browser, own: OwnPages, life: Life, accounts: set[bytes]
) -> None:
    assert "<p>old</p>" in await said(browser)
    life.text = "new"
    own.changed(accounts)
    assert "<p>new</p>" in await said(browser)
    assert "<p>new</p>" in await said(browser)
    assert life.makings == 2


async def test_a_change_while_it_is_made_is_not_missed(browser: Browser, own: OwnPages, life: Life) -> None:
    life.go_on.clear()
    slow = asyncio.create_task(said(browser))
    await life.read.wait()
    life.text = "new"
    own.changed({ME})
    life.go_on.set()
    assert "<p>old</p>" in await slow
    assert "<p>new</p>" in await said(browser)


async def test_changes_of_more_people_than_are_remembered_are_not_missed(
    browser: Browser, own: OwnPages, life: Life
) -> None:
    await said(browser)
    life.text = "new"
    own.changed({ME})
    for number in range(own.most_accounts + 1):
        own.changed({number.to_bytes(4, "big")})
    assert "<p>new</p>" in await said(browser)


async def test_another_day_address_or_language_has_its_own(browser: Browser, life: Life) -> None:
    await said(browser)
    life.text = "new"
    assert "<p>new</p>" in await said(browser, "/hall/page?new=1")
    await said(browser)
    life.text = "newer"
    browser.session.cookie_jar.update_cookies({"lang": "fr"})
    assert "<p>newer</p>fr" in await said(browser)
    life.today, life.text = date(2026, 11, 28), "newest"
    assert "<p>newest</p>" in await said(browser)


async def test_it_dies_with_the_session(browser: Browser, life: Life) -> None:
    assert "Fatima" in await said(browser)
    await browser.get("/hall/leave")
    await browser.get("/hall/sign-in?who=Ali")
    text = await said(browser)
    assert "Ali" in text
    assert "Fatima" not in text
    assert life.makings == 2


async def test_a_page_made_for_one_is_not_kept_for_who_signed_in_meanwhile(browser: Browser, life: Life) -> None:
    life.go_on.clear()
    slow = asyncio.create_task(said(browser))
    await life.read.wait()
    await browser.get("/hall/sign-in?who=Ali")
    life.go_on.set()
    await slow
    assert "Ali" in await said(browser)
    assert life.makings == 2


async def test_only_so_many_sessions_keep_a_page(browser: Browser, own: OwnPages, life: Life) -> None:
    await said(browser)
    server = TestServer(browser.app)
    await server.start_server()
    others = [Browser(server) for _ in range(own.most_pages)]
    for other in others:
        await other.get("/hall/sign-in?who=Ali")
        await said(other)
    before = life.makings
    await said(others[-1])
    assert life.makings == before
    await said(browser)
    assert life.makings == before + 1
    for other in others:
        await other.close()
