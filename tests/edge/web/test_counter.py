"""The counter: finding people, helping them, bringing requests forward; what is wrong is said, what was typed stays."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from edge.services import accounts, calls
from edge.services.office import Office
from edge.store.tail import Owner, take_back
from protocol.office.events import Event, to_value
from protocol.records.chain import NO_PARENT, segment_opened
from protocol.records.clock import Timestamp
from protocol.records.credentials import Trust
from protocol.records.envelope import write_record
from protocol.records.hashing import subject_from_text
from protocol.records.keys import SigningKey, subject_of
from tests.edge.services.support import case_of
from tests.edge.store.support import account_opened, request_submitted
from tests.edge.web import staff
from tests.edge.web.staff import PERSON, RESIDENCE, Desk, complete, enquire, file_request, make_ready, open_account
from tests.edge.web.test_admin_sticks import WRITER


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """The counter of Salma, a clerk, in French."""
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        yield desk


async def written_elsewhere(office: Office, event: Event) -> None:
    """Another machine with the annexe's card opened an account or a request, before; what it wrote comes in."""
    signing, stream, segment = SigningKey(WRITER.encode()), "berkane-05/cases", b"stray..!"
    key = bytes(range(32))
    opening = write_record(
        stream=stream, segment=segment, seq=0, prev=NO_PARENT, time=Timestamp(1_760_000_000_000, 0), key=None,
        event=segment_opened(parent=None, software="0.1.0", fingerprint="another", clock="trusted"), signing=signing,
    )  # fmt: skip
    claim = write_record(
        stream=stream, segment=segment, seq=1, prev=opening.hash, time=Timestamp(1_760_000_000_001, 0), key=key,
        event=to_value(event), signing=signing,
    )  # fmt: skip
    owner = Owner("berkane-05", signing.public, 1)
    await take_back(office.store, owner, [opening, claim], Trust([]), {subject_of(key): key})


async def search(desk: Desk, text: str, status: int = 200) -> str:
    answer = await desk.send("/counter", "/counter/search", {"q": text}, status=status)
    return str(answer.headers.get("Location") or await answer.text())


async def test_an_account_opened_with_help_names_the_helper_and_is_verified_by_the_card(desk: Desk) -> None:
    page = await desk.read(await open_account(desk))
    assert "Fatima Zahra Benali" in page
    assert "avec l’aide de Salma Bennani" in page
    assert "identité vérifiée" in page
    assert "FA••••56" in page
    assert "FA123456" not in page


async def test_without_the_card_an_account_is_declared_until_a_clerk_has_seen_it(desk: Desk) -> None:
    person = await open_account(desk, card_seen="")
    assert "déclarée, carte non vue" in await desk.read(person)
    await desk.send(person, f"{person}/identity")
    assert "identité vérifiée" in await desk.read(person)


async def test_a_number_that_another_machine_gave_before_is_told_to_the_clerk(desk: Desk, office: Office) -> None:
    person = await open_account(desk)
    assert "portait déjà ce numéro" not in await desk.read(person)
    await written_elsewhere(office, account_opened("FA123456"))
    assert "portait déjà ce numéro" in await desk.read(person)
    assert "2 personnes" in await search(desk, "FA123456")


async def test_a_reference_that_another_machine_drew_too_is_told_to_the_clerk(desk: Desk, office: Office) -> None:
    person = await open_account(desk)
    request = await file_request(desk, person)
    assert "porte aussi cette référence" not in await desk.read(request)
    case = await case_of(office, subject_from_text(request.rsplit("/", 1)[1]))
    await written_elsewhere(office, request_submitted(case.account, case.reference))
    assert "porte aussi cette référence" in await desk.read(request)
    assert (await case_of(office, subject_from_text(request.rsplit("/", 1)[1]))) == case


async def test_opening_a_dossier_is_a_look_that_the_citizen_can_read(desk: Desk, office: Office) -> None:
    person = await open_account(desk)
    await desk.read(person)
    await desk.read(person)
    account = await accounts.view(office, subject_from_text(person.rsplit("/", 1)[1]))
    assert [look.by.name for look in account.views] == ["Salma Bennani"]


async def test_each_field_that_is_wrong_is_told_and_what_was_typed_stays(desk: Desk) -> None:
    wrong = PERSON | {"cnie": "12", "phone": "123", "birth_date": "31/02/1990", "consent": ""}
    answer = await desk.send("/counter/new-account", "/counter/new-account", wrong, status=422)
    page = await answer.text()
    for field in ("cnie", "phone", "birth_date", "consent"):
        assert f'id="error-{field}"' in page
    assert 'value="31/02/1990"' in page
    assert "Fatima Zahra Benali" in page


