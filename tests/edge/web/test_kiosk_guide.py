"""The guide at the kiosk: declarations to print, and the whole catalogue as the prefecture publishes it."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer

from edge.services.guide import TOPICS
from edge.web import application
from tests.edge.press.papers import text_of
from tests.edge.web.paired import held
from tests.edge.web.support import PERSON, Clock, Post, Visitor, open_account, open_office

CATALOGUE = Path(__file__).parents[3] / "central" / "catalogue"
DOCUMENTS: tuple[dict[str, Any], ...] = tuple(
    yaml.safe_load(path.read_text("utf-8")) for path in sorted(CATALOGUE.glob("*.yaml"))
)
SHOWN = ("name", "summary", "instead", "receipt", "decided_elsewhere_by", "legal_basis")


@pytest.fixture
async def whole(tmp_path: Path, clock: Clock) -> AsyncIterator[Visitor]:
    """A browser before a kiosk with the whole catalogue, in French."""
    folder = tmp_path / "whole"
    folder.mkdir()
    office = await open_office(folder, clock, DOCUMENTS)
    async with TestClient(TestServer(application.build(office, ["kiosk"])), cookies=held()) as visitor:
        yield visitor
    await office.press.close()
    await office.store.close()


async def body(visitor: Visitor, path: str, status: int = 200) -> str:
    response = await visitor.get(path)
    text: str = await response.text()
    assert response.status == status, text
    return text


FORM = "/kiosk/procedures/vie-individuelle/declarations/vie.pdf"


async def test_an_abolished_certificate_offers_its_declaration_to_print(kiosk: Visitor) -> None:
    text = await body(kiosk, "/kiosk/procedures/vie-individuelle")
    assert f'href="{FORM}"' in text
    assert "Je déclare sur l’honneur être en vie." in text
    answer = await kiosk.get(FORM)
    assert (answer.status, answer.content_type) == (200, "application/pdf")
    printed = text_of(await answer.read())
    assert "Déclaration sur l’honneur de vie" in printed
    assert "Nom du témoin" in printed


async def test_a_declaration_holds_nothing_of_who_is_signed_in(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    printed = text_of(await (await kiosk.get(FORM)).read())
    assert not [typed for typed in PERSON.values() if typed in printed]


async def test_a_declaration_that_the_guide_does_not_have_is_a_page_in_words(kiosk: Visitor) -> None:
    assert "Le guide ne contient pas cette déclaration" in await body(kiosk, FORM.replace("vie.pdf", "no.pdf"), 404)
    assert "ne figure pas dans le guide" in await body(kiosk, FORM.replace("individuelle", "x"), 404)


async def test_the_whole_guide_is_grouped_by_events_of_life_and_numbered_through(whole: Visitor) -> None:
    text = await body(whole, "/kiosk/guide")
    assert re.findall(r'<h2 id="([a-z]+)">', text) == [topic for topic in TOPICS if topic]
    numbers = re.findall(r'class="num" aria-hidden="true">(\d+)<', text)
    assert numbers == [str(number) for number in range(1, len(DOCUMENTS) + 1)]


async def test_who_wants_to_ask_sees_what_can_be_asked_for_and_no_more(whole: Visitor) -> None:
    text = await body(whole, "/kiosk/guide?for=request")
    assert len(re.findall(r'class="card entry"', text)) == 4
    assert not re.findall(r'<h2 id="(?!idle)', text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document["id"]))
async def test_each_page_says_all_that_is_known(whole: Visitor, document: dict[str, Any]) -> None:
    page = html.unescape(await body(whole, f"/kiosk/procedures/{document['id']}"))
    for name in SHOWN:
        if document.get(name) and not (name == "receipt" and document["status"] == "abolished"):
            assert document[name]["fr"] in page, name
    for piece in document.get("pieces", []):
        assert piece["label"]["fr"] in page
    for declaration in document.get("declarations", []):
        assert f"/declarations/{declaration['id']}.pdf" in page
        assert declaration["text"]["fr"] in page
    assert ("Commencer ma demande" in page) == bool(document.get("fields"))
    assert ("avril 2021" in page) == (document["status"] == "abolished")
    assert ("reste à confirmer" in page or "restent à confirmer" in page) == document.get("pieces_to_confirm", False)
