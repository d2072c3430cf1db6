"""The counter's pages for who cannot come alone, and for what an account says wrongly."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from edge.services import accounts
from edge.services.office import Office
from edge.web import application, counter
from edge.web.signed_in import access_of
from protocol.records.hashing import subject_from_text
from tests.edge.web import staff
from tests.edge.web.staff import RESIDENCE, Desk, complete, file_request, open_account

CHILD = {
    "document": "none",
    "cnie": "",
    "name_ar": "ياسمين بنعلي",
    "name_fr": "Yasmine Benali",
    "birth_date": "02/05/2018",
    "address": "12 rue des Orangers, Berkane",
    "phone": "",
    "language": "fr",
    "consent": "yes",
    "card_seen": "yes",
}
ASSOCIATION = CHILD | {
    "cnie": "123/2019",
    "name_ar": "جمعية الأمل 2000",
    "name_fr": "Association Al Amal 2000",
    "birth_date": "14/06/2019",
}
STAND_IN = {
    "capacity": "proxy",
    "rep_document": "residence_card",
    "rep_cnie": "B 012345 X",
    "rep_name_ar": "أوا ديوب",
    "rep_name_fr": "Awa Diop",
    "rep_basis": "Procuration n° 4512",
    "papers_seen": "yes",
}


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """The counter of Salma, a clerk, in French."""
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        yield desk


async def child_of(desk: Desk, guardian: str) -> str:
    path = f"{guardian}/child"
    return str((await desk.send(path, path, CHILD)).headers["Location"])


async def test_a_childs_account_and_request_name_who_answers_for_it(desk: Desk) -> None:
    mother = await open_account(desk)
    child = await child_of(desk, mother)
    page = await desk.read(child)
    assert "son représentant légal" in page
    assert f'href="{mother}"' in page
    assert "répond de" in await desk.read(mother)
    path = f"{child}/new-request/{RESIDENCE}"
    form = await desk.read(path)
    assert "Fatima Zahra Benali" in form
    assert 'name="rep_cnie"' not in form
    typed = staff.ANSWERS | {"rep_basis": "Livret de famille 88", "papers_seen": "yes"}
    request = str((await desk.send(path, path, typed)).headers["Location"])
    shown = await desk.read(request)
    assert "représentant légal" in shown
    assert "Livret de famille 88" in shown


async def test_a_childs_form_keeps_what_was_typed_and_says_what_is_wrong(desk: Desk) -> None:
    mother = await open_account(desk)
    path = f"{mother}/child"
    wrong = CHILD | {"birth_date": "02/05/1980", "card_seen": ""}
    page = await (await desk.send(path, path, wrong, status=422)).text()
    assert 'id="error-birth_date"' in page
    assert 'value="Yasmine Benali"' in page


async def test_an_associations_account_opens_with_its_receipt_and_asks_through_its_president(desk: Desk) -> None:
    path = "/counter/new-association"
    missing = await (await desk.send(path, path, ASSOCIATION | {"card_seen": ""}, status=422)).text()
    assert 'id="error-card_seen"' in missing
    association = str((await desk.send(path, path, ASSOCIATION)).headers["Location"])
    assert "123/2019" in await desk.read(association)
    asks = f"{association}/new-request/{RESIDENCE}"
    refused = await desk.send(asks, asks, staff.ANSWERS, status=422)
    page = await refused.text()
    assert 'id="error-rep_cnie"' in page
    assert 'id="error-rep_basis"' in page
    typed = {name: value for name, value in STAND_IN.items() if name != "capacity"}
    request = str((await desk.send(asks, asks, staff.ANSWERS | typed)).headers["Location"])
    assert "président de l’association" in await desk.read(request)


async def test_a_proxy_is_asked_for_only_where_somebody_else_asks(desk: Desk) -> None:
    person = await open_account(desk)
    path = f"{person}/new-request/{RESIDENCE}"
    assert 'name="rep_cnie"' not in await desk.read(path)
    by_proxy = f"{path}?by=other"
    answer = await desk.send(by_proxy, path, staff.ANSWERS | STAND_IN)
    page = await desk.read(str(answer.headers["Location"]))
    assert "Awa Diop" in page
    assert "mandataire, par procuration" in page


async def test_a_form_for_another_person_sent_twice_is_one_request(desk: Desk) -> None:
    person = await open_account(desk)
    path = f"{person}/new-request/{RESIDENCE}"
    answers = [await desk.send(f"{path}?by=other", path, staff.ANSWERS | STAND_IN, command="ab" * 16) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert "1 en cours" in await desk.read(person)


async def test_a_foreigners_passport_is_named_where_he_is_shown(desk: Desk) -> None:
    person = await open_account(desk, document="passport", cnie="12ab34567", state="fra")
    page = await desk.read(person)
    assert "Passeport" in page
    assert "FRA ••••67" in page
    assert "FRA 12AB34567" not in page


async def test_a_one_time_pin_is_shown_once(desk: Desk, office: Office) -> None:
    person = await open_account(desk)
    form = f"{person}/correct"
    refused = await desk.send(form, f"{person}/pin", status=422)
    assert 'id="error-card_seen"' in await refused.text()
    answer = await desk.send(form, f"{person}/pin", {"card_seen": "yes"}, command="ab" * 16)
    assert answer.headers["Location"] == f"{person}/pin"
    again = await desk.send(form, f"{person}/pin", {"card_seen": "yes"}, command="ab" * 16)
    assert again.headers["Location"] == f"{person}/pin"
    shown = re.search(r'class="digits"><bdi dir="ltr">(\d{6})<', await desk.read(f"{person}/pin"))
    assert shown
    assert await accounts.sign_in(office, "FA123456", shown[1]) == subject_from_text(person.rsplit("/", 1)[1])
    page = await desk.read(f"{person}/pin")
    assert shown[1] not in page
    assert "s’affiche une seule fois" in page


async def test_a_pin_is_shown_on_its_persons_page_alone(desk: Desk) -> None:
    person = await open_account(desk)
    other = await open_account(desk, cnie="FA77", name_fr="Ali Idrissi")
    await desk.send(f"{person}/correct", f"{person}/pin", {"card_seen": "yes"})
    assert 'class="digits"' not in await desk.read(f"{other}/pin")
    assert 'class="digits"' not in await desk.read(f"{person}/pin")


async def test_an_account_is_put_right_and_its_open_request_takes_it_over(desk: Desk) -> None:
    person = await open_account(desk)
    request = await file_request(desk, person)
    form = f"{person}/correct"
    said = {
        "document": "cnie", "cnie": "", "name_ar": staff.PERSON["name_ar"], "name_fr": "Fatima Benali",
        "birth_date": "1987-03-12", "address": staff.PERSON["address"], "card_seen": "yes",
    }  # fmt: skip
    await desk.send(form, f"{person}/correct", said)
    page = await desk.read(request)
    assert "Fatima Benali" in page
    assert "Reprendre ce que dit le compte" in page
    await desk.send(request, f"{request}/applicant")
    after = await desk.read(request)
    assert "Reprendre ce que dit le compte" not in after
    assert "Rectifié d’après la carte" in after


async def test_a_correction_that_is_wrong_says_so_and_keeps_the_rest(desk: Desk) -> None:
    person = await open_account(desk)
    form = f"{person}/correct"
    said = {"document": "cnie", "name_ar": "Fatima", "name_fr": "Fatima B", "birth_date": "31/02/1987", "address": "x"}
    page = await (await desk.send(form, f"{person}/correct", said, status=422)).text()
    for field in ("name_ar", "birth_date", "address", "card_seen"):
        assert f'id="error-{field}"' in page
    assert 'value="Fatima B"' in page


async def test_a_changed_telephone_is_said_and_a_wrong_one_refused(desk: Desk) -> None:
    person = await open_account(desk)
    form = f"{person}/correct"
    wrong = await desk.send(form, f"{person}/phone", {"phone": "12", "card_seen": "yes"}, status=422)
    assert 'id="error-phone"' in await wrong.text()
    await desk.send(form, f"{person}/phone", {"phone": "0698765432", "card_seen": "yes"})
    assert "06 •• •• •• 32" in await desk.read(person)


async def test_the_card_of_who_is_declared_is_asked_for_with_the_pieces(desk: Desk) -> None:
    person = await open_account(desk, card_seen="")
    request = await file_request(desk, person)
    page = await desk.read(request)
    assert "le compte n’était que déclaré" in page
    seen = {"piece-cnie": "yes", "piece-bill": "yes"}
    refused = await desk.send(request, f"{request}/pieces", seen, status=422)
    assert 'id="error-card_seen"' in await refused.text()
    await complete(desk, request)
    assert "identité vérifiée" in await desk.read(request)


async def test_every_route_of_these_pages_is_for_the_counter_alone(office: Office) -> None:
    routes = [route for route in counter.routes(office) if isinstance(route, web.RouteDef)]
    for part in ("/child", "/new-association", "/correct", "/phone", "/pin", "/applicant"):
        mine = [route for route in routes if route.path.endswith(part)]
        assert mine, part
        for route in mine:
            access = access_of(route.handler)
            assert access is not None
            assert access.roles == frozenset({"clerk", "supervisor"})


async def test_another_role_changes_nothing_of_an_account(desk: Desk, office: Office) -> None:
    person = await open_account(desk)
    async with staff.at_work(office, "youssef") as tablet:
        for path in ("correct", "phone", "pin", "child"):
            answer = await tablet.client.get(f"{person}/{path}", allow_redirects=False)
            assert answer.status in {303, 405}
    assert application.SCREENS