async def test_a_pin_is_never_given_back(desk: Desk) -> None:
    wrong = PERSON | {"cnie": "12", "pin": "975310"}
    answer = await desk.send("/counter/new-account", "/counter/new-account", wrong, status=422)
    assert "975310" not in await answer.text()


@pytest.mark.parametrize("text", ["fatima benali", "FA 123456", "06 12 34 56 21", "فاطمه الزهراء", "fatma zahra"])
async def test_a_single_find_is_opened_at_once_however_it_was_typed(desk: Desk, text: str) -> None:
    person = await open_account(desk)
    assert await search(desk, text, 303) == person


async def test_a_reference_opens_its_request(desk: Desk) -> None:
    request = await file_request(desk, await open_account(desk))
    found = re.search(r"B05-\w{5}-\w{5}", await desk.read(request))
    assert found
    assert await search(desk, found[0].lower(), 303) == request


async def test_several_finds_are_listed_masked(desk: Desk) -> None:
    await open_account(desk)
    await open_account(desk, cnie="F77777", name_fr="Fatima Benalia", phone="")
    page = await search(desk, "fatima")
    assert "2 personnes" in page
    assert "FA••••56" in page
    assert "FA123456" not in page


async def test_nobody_found_offers_an_account(desk: Desk) -> None:
    page = await search(desk, "zzzz")
    assert "Aucune personne trouvée" in page
    assert 'href="/counter/new-account"' in page


async def test_a_search_that_is_too_long_is_refused_and_kept(desk: Desk) -> None:
    page = await search(desk, "a" * 150, 422)
    assert 'id="q-error"' in page
    assert "a" * 150 in page


async def test_a_request_walks_from_the_desk_to_the_authority(desk: Desk) -> None:
    request = await file_request(desk, await open_account(desk))
    assert "Voir les pièces" in await desk.read(request)
    await complete(desk, request)
    assert "Saisir l’enquête de terrain" in await desk.read(request)
    await enquire(desk, request)
    page = await desk.read(request)
    assert "L’agent d’autorité décide" in page
    assert "Enquête de terrain favorable" in page


async def test_a_piece_that_was_not_seen_keeps_the_dossier_open(desk: Desk) -> None:
    request = await file_request(desk, await open_account(desk))
    answer = await desk.send(request, f"{request}/pieces", {"piece-cnie": "yes"}, status=422)
    page = await answer.text()
    assert 'id="error-pieces"' in page
    assert re.search(r'name="piece-cnie" value="yes" checked', page)


async def test_an_enquiry_without_outcome_or_with_a_false_day_is_refused_and_kept(desk: Desk) -> None:
    request = await file_request(desk, await open_account(desk))
    await complete(desk, request)
    typed = {"by_title": "cheikh", "on": "31/11/2026", "note": "à revoir"}
    page = await (await desk.send(request, f"{request}/enquiry", typed, status=422)).text()
    assert 'id="error-outcome"' in page
    assert 'id="error-on"' in page
    assert 'value="à revoir"' in page
    assert "Saisir l’enquête de terrain" in await desk.read(request)


async def test_a_form_sent_twice_files_one_request(desk: Desk) -> None:
    person = await open_account(desk)
    path = f"{person}/new-request/{RESIDENCE}"
    first = await desk.send(path, path, staff.ANSWERS, command="ab" * 16)
    second = await desk.send(path, path, staff.ANSWERS, command="ab" * 16)
    assert first.headers["Location"] == second.headers["Location"]
    assert "1 en cours" in await desk.read(person)


async def test_an_answer_outside_the_catalogue_is_told_at_its_field(desk: Desk) -> None:
    person = await open_account(desk)
    path = f"{person}/new-request/{RESIDENCE}"
    answer = await desk.send(path, path, staff.ANSWERS | {"answer-title": "pirate"}, status=422)
    assert 'id="error-answer-title"' in await answer.text()


async def test_a_procedure_decided_elsewhere_says_what_to_do_instead(desk: Desk) -> None:
    person = await open_account(desk)
    page = await desk.read(f"{person}/new-request/residence-police", 409)
    assert "Allez à l’arrondissement de police" in page


