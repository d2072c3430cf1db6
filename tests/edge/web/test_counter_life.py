"""At the counter: missing pieces, withdrawal, appeal and its answer, silence; each in two steps and for its roles."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from edge.services import deadlines, messages, settling
from edge.services.office import Office
from tests.edge.web import staff
from tests.edge.web.staff import Desk, complete, decide, enquire, enrol, file_request, open_account, sheet_of
from tests.edge.web.support import Clock

DAY = 24 * 3600 * 1000
GROUNDS = "J’habite bien à cette adresse, mes voisins le confirment."
WHY = {"reason_code": "not_resident", "reason_text": "Introuvable à cette adresse."}


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """The counter of Salma, a clerk, in French."""
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        yield desk


@pytest.fixture
async def request_(desk: Desk) -> str:
    """The address of a request whose documents nobody has seen."""
    return await file_request(desk, await open_account(desk))


async def state(desk: Desk, request: str) -> str:
    found = re.search(r'<div id="steps".*?data-state="(\w+)"', await desk.read(request), re.DOTALL)
    assert found
    return found[1]


async def under_decision(desk: Desk, request: str) -> str:
    await complete(desk, request)
    await enquire(desk, request)
    return request.rsplit("/", 1)[1]


async def refused(office: Office, clock: Clock, desk: Desk, request: str) -> None:
    """The agent refuses, and the citizen is told."""
    case = await under_decision(desk, request)
    async with staff.at_work(office, "youssef") as tablet:
        await enrol(tablet)
        sheet = await sheet_of(tablet, case, {"outcome": "refused"} | WHY, verb="?verb=refuse")
        await decide(tablet, case, sheet)
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    await messages.send_due(office)


async def test_what_is_missing_is_asked_for_once_in_a_second_step(desk: Desk, request_: str) -> None:
    assert f'href="{request_}/missing"' in await desk.read(request_)
    form = await desk.read(f"{request_}/missing")
    assert "une seule fois (loi 55-19)" in form
    page = f"{request_}/missing"
    answer = await desk.send(page, page, status=422)
    assert 'id="error-pieces"' in await answer.text()
    await desk.send(page, page, {"missing-bill": "yes"})
    text = await desk.read(request_)
    assert await state(desk, request_) == "awaiting_pieces"
    assert f'href="{request_}/incomplete.pdf"' in text
    assert "Demandé, une seule fois" in text
    assert f'href="{request_}/missing"' not in text
    assert (await desk.client.get(f"{request_}/incomplete.pdf")).content_type == "application/pdf"
    again = await desk.client.get(page)
    assert again.status == 409
    await complete(desk, request_)
    assert await state(desk, request_) == "field_enquiry"
    assert (await desk.client.get(f"{request_}/incomplete.pdf")).status == 404


async def test_a_request_is_withdrawn_for_the_person_whose_card_was_seen(desk: Desk, request_: str) -> None:
    page = f"{request_}/withdraw"
    for ticked, field in (({"sure": "yes"}, "card_seen"), ({"card_seen": "yes"}, "sure")):
        answer = await desk.send(page, page, ticked, status=422)
        assert f'id="error-{field}"' in await answer.text()
    await desk.send(page, page, {"card_seen": "yes", "sure": "yes"})
    assert await state(desk, request_) == "withdrawn"
    assert (await desk.client.get(page)).status == 409


async def test_an_appeal_is_lodged_here_and_answered_by_a_supervisor(
    desk: Desk, request_: str, office: Office, clock: Clock
) -> None:
    await refused(office, clock, desk, request_)
    assert (await desk.client.get(f"{request_}/refusal.pdf")).status == 200
    page = f"{request_}/appeal"
    assert "30 jours, à confirmer" in await desk.read(page)
    answer = await desk.send(page, page, {"grounds": "non"}, status=422)
    assert 'id="error-grounds"' in await answer.text()
    await desk.send(page, page, {"grounds": GROUNDS})
    text = await desk.read(request_)
    assert "Un superviseur répond au recours" in text
    assert f'action="{page}/answer"' not in text
    assert "Recours à traiter" in await desk.read("/counter")
    assert (await desk.client.get(f"{request_}/appeal.pdf")).status == 200
    async with staff.at_work(office, "nadia", "counter") as supervisor:
        wrong = await supervisor.send(request_, f"{page}/answer", {"outcome": "reopened"}, status=422)
        assert 'id="error-reason_text"' in await wrong.text()
        answered = {"outcome": "reopened", "reason_text": "Les voisins ont été entendus."}
        await supervisor.send(request_, f"{page}/answer", answered)
    assert await state(desk, request_) == "under_decision"
    text = await desk.read(request_)
    for told in (GROUNDS, "Les voisins ont été entendus.", "Introuvable à cette adresse.", "Recours accueilli"):
        assert told in text
    async with staff.at_work(office, "youssef") as tablet:
        dossier = await tablet.read(f"/authority/request/{request_.rsplit('/', 1)[1]}")
        assert "rouverte après recours" in dossier
        for told in (GROUNDS, "Les voisins ont été entendus.", "Introuvable à cette adresse."):
            assert told in dossier


async def test_silence_is_shown_in_words_with_its_proof_and_comes_first(
    desk: Desk, request_: str, office: Office, clock: Clock
) -> None:
    await under_decision(desk, request_)
    for days, word, share in ((30, "mi-délai", "50 %"), (18, "à traiter vite", "80 %"), (13, "délai dépassé", "100 %")):
        clock.ms += days * DAY
        await deadlines.keep_time(office)
        async with staff.at_work(office, "salma") as another_day:
            text = await another_day.read(request_)
            assert word in text
            assert f'<bdi dir="ltr">{share}</bdi> du délai écoulé' in text
            proof = await another_day.client.get(f"{request_}/silence.pdf")
            assert (proof.status == 200) is (share == "100 %")
    async with staff.at_work(office, "nadia", "counter") as supervisor:
        text = await supervisor.read(request_)
        assert text.index("En retard, ou presque") < text.index("À compléter")
        assert "Le délai est écoulé sans réponse" in text
        assert (await supervisor.client.get(f"{request_}/silence.pdf")).content_type == "application/pdf"
        assert await state(supervisor, request_) == "under_decision"


async def test_the_agent_asks_for_a_document_and_has_the_request_back(
    desk: Desk, request_: str, office: Office
) -> None:
    case = await under_decision(desk, request_)
    page = f"/authority/request/{case}"
    async with staff.at_work(office, "youssef") as tablet:
        answer = await tablet.send(f"{page}?verb=missing", f"{page}/missing", status=422)
        assert 'id="error-pieces"' in await answer.text()
        await tablet.send(f"{page}?verb=missing", f"{page}/missing", {"missing-bill": "yes"})
        assert "verb=missing" not in await tablet.read(page)
    assert await state(desk, request_) == "awaiting_pieces"
    await complete(desk, request_)
    assert await state(desk, request_) == "under_decision"


STEPS = ("missing", "withdraw", "appeal", "appeal/answer")
WHO_MAY = {
    "salma": {"missing", "withdraw", "appeal"},
    "nadia": {"missing", "withdraw", "appeal", "appeal/answer"},
    "youssef": set[str](),
    "karim": set[str](),
}
"""Login of a clerk, a supervisor, an agent who decides and an administrator -> the steps that are theirs here."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("login", WHO_MAY)
async def test_each_step_is_for_its_roles_alone(
    desk: Desk, request_: str, office: Office, login: str, step: str
) -> None:
    area = {"youssef": "authority", "karim": "admin"}.get(login, "counter")
    async with staff.at_work(office, login, area) as other:
        csrf = re.search(r'name="csrf" value="(\w+)"', await other.read(f"/{area}"))
        assert csrf
        data = {"csrf": csrf[1], "command": "ab" * 16}
        answer = await other.client.post(f"{request_}/{step}", data=data, allow_redirects=False)
    if step in WHO_MAY[login]:
        assert answer.status in (409, 422), "the form was read, and found wanting"
    else:
        assert answer.status in (401, 403)


async def test_a_form_sent_twice_does_its_step_once(desk: Desk, request_: str) -> None:
    page = f"{request_}/missing"
    csrf = re.search(r'name="csrf" value="(\w+)"', await desk.read(page))
    assert csrf
    for piece in ("bill", "cnie"):
        data = {"csrf": csrf[1], "command": "cd" * 16, f"missing-{piece}": "yes"}
        answer = await desk.client.post(page, data=data, allow_redirects=False)
        assert answer.status == 303, "the second is answered with the first's result"
    await desk.read(request_)  # which says once what was done
    asked = re.search(r"Demandé, une seule fois :(.*?)</p>", await desk.read(request_), re.DOTALL)
    assert asked
    assert "facture" in asked[1]
    assert "Carte nationale" not in asked[1]
