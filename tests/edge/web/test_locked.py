"""A locked appliance says so on every screen, opens by what is typed at /admin, and tells nobody anything else."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from playwright.async_api import Browser, expect

from edge.custody.gate import Gate
from edge.listening import served
from edge.unlocking import SHUTDOWN_S
from edge.web import locked
from protocol.errors import PersonError
from tests.edge.custody.support import KEY, LOCK, PHRASE, Machine
from tests.edge.web.browser import needs_chromium, open_page
from tests.edge.web.support import Clock, Visitor
from tests.edge.web.test_staff_browser import faults_of


class Elsewhere(asyncio.Transport):
    """The line of another machine on the annexe's network."""

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("192.168.1.66", 50_000) if name == "peername" else default


@pytest.fixture
async def gate(tmp_path: Path) -> Gate:
    machine = Machine(tmp_path)
    machine.keeper().add("passphrase", KEY, LOCK)
    return Gate(machine.keeper(), Clock())


@pytest.fixture
async def client(gate: Gate) -> AsyncIterator[Visitor]:
    async with TestClient(TestServer(locked.build(gate, Clock(), os.urandom))) as client:
        yield client


async def typed(client: Visitor, passphrase: str) -> tuple[int, str]:
    page = await (await client.get("/admin")).text()
    token = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    answer = await client.post("/admin", data={"csrf": token, "passphrase": passphrase})
    return answer.status, await answer.text()


@pytest.mark.parametrize("path", ["/", "/kiosk", "/counter/request/abc", "/display", "/authority", "/mirror"])
async def test_every_screen_says_that_it_is_locked(client: Visitor, path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 503
    assert "هذه الشاشة مقفلة" in await answer.text()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in answer.headers


async def test_health_and_figures_tell_it(client: Visitor) -> None:
    answer = await client.get("/health")
    assert (answer.status, await answer.json()) == (503, {"locked": True})
    assert "mulhaqa_edge_locked 1.0" in await (await client.get("/metrics")).text()


async def test_the_passphrase_opens_and_is_never_given_back(client: Visitor, gate: Gate) -> None:
    status, page = await typed(client, "une autre phrase, assez longue")
    assert status == 401
    assert "une autre phrase" not in page
    assert not gate.is_open
    status, page = await typed(client, PHRASE)
    assert status == 200
    assert PHRASE not in page
    assert await gate.opened() == KEY


async def test_a_form_of_another_page_is_not_looked_at(client: Visitor, gate: Gate) -> None:
    await client.get("/admin")
    assert (await client.post("/admin", data={"passphrase": PHRASE})).status == 403
    assert (await client.post("/kiosk", data={"passphrase": PHRASE})).status == 405
    assert not gate.is_open


async def test_what_is_typed_elsewhere_in_clear_is_not_looked_at(gate: Gate) -> None:
    app = locked.build(gate, Clock(), os.urandom)
    request = make_mocked_request("POST", "/admin", app=app, transport=Elsewhere())
    with pytest.raises(PersonError) as refused:
        locked.refuse_in_clear(request)
    assert refused.value.status == 403


@needs_chromium
@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_the_locked_pages_are_accessible_and_come_back_by_themselves(
    gate: Gate, browser: Browser, language: str
) -> None:
    async with served(locked.build(gate, Clock(), os.urandom), "127.0.0.1", 0, None, SHUTDOWN_S) as port:
        site = f"http://127.0.0.1:{port}"
        faults = []
        for size in ((1280, 800), (390, 844)):
            page = await open_page(browser, site, language=language, size=size)
            for path in ("/kiosk", "/admin"):
                await page.goto(site + path)
                faults += await faults_of(page)
                if folder := os.environ.get("MULHAQA_PICTURES"):
                    await page.screenshot(path=f"{folder}/locked{path.replace('/', '-')}-{language}-{size[0]}.png")
        await page.fill("[name=passphrase]", "une autre phrase, assez longue")
        await page.click("main button[type=submit]")
        await expect(page.locator(".field.wrong")).to_be_visible()
        faults += await faults_of(page)
        await page.fill("[name=passphrase]", PHRASE)
        await page.click("main button[type=submit]")
        await expect(page.locator(".notice.ready")).to_be_visible()
        faults += await faults_of(page)
    assert faults == []
