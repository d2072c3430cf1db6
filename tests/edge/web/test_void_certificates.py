"""Certificates that count no more, on the screens: replaced at the counter, annulled on the tablet, told to people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from edge.services import requests
from edge.services.office import Office
from edge.store.feeds import accept
from edge.web import application
from edge.web.kiosk_words import VOID
from protocol.office.casework import State
from protocol.office.events import RevocationsPublished, VoidSince, to_value
from protocol.records.hashing import subject_from_text
from tests.edge.web import staff
from tests.edge.web.staff import Desk, make_ready
from tests.edge.web.support import NOON, Clock, feed_of

SERIAL = "abcdefghijklmnop"
LOST = {"cause": "lost", "holder_seen": "yes"}
WRONG = {"reason_code": "address", "reason_text": "L’adresse est celle de l’ancien logement."}


@pytest.fixture
async def case(office: Office) -> str:
    """A request whose certificate is ready."""
    await staff.hire(office)
    return await make_ready(office)


async def state(office: Office, case: str) -> State:
    return (await requests.dossier(office, subject_from_text(case))).case.state


@pytest.fixture
async def desk(office: Office, case: str) -> AsyncIterator[Desk]:
    async with staff.at_work(office, "salma") as desk:
        yield desk


@pytest.fixture
async def tablet(office: Office, case: str) -> AsyncIterator[Desk]:
    async with staff.at_work(office, "youssef") as tablet:
        yield tablet


async def test_a_lost_certificate_is_replaced_and_the_page_says_which_counts_no_more(
    desk: Desk, office: Office, case: str
) -> None:
    request = f"/counter/request/{case}"
    await desk.send(request, f"{request}/replace", LOST)
    page = await desk.read(request)
    assert "le premier certificat ne compte plus" in page
    assert "perdu, remplacé" in page
    assert SERIAL in page
    assert await state(office, case) is State.APPROVED
    await desk.read(f"{request}/certificate.pdf", 404)


async def test_a_collected_certificate_can_be_replaced_too(desk: Desk, office: Office, case: str) -> None:
    request = f"/counter/request/{case}"
    await desk.send(request, f"{request}/hand-over", {"card_seen": "yes"})
    await desk.send(request, f"{request}/replace", LOST | {"cause": "damaged"})
    assert await state(office, case) is State.APPROVED


@pytest.mark.parametrize("missing", ["cause", "holder_seen"])
async def test_a_replacement_without_card_or_cause_says_so_in_the_open_form(
    desk: Desk, office: Office, case: str, missing: str
) -> None:
    request = f"/counter/request/{case}"
    answer = await desk.send(request, f"{request}/replace", LOST | {missing: ""}, status=422)
    page = await answer.text()
    assert f'id="error-{missing}"' in page
    assert '<details class="card act aside" open>' in page
    assert await state(office, case) is State.READY


async def test_the_agent_finds_a_decided_request_and_annuls_in_two_steps(
    tablet: Desk, office: Office, case: str
) -> None:
    reference = (await requests.dossier(office, subject_from_text(case))).case.reference
    at = f"/authority/request/{case}"
    found = await tablet.send("/authority", "/authority/find", {"reference": reference.lower()})
    assert found.headers["Location"] == at
    assert f'href="{at}/annul"' in await tablet.read(at)
    asked = await tablet.send(f"{at}/annul", f"{at}/annul", WRONG, status=200)
    page = await asked.text()
    assert 'name="sure" value="yes"' in page
    assert await state(office, case) is State.READY
    sure = WRONG | {"serial": SERIAL, "sure": "yes"}
    await tablet.send(f"{at}/annul", f"{at}/annul", sure)
    assert await state(office, case) is State.UNDER_DECISION
    page = await tablet.read(at)
    assert "Certificats qui ne comptent plus" in page
    assert f'href="{at}/annul"' not in page
    assert f'href="{at}"' in await tablet.read("/authority")


async def test_an_annulment_without_reason_is_not_asked_twice(tablet: Desk, office: Office, case: str) -> None:
    at = f"/authority/request/{case}/annul"
    for wrong in ("reason_code", "reason_text"):
        answer = await tablet.send(at, at, WRONG | {wrong: "", "sure": "yes"}, status=422)
        assert f'id="error-{wrong}"' in await answer.text()
    assert await state(office, case) is State.READY


async def test_a_certificate_that_was_replaced_meanwhile_is_not_annulled(
    tablet: Desk, office: Office, case: str
) -> None:
    at = f"/authority/request/{case}/annul"
    await tablet.send(at, at, WRONG | {"serial": "of another", "sure": "yes"}, status=409)
    assert await state(office, case) is State.READY


async def test_a_reference_that_is_unknown_is_told_beside_its_field(tablet: Desk) -> None:
    for typed, status in (("nothing", 422), ("B05-9TH1M-KFANQ", 404)):
        answer = await tablet.send("/authority", "/authority/find", {"reference": typed}, status=status)
        assert 'id="error-reference"' in await answer.text()


async def test_each_act_is_for_its_role_alone(office: Office, case: str) -> None:
    async with staff.at_work(office, "salma") as desk:
        answer = await desk.client.get(f"/authority/request/{case}/annul", allow_redirects=False)
        assert answer.status == 303
    async with staff.at_work(office, "youssef") as tablet:
        answer = await tablet.client.get("/counter/paper", allow_redirects=False)
        assert answer.status == 303


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_the_receipt_says_in_words_that_the_paper_counts_no_more(
    desk: Desk, office: Office, case: str, language: str
) -> None:
    await desk.send(f"/counter/request/{case}", f"/counter/request/{case}/replace", LOST)
    reference = (await requests.dossier(office, subject_from_text(case))).case.reference
    async with staff.visiting(application.build(office, ["kiosk"]), language) as kiosk:
        page = await (await kiosk.get(f"/kiosk/follow/{reference}")).text()
    assert "data-void" in page
    assert VOID["lost"] not in page
    for kept in (SERIAL, "Benali", "résidence", "السكنى"):
        assert kept not in page


async def test_the_counter_says_what_the_list_says_and_how_old_it_is(desk: Desk, office: Office, clock: Clock) -> None:
    async def ask(serial: str) -> str:
        answer = await desk.send("/counter/paper", "/counter/paper", {"serial": serial}, status=200)
        return str(await answer.text())

    assert "pas encore arrivée" in await ask("aaaa")
    published = RevocationsPublished(
        number=1, issued_ms=NOON, next_update_ms=NOON + 60_000, annulled=[VoidSince("aaaa", NOON)], replaced=[]
    )
    feed, trust = feed_of([to_value(published)], b"segment2")
    await accept(office.store, "berkane-05", feed, trust)
    assert 'data-paper="annulled"' in await ask("AA AA")
    assert 'data-paper="unlisted"' in await ask("bbbb")
    clock.ms += 120_000
    assert "liaison avec la préfecture est coupée" in await ask("bbbb")
    await desk.send("/counter/paper", "/counter/paper", {"serial": ""}, status=422)
