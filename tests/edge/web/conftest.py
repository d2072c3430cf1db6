"""A whole office in a temporary folder, and a browser before its kiosk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser

from edge.services.office import Office
from edge.web import application
from tests.edge.web.browser import chromium, served
from tests.edge.web.paired import held
from tests.edge.web.staff import hire
from tests.edge.web.support import PROCEDURES, Clock, Post, Visitor, open_office


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def documents() -> tuple[dict[str, Any], ...]:
    """What the guide holds."""
    return PROCEDURES


@pytest.fixture
async def office(tmp_path: Path, clock: Clock, documents: tuple[dict[str, Any], ...]) -> AsyncIterator[Office]:
    office = await open_office(tmp_path, clock, documents)
    yield office
    await office.press.close()
    await office.store.close()


@pytest.fixture
async def site(office: Office) -> AsyncIterator[str]:
    """The office on a port, with its staff hired."""
    await hire(office)
    async with served(office) as address:
        yield address


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def kiosk(office: Office) -> AsyncIterator[Visitor]:
    """A browser before the kiosk, in French."""
    server = TestServer(application.build(office, ["kiosk"]))
    async with TestClient(server, cookies=held()) as visitor:
        yield visitor


@pytest.fixture
def post(kiosk: Visitor) -> Post:
    """Fill in the form of a page as a browser does: with the page's own hidden fields."""

    async def fill(page: str, to: str = "", *, follow: bool = False, **fields: str) -> Any:
        text = await (await kiosk.get(page)).text()
        hidden = dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text))
        return await kiosk.post(to or page, data={**hidden, **fields}, allow_redirects=follow)

    return fill
