"""The authority agent's tablet: what waits, the sheet that is signed, grants, refusals, and what is not accepted."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from edge.services import requests
from edge.services.office import Office
from edge.web.authority_words import vocabulary
from protocol.office.casework import State
from protocol.office.decision import parse_sheet
from protocol.office.events import Representative
from protocol.records.hashing import subject_from_text
from protocol.records.keys import SigningKey
from tests.edge.web import staff
from tests.edge.web.staff import Desk, decide, enrol, sheet_of
from tests.edge.web.support import Clock

GRANT = {"outcome": "approved"}
REFUSE = {"outcome": "refused", "reason_code": "not_resident", "reason_text": "L’enquête ne l’établit pas."}


@pytest.fixture
async def case(office: Office) -> str:
    """A request that waits for the decision."""
    await staff.hire(office)
    return await staff.ready_to_decide(office)


@pytest.fixture
async def tablet(office: Office, case: str) -> AsyncIterator[Desk]:
    """The tablet of Youssef, whose key is enrolled."""
    async with staff.at_work(office, "youssef") as desk:
        await enrol(desk)
        yield desk


async def state(office: Office, case: str) -> State:
    return (await requests.dossier(office, subject_from_text(case))).case.state


async def test_what_waits_is_listed_with_its_deadline(tablet: Desk, case: str) -> None:
    page = await tablet.read("/authority")
    assert f'href="/authority/request/{case}"' in page
    assert "60 jours restants" in page
    assert "Fatima Zahra Benali" in page
    assert "<progress" in page


async def test_the_most_urgent_dossier_is_open_beside_the_list(tablet: Desk) -> None:
    page = await tablet.read("/authority")
    for fact in ("FA123456", "12 rue des Orangers", "Locataire", "mars 2019", "connue du voisinage", "Moqaddem"):
        assert fact in page


async def test_the_enrolled_key_is_named_to_the_page(tablet: Desk) -> None:
    public = base64.b64encode(staff.KEY.public).decode()
    assert f'data-enrolled="{public}"' in await tablet.read("/authority")


async def test_the_sheet_says_what_the_dossier_says(tablet: Desk, case: str) -> None:
    sheet = parse_sheet(await sheet_of(tablet, case, GRANT))
    assert sheet.identity.cnie == "FA123456"
    assert sheet.pieces == ["cnie", "bill"]
    assert sheet.answers["title"] == "tenant"
    assert sheet.outcome == "approved"


async def test_a_grant_is_taken_and_can_be_taken_back_within_its_minute(
    tablet: Desk, office: Office, case: str, clock: Clock
) -> None:
    said = await decide(tablet, case, await sheet_of(tablet, case, GRANT))
    assert await state(office, case) is State.APPROVED
    clock.ms += 13_000
    page = await tablet.read(said["next"])
    assert 'data-undo-seconds="47"' in page
    assert '<progress max="60" value="47"' in page
    await tablet.send(said["next"], f"/authority/request/{case}/undo")
    assert await state(office, case) is State.UNDER_DECISION


async def test_the_seconds_left_are_of_those_that_this_office_gives_and_in_the_agents_language(
    tablet: Desk, office: Office, case: str
) -> None:
    office.settings = replace(office.settings, undo_ms=10_000)
    said = await decide(tablet, case, await sheet_of(tablet, case, GRANT))
    await tablet.client.get("/lang/ar?next=/authority")
    page = await tablet.read(said["next"])
    assert '<progress max="10" value="10"' in page
    assert "<span data-seconds>10</span> ث</bdi>" in page


async def test_after_its_minute_nothing_offers_to_take_it_back(tablet: Desk, case: str, clock: Clock) -> None:
    said = await decide(tablet, case, await sheet_of(tablet, case, GRANT))
    clock.ms += 61_000
    assert "data-undo-seconds" not in await tablet.read(said["next"])


async def test_a_refusal_carries_its_reason_and_is_shown_with_it(tablet: Desk, office: Office, case: str) -> None:
    sheet = await sheet_of(tablet, case, REFUSE, verb="?verb=refuse")
    said = await decide(tablet, case, sheet)
    assert await state(office, case) is State.REFUSED
    page = await tablet.read(said["next"])
    assert "L’enquête ne l’établit pas." in page
    assert "L’enquête n’a pas établi la résidence" in page


@pytest.mark.parametrize("missing", ["reason_code", "reason_text"])
async def test_a_refusal_without_its_reason_is_refused_at_the_field(tablet: Desk, case: str, missing: str) -> None:
    page = f"/authority/request/{case}"
    said = await tablet.call(f"{page}?verb=refuse", f"{page}/sheet", REFUSE | {missing: ""}, status=422)
    assert said["field"] == missing
    assert said["error"]


async def test_a_decision_is_taken_once(tablet: Desk, case: str) -> None:
    sheet = await sheet_of(tablet, case, GRANT)
    page = await tablet.read(f"/authority/request/{case}")
    csrf = page.split('name="csrf" value="')[1][:64]
    await decide(tablet, case, sheet)
    data = {"csrf": csrf, "command": "ef" * 16, "sheet": base64.b64encode(sheet).decode(), "signature": "AAAA"}
    answer = await tablet.client.post(
        f"/authority/request/{case}/decision", data=data, headers={"Accept": "application/json"}
    )
    assert answer.status in (400, 409)
    assert (await answer.json())["error"]


async def test_a_signature_of_another_key_decides_nothing(tablet: Desk, office: Office, case: str) -> None:
    sheet = await sheet_of(tablet, case, GRANT)
    await decide(tablet, case, sheet, key=SigningKey(b"x" * 32), status=400)
    assert await state(office, case) is State.UNDER_DECISION


async def test_a_sheet_with_another_outcome_than_was_signed_decides_nothing(
    tablet: Desk, office: Office, case: str
) -> None:
    sheet = await sheet_of(tablet, case, GRANT)
    page = f"/authority/request/{case}"
    swapped = sheet.replace(b"approved", b"refused\0")
    signed = {"sheet": base64.b64encode(swapped).decode(), "signature": base64.b64encode(b"s" * 64).decode()}
    await tablet.call(page, f"{page}/decision", signed, status=400)
    assert await state(office, case) is State.UNDER_DECISION


async def test_without_a_key_no_sheet_is_drawn(office: Office, case: str) -> None:
    async with staff.at_work(office, "youssef") as desk:
        page = f"/authority/request/{case}"
        said = await desk.call(page, f"{page}/sheet", GRANT, status=409)
        assert "clé" in said["error"] or "key" in said["error"]
        assert 'data-enrolled=""' in await desk.read("/authority")


@pytest.mark.parametrize("public", ["", "not base64!", base64.b64encode(b"\0" * 32).decode(), "AAAA"])
async def test_bytes_that_are_no_key_are_refused(tablet: Desk, public: str) -> None:
    said = await tablet.call("/authority", "/authority/key", {"public": public}, status=400)
    assert said["error"]


async def test_a_clerk_opens_nothing_here(office: Office, case: str) -> None:
    async with staff.at_work(office, "salma") as desk:
        answer = await desk.client.get(f"/authority/request/{case}", allow_redirects=False)
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/authority/sign-in")


async def test_the_page_has_words_for_every_field_of_a_sheet(tablet: Desk, office: Office, case: str) -> None:
    sheet = parse_sheet(await sheet_of(tablet, case, GRANT))
    dossier = await requests.dossier(office, subject_from_text(case))
    known = {key for key, _ in vocabulary(dossier.procedure)}
    parts = ("identity", "represented_by", "answers", "enquiry")
    fields = {field for field in sheet.__struct_fields__ if field not in parts}
    fields |= {f"represented_by.{field}" for field in (*Representative.__struct_fields__, "number")}
    fields |= {f"identity.{field}" for field in sheet.identity.__struct_fields__}
    fields |= {f"enquiry.{field}" for field in sheet.enquiry.__struct_fields__} if sheet.enquiry else set()
    fields |= {f"answers.{field}" for field in sheet.answers}
    assert {f"field.{field}" for field in fields} <= known
