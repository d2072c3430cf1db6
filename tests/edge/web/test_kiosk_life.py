"""At the kiosk, with one's own account: withdrawing, appealing, and the papers; nobody else's request exists."""

from __future__ import annotations

import re

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge.services import deadlines, decisions, enquiries, messages, missing, pieces, requests, settling
from edge.services.office import Office
from edge.services.staff import by_login
from edge.store.rows import StaffView
from edge.web import application
from protocol.office.casework import State
from protocol.office.decision import sign_sheet
from protocol.office.events import Actor
from protocol.records.hashing import subject_from_text
from protocol.records.keys import SigningKey
from tests.edge.web import staff
from tests.edge.web.paired import held
from tests.edge.web.support import Clock, Post, Visitor, ask_for_residence, open_account

DAY = 24 * 3600 * 1000
CLERK = Actor(role="clerk", id="salma", name="Salma Bennani", name_ar="سلمى بناني")
KEY = SigningKey(b"k" * 32)
GROUNDS = "J’habite bien à cette adresse, mes voisins le confirment."


@pytest.fixture
async def own(kiosk: Visitor, post: Post) -> str:
    """The address of a request that was just filed."""
    await open_account(post)
    receipt = await ask_for_residence(post)
    return "/kiosk/account/requests/" + str(receipt.headers["Location"]).rsplit("/", 1)[1]


def case_of(own: str) -> bytes:
    return subject_from_text(own.rsplit("/", 1)[1])


async def read(kiosk: Visitor, path: str, status: int = 200) -> str:
    answer = await kiosk.get(path)
    assert answer.status == status
    return (await answer.text()).replace("&#39;", "'")


async def under_decision(office: Office, own: str) -> None:
    case = case_of(own)
    await pieces.complete(office, office.command(), case, ["cnie", "bill"], CLERK, card_seen=True)
    await enquiries.report(office, office.command(), case, "favourable", "2026-11-24", "", "moqaddem", CLERK)


async def refuse(office: Office, clock: Clock, own: str) -> None:
    await under_decision(office, own)
    await staff.hire(office)
    agent = await staff_of(office)
    why = ("not_resident", "Introuvable à cette adresse.")
    sheet = await decisions.draw_sheet(office, case_of(own), agent, "refused", *why)
    await decisions.take(office, office.command(), case_of(own), sheet, sign_sheet(sheet, KEY), agent)
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    await messages.send_due(office)


async def staff_of(office: Office) -> StaffView:
    await decisions.enrol_key(office, office.command(), await by_login(office, "youssef"), KEY.public)
    return await by_login(office, "youssef")


async def test_a_request_is_withdrawn_in_a_second_step(kiosk: Visitor, post: Post, own: str, office: Office) -> None:
    assert f"{own}/withdraw" in await read(kiosk, own)
    assert "ne peut pas être rouverte" in await read(kiosk, f"{own}/withdraw")
    unsure = await post(f"{own}/withdraw", sure="")
    assert unsure.status == 422
    done = await post(f"{own}/withdraw", sure="yes")
    assert (done.status, done.headers["Location"]) == (303, own)
    assert 'data-state="withdrawn"' in await read(kiosk, own)
    assert "état actuel" in await read(kiosk, f"{own}/withdraw", 409)
    assert (await requests.dossier(office, case_of(own))).case.state is State.WITHDRAWN


async def test_what_is_missing_is_named_with_its_day_and_its_paper(kiosk: Visitor, own: str, office: Office) -> None:
    await missing.ask(office, office.command(), case_of(own), ["bill"], CLERK)
    text = await read(kiosk, own)
    assert "Une facture d’eau" in text
    assert "une seule fois" in text
    assert f'href="{own}/incomplete.pdf"' in text
    paper = await kiosk.get(f"{own}/incomplete.pdf")
    assert paper.content_type == "application/pdf"
    assert "Fatima" not in paper.headers["Content-Disposition"]
    await pieces.complete(office, office.command(), case_of(own), ["cnie", "bill"], CLERK, card_seen=True)
    await read(kiosk, f"{own}/incomplete.pdf", 404)


async def test_silence_is_said_with_its_proof(kiosk: Visitor, own: str, office: Office, clock: Clock) -> None:
    await under_decision(office, own)
    clock.ms += 61 * DAY
    await deadlines.keep_time(office)
    async with TestClient(TestServer(application.build(office, ["kiosk"])), cookies=held()) as later:
        await sign_in(later)
        text = await read(later, own)
        assert "Pas de réponse dans le délai" in text
        assert "Le délai est passé sans réponse" in text
        assert "moitié" not in text, "marks on the way are the office's affair"
        assert f'href="{own}/silence.pdf"' in text
        assert (await later.get(f"{own}/silence.pdf")).content_type == "application/pdf"


async def sign_in(visitor: Visitor) -> None:
    text = await (await visitor.get("/kiosk/sign-in")).text()
    hidden = dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text))
    await visitor.post("/kiosk/sign-in", data={**hidden, "cnie": "FA123456", "pin": "135790"})


async def test_a_refusal_is_appealed_against_in_ones_own_words(
    kiosk: Visitor, post: Post, own: str, office: Office, clock: Clock
) -> None:
    await refuse(office, clock, own)
    text = await read(kiosk, own)
    assert f"{own}/appeal" in text
    assert "30 jours, à confirmer" in text
    assert (await kiosk.get(f"{own}/refusal.pdf")).content_type == "application/pdf"
    short = await post(f"{own}/appeal", grounds="non")
    assert short.status == 422
    assert "error-grounds" in await short.text()
    lodged = await post(f"{own}/appeal", grounds=GROUNDS)
    assert (lodged.status, lodged.headers["Location"]) == (303, own)
    text = await read(kiosk, own)
    assert GROUNDS in text
    assert f'href="{own}/appeal.pdf"' in text
    assert f'href="{own}/appeal"' not in text
    assert (await kiosk.get(f"{own}/appeal.pdf")).content_type == "application/pdf"
    await read(kiosk, f"{own}/appeal", 409)


@pytest.mark.parametrize("what", ["withdraw", "appeal", "incomplete.pdf", "silence.pdf", "refusal.pdf", "appeal.pdf"])
async def test_another_persons_request_does_not_exist(
    kiosk: Visitor, post: Post, own: str, office: Office, what: str
) -> None:
    async with TestClient(TestServer(application.build(office, ["kiosk"])), cookies=held()) as stranger:
        answer = await stranger.get(f"{own}/{what}", allow_redirects=False)
        assert (answer.status, answer.headers["Location"][:14]) == (303, "/kiosk/sign-in")
    await post("/kiosk/account", "/kiosk/sign-out")
    await open_account(post, cnie="FB7", name_fr="Ali Idrissi", name_ar="علي الإدريسي")
    assert (await kiosk.get(f"{own}/{what}")).status == 404
