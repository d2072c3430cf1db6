"""Pages that all visitors share are rendered once, and nobody receives anything of another's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer

from edge.services.office import Office
from edge.web import application
from tests.edge.web.paired import held
from tests.edge.web.support import ABOLISHED, PERSON, PROCEDURES, Post, Visitor, both, open_account, publish

GUIDE, PROCEDURE = "/kiosk/guide", "/kiosk/procedures/residence-autorite-locale"
NEW: dict[str, Any] = {**ABOLISHED, "id": "celibat", "name": both("شهادة العزوبة", "Certificat de célibat")}


@pytest.fixture
async def server(office: Office) -> AsyncIterator[BaseTestServer]:
    async with TestServer(application.build(office, ["kiosk"])) as server:
        yield server


def browser(server: BaseTestServer, language: str = "fr") -> Visitor:
    return TestClient(server, cookies=held(language))


async def text_of(visitor: Visitor, path: str) -> str:
    response = await visitor.get(path)
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    return str(await response.text())


def tokens(text: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', text)


@pytest.mark.parametrize("path", [GUIDE, PROCEDURE])
async def test_each_visitor_has_his_own_token_and_each_form_a_fresh_command(server: BaseTestServer, path: str) -> None:
    async with browser(server) as one, browser(server) as other:
        first, again, theirs = await text_of(one, path), await text_of(one, path), await text_of(other, path)
    assert len(set(tokens(first, "csrf"))) == 1
    assert set(tokens(first, "csrf")) == set(tokens(again, "csrf"))
    assert set(tokens(first, "csrf")).isdisjoint(tokens(theirs, "csrf"))
    commands = [command for text in (first, again, theirs) for command in tokens(text, "command")]
    assert commands
    assert len(set(commands)) == len(commands)
    assert all(re.fullmatch("[0-9a-f]{32}", command) for command in commands)
    assert "mark-of" not in first


async def test_the_form_on_a_shared_page_works(kiosk: Visitor, post: Post) -> None:
    await text_of(kiosk, GUIDE)
    assert (await post(GUIDE, "/kiosk/call", back=GUIDE)).status == 200


async def test_each_language_has_its_page(server: BaseTestServer) -> None:
    async with browser(server, "fr") as french, browser(server, "ar") as arabic:
        for _ in range(2):
            assert 'lang="fr" dir="ltr"' in await text_of(french, GUIDE)
            assert 'lang="ar" dir="rtl"' in await text_of(arabic, GUIDE)


async def test_who_wants_to_ask_sees_only_what_can_be_asked_for(kiosk: Visitor) -> None:
    for _ in range(2):
        assert "/kiosk/procedures/residence-police" in await text_of(kiosk, GUIDE)
        assert "/kiosk/procedures/residence-police" not in await text_of(kiosk, f"{GUIDE}?for=request")


async def test_what_is_published_is_shown_at_once(kiosk: Visitor, office: Office) -> None:
    assert "Certificat de célibat" not in await text_of(kiosk, GUIDE)
    await publish(office.store, (*PROCEDURES, NEW))
    assert "Certificat de célibat" in await text_of(kiosk, GUIDE)


async def test_a_signed_in_citizens_page_is_for_him_alone(server: BaseTestServer, kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    assert PERSON["name_fr"] in await text_of(kiosk, PROCEDURE)
    async with browser(server) as stranger:
        assert PERSON["name_fr"] not in await text_of(stranger, PROCEDURE)
    assert PERSON["name_fr"] in await text_of(kiosk, PROCEDURE)


async def test_an_address_that_does_not_exist_is_not_kept(kiosk: Visitor) -> None:
    for number in range(3):
        assert (await kiosk.get(f"/kiosk/procedures/nothing-{number}")).status == 404


@pytest.mark.parametrize("path", [GUIDE, PROCEDURE, f"{GUIDE}?for=request"])
async def test_nobody_reads_what_another_added_to_the_address(server: BaseTestServer, path: str) -> None:
    added = f"{path}{'&' if '?' in path else '?'}mine=FA123456"
    async with browser(server) as one, browser(server) as other:
        assert "FA123456" in await text_of(one, added)
        assert "FA123456" not in await text_of(other, path)
        assert "FA123456" not in await text_of(other, f"{path.split('?', maxsplit=1)[0]}?theirs=1")
