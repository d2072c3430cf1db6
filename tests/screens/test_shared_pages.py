"""What is forgotten while a page is made is not shown to the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from screens import cookies, pages, security
from screens.pages import Area
from screens.shared_pages import SharedPages

Browser = TestClient[Any, Any]


class Paper:
    """What a page says; it can be held back while it is read."""

    def __init__(self) -> None:
        self.text, self.read, self.go_on = "old", asyncio.Event(), asyncio.Event()
        self.makings = 0
        self.go_on.set()

    async def context(self) -> dict[str, str]:
        self.makings += 1
        text = self.text
        self.read.set()
        await self.go_on.wait()
        return {"text": text}


@pytest.fixture
def shared() -> SharedPages:
    return SharedPages()


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
async def browser(tmp_path: Path, shared: SharedPages, paper: Paper) -> AsyncIterator[Browser]:
    (tmp_path / "paper.html").write_text("<p>{{ text }}</p>{{ csrf }} {{ command() }}")

    async def show(request: web.Request) -> web.StreamResponse:
        return await shared.show(request, "paper.html", paper.context)

    app = web.Application()
    security.install(app)
    pages.setup(
        app,
        areas=[Area("hall", "base.html", 60_000, "/hall")],
        folders=[tmp_path],
        now=lambda: 0,
        entropy=lambda size: b"e" * size,
        context=lambda _request: {},
    )
    app.router.add_get("/hall/paper", show)
    async with TestClient(TestServer(app)) as browser:
        yield browser


async def said(browser: Browser) -> str:
    return str(await (await browser.get("/hall/paper")).text())


async def test_a_page_is_made_once_until_it_is_forgotten(browser: Browser, shared: SharedPages, paper: Paper) -> None:
    assert "<p>old</p>" in await said(browser)
    paper.text = "new"
    assert "<p>old</p>" in await said(browser)
    assert paper.makings == 1
    shared.forget()
    assert "<p>new</p>" in await said(browser)


async def test_a_page_whose_making_began_before_the_change_is_not_kept(
    browser: Browser, shared: SharedPages, paper: Paper
) -> None:
    paper.go_on.clear()
    slow = asyncio.create_task(said(browser))
    await paper.read.wait()
    paper.text = "new"
    shared.forget()
    paper.go_on.set()
    assert "<p>old</p>" in await slow
    assert "<p>new</p>" in await said(browser)


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("mulhaqa=abc; lang=fr", {"mulhaqa": "abc", "lang": "fr"}),
        ("lang=fr;mulhaqa=a=b", {"lang": "fr", "mulhaqa": "a=b"}),
        ("lang=fr; lang=ar", {"lang": "ar"}),
        ("nonsense; =; lang = fr ", {"": "", "lang": "fr"}),
        ("", {}),
    ],
)
async def test_cookies_are_read_as_they_were_sent(header: str, read: dict[str, str]) -> None:
    seen: list[dict[str, str]] = []

    async def show(request: web.Request) -> web.Response:
        seen.append(dict(cookies.sent(request)))
        return web.Response()

    app = web.Application()
    app.router.add_get("/", show)
    async with TestClient(TestServer(app)) as browser:
        await browser.get("/", headers={"Cookie": header} if header else {})
    assert seen == [read]
