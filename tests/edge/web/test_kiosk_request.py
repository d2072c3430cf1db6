"""Asking for a certificate at the kiosk."""

from __future__ import annotations

import re

import pytest

from edge.services import requests
from edge.services.office import Office
from tests.edge.web.support import PERSON, PIN, Clock, Post, Visitor, ask_for_residence, open_account

ROOT = "/kiosk/request/residence-autorite-locale"


async def test_who_is_not_signed_in_signs_in_and_comes_back_to_the_request(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    await post("/kiosk/account", "/kiosk/sign-out")
    response = await kiosk.get(ROOT, allow_redirects=False)
    assert response.headers["Location"] == f"/kiosk/sign-in?next={ROOT}"
    await kiosk.get(response.headers["Location"])
    entered = await post("/kiosk/sign-in", cnie=PERSON["cnie"], pin=PIN)
    assert entered.headers["Location"] == ROOT


async def test_who_has_no_account_opens_one_and_comes_back_to_the_request(kiosk: Visitor, post: Post) -> None:
    await kiosk.get(ROOT)
    assert (await open_account(post)).headers["Location"] == ROOT


async def test_the_whole_way_ends_with_a_receipt(kiosk: Visitor, post: Post, office: Office) -> None:
    await open_account(post)
    started = await kiosk.get(ROOT, allow_redirects=False)
    assert started.headers["Location"] == f"{ROOT}/questions/since"
    sent = await ask_for_residence(post)
    assert sent.status == 303
    text = await (await kiosk.get(sent.headers["Location"])).text()
    assert re.search(r"B05-[0-9A-Z]{5}-[0-9A-Z]{5}", text)
    assert "Réponse au plus tard le" in text
    assert "24 janvier 2027" in text
    assert "<svg" in text
    assert 'class="qr"' in text
    assert "style=" not in text
    assert "Certificat de résidence" in await (await kiosk.get("/kiosk/account")).text()


async def test_the_answers_are_checked_once_more_before_sending(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    await post(f"{ROOT}/questions/since", since="09/2021")
    await post(f"{ROOT}/questions/title", title="tenant")
    await post(f"{ROOT}/questions/use", use="Dossier <b>scolaire</b>")
    text = await (await kiosk.get(f"{ROOT}/check")).text()
    for shown in ("septembre 2021", "Locataire", "Dossier &lt;b&gt;scolaire", "FA••••56"):
        assert shown in text
    assert "FA123456" not in text


async def test_sending_the_same_form_twice_gives_one_request_and_the_same_receipt(
    kiosk: Visitor, post: Post, office: Office
) -> None:
    await open_account(post)
    await post(f"{ROOT}/questions/since", since="09/2021")
    await post(f"{ROOT}/questions/title", title="owner")
    await post(f"{ROOT}/questions/use", use="")
    text = await (await kiosk.get(f"{ROOT}/check")).text()
    hidden = dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text[text.index('id="send"') :][:400]))
    first, second = [await kiosk.post(f"{ROOT}/check", data=hidden, allow_redirects=False) for _ in range(2)]
    assert first.status == second.status == 303
    assert first.headers["Location"] == second.headers["Location"]
    async with office.store.reading() as reader:
        assert len(await reader.cases()) == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [("since", "yesterday"), ("since", "13/2021"), ("title", "king"), ("title", ""), ("use", "x" * 200)],
)
async def test_a_wrong_answer_is_marked_beside_its_question(post: Post, field: str, typed: str) -> None:
    await open_account(post)
    for name, value in (("since", "09/2021"), ("title", "owner"), ("use", "")):
        response = await post(f"{ROOT}/questions/{name}", **{name: typed if name == field else value})
        if name == field:
            break
    assert response.status == 422
    assert f'id="error-{field}"' in await response.text()


async def test_what_is_not_asked_for_here_has_no_form(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    for procedure in ("residence-police", "vie-individuelle"):
        response = await kiosk.get(f"/kiosk/request/{procedure}")
        assert response.status == 409
        assert "sa page dit que faire à la place" in await response.text()
    assert (await kiosk.get("/kiosk/request/nothing")).status == 404
    assert (await kiosk.get(f"{ROOT}/questions/nothing")).status == 404


async def test_a_form_sent_after_the_session_ended_writes_nothing(
    kiosk: Visitor, post: Post, office: Office, clock: Clock
) -> None:
    await open_account(post)
    text = await (await kiosk.get("/kiosk/account")).text()
    hidden = dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text))
    clock.ms += 90_000
    response = await kiosk.post(f"{ROOT}/check", data=hidden)
    assert response.status == 401
    assert "Votre session est terminée" in await response.text()
    async with office.store.reading() as reader:
        assert await reader.cases() == []


async def test_the_receipt_is_printed_on_paper_too(kiosk: Visitor, post: Post, office: Office) -> None:
    await open_account(post)
    case = (await ask_for_residence(post)).headers["Location"].rsplit("/", 1)[1]
    response = await kiosk.get(f"/kiosk/account/requests/{case}/receipt.pdf")
    assert (response.status, response.content_type) == (200, "application/pdf")
    assert (await response.read()).startswith(b"%PDF")
    assert response.headers["Cache-Control"] == "no-store"
    assert "B05" not in response.headers["Content-Disposition"]


async def test_a_receipt_left_open_on_the_screen_ends_with_its_session(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    case = (await ask_for_residence(post)).headers["Location"].rsplit("/", 1)[1]
    response = await kiosk.get(f"/kiosk/account/requests/{case}/receipt.pdf")
    assert response.headers["Refresh"] == "90; url=/kiosk/ended"
    await kiosk.get(response.headers["Refresh"].partition("url=")[2])
    assert (await kiosk.get("/kiosk/account", allow_redirects=False)).status == 303


async def test_the_receipts_code_leads_to_the_state(kiosk: Visitor, post: Post, office: Office) -> None:
    await open_account(post)
    await ask_for_residence(post)
    async with office.store.reading() as reader:
        (row,) = await reader.cases()
    dossier = await requests.dossier(office, row.subject)
    assert (await kiosk.get(f"/kiosk/follow/{dossier.case.reference}")).status == 200