async def test_a_path_that_is_no_account_is_a_sentence(desk: Desk) -> None:
    for path in ("/counter/person/nobody", "/counter/request/%00", "/counter/person/" + "a" * 26):
        page = await desk.read(path, 404)
        assert "Traceback" not in page


async def test_handing_over_before_it_is_ready_is_refused_in_words(desk: Desk) -> None:
    request = await file_request(desk, await open_account(desk))
    text = await desk.read(request)
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', text)[0]
    data = {"csrf": csrf, "command": "cd" * 16, "card_seen": "yes"}
    answer = await desk.client.post(f"{request}/hand-over", data=data, allow_redirects=False)
    assert answer.status == 409
    assert 'role="alert"' in await answer.text()


async def test_a_ready_certificate_is_handed_over_once_the_card_was_seen(desk: Desk, office: Office) -> None:
    request = f"/counter/request/{await make_ready(office)}"
    page = await (await desk.send(request, f"{request}/hand-over", status=422)).text()
    assert 'id="error-card_seen"' in page
    await desk.send(request, f"{request}/hand-over", {"card_seen": "yes"})
    assert "remis" in (await desk.read(request)).lower()


@pytest.mark.parametrize(("phone", "texted"), [("0612345621", True), ("0536612345", False), ("", False)])
async def test_nobody_is_promised_an_sms_that_cannot_reach_him(
    desk: Desk, office: Office, phone: str, texted: bool
) -> None:
    request = f"/counter/request/{await staff.make_printable(office, phone=phone)}"
    page = await desk.read(request)
    assert ("Prêt : appeler l’usager par SMS" in page) is texted
    assert ("Prêt : à annoncer de vive voix" in page) is not texted
    await desk.send(request, f"{request}/ready", {"printed": "yes", "stamped": "yes"})
    page = await desk.read(request)
    assert "le certificat est prêt" in page
    assert ("de vive voix, sans mobile" in page) is not texted


async def test_the_certificate_is_a_pdf_that_no_cache_keeps(desk: Desk, office: Office) -> None:
    request = f"/counter/request/{await make_ready(office)}"
    answer = await desk.client.get(f"{request}/certificate.pdf")
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert await answer.read() == staff.PDF


async def test_whoever_could_not_be_told_stands_first_until_told_in_person(desk: Desk, office: Office) -> None:
    request = f"/counter/request/{await make_ready(office, phone='')}"
    page = await desk.read(request)
    assert "Non informés par SMS" in page
    await desk.send(request, f"{request}/told")
    assert "Non informés par SMS" not in await desk.read("/counter")


async def test_a_call_from_the_kiosk_rings_and_is_answered(desk: Desk, office: Office) -> None:
    call = calls.ring(office, "The guide", "ar")
    assert "J’arrive" in await desk.read("/counter")
    await desk.send("/counter", f"/counter/calls/{call.number}")
    assert "Personne n’appelle." in await desk.read("/counter")


async def test_what_was_done_is_said_once(desk: Desk) -> None:
    person = await open_account(desk)
    assert "Le compte est ouvert." in await desk.read(person)
    assert "Le compte est ouvert." not in await desk.read(person)


async def test_what_was_done_waits_for_the_clerks_own_page_not_for_a_list_that_refreshes_itself(desk: Desk) -> None:
    person = await open_account(desk)
    await desk.client.get("/counter", headers={"X-Live": "1"})
    assert "Le compte est ouvert." in await desk.read(person)


async def test_arabic_comes_first_and_right_to_left(office: Office) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "salma", language="ar") as desk:
        page = await desk.read("/counter")
    assert '<html lang="ar" dir="rtl"' in page
    assert "في انتظار استكمال الملف" in page


async def test_a_long_list_is_counted_whole_and_shows_the_nearest_deadlines(desk: Desk) -> None:
    for number in range(14):
        await file_request(desk, await open_account(desk, cnie=f"FA3000{number:02}", phone=""))
    page = await desk.read("/counter")
    assert "<bdi>14</bdi>" in page
    assert page.count('class="reference"') == 12
    assert "trouvez les autres par la recherche" in page


async def test_who_asks_for_an_abolished_certificate_gets_its_declaration_at_the_counter(desk: Desk) -> None:
    page = await desk.read(f"{await open_account(desk)}/new-request")
    form = "/counter/procedures/vie-individuelle/declarations/vie.pdf"
    assert f'href="{form}"' in page
    assert "Déclaration sur l’honneur de vie" in page
    answer = await desk.client.get(form)
    assert (answer.status, answer.content_type) == (200, "application/pdf")
