"""What slips through a form, or is done twice: it is said where the clerk or the citizen looks."""

from __future__ import annotations

import html

import pytest

from edge.services import accounts
from edge.services.office import Office
from protocol.records.hashing import subject_from_text
from tests.edge.web import staff
from tests.edge.web.support import Post, open_account

QUESTIONS = "/kiosk/request/residence-autorite-locale/questions"


async def test_a_month_still_to_come_is_refused_at_the_kiosk(post: Post) -> None:
    await open_account(post)
    assert (await post(f"{QUESTIONS}/since", since="12/2026")).status == 422
    assert (await post(f"{QUESTIONS}/since", since="11/2026")).status == 303


async def test_a_month_still_to_come_is_refused_at_the_counter(office: Office) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        path = f"{await staff.open_account(desk)}/new-request/{staff.RESIDENCE}"
        answer = await desk.send(path, path, staff.ANSWERS | {"answer-since": "2090-01"}, status=422)
        assert 'id="error-answer-since"' in await answer.text()


@pytest.mark.parametrize("address", [b"12 rue \xff des Orangers", "12 rue \ufffd des Orangers".encode()])
async def test_bytes_that_are_no_text_are_not_kept_as_an_address(office: Office, address: bytes) -> None:
    await staff.hire(office)
    page = "/counter/new-account"
    async with staff.at_work(office, "salma") as desk:
        typed = staff.PERSON | {"address": address.decode(errors="replace")}
        answer = await desk.send(page, page, typed, status=422)
        assert 'id="error-address"' in await answer.text()


async def test_an_enquiry_entered_twice_is_said_to_the_second_clerk(office: Office) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        request = await staff.file_request(desk, await staff.open_account(desk))
        await staff.complete(desk, request)
        csrf = (await (await desk.client.get(request)).text()).split('name="csrf" value="')[1][:64]
        await staff.enquire(desk, request)
        report = {"csrf": csrf, "outcome": "favourable", "by_title": "moqaddem", "on": "24/11/2026"}
        answer = await desk.client.post(f"{request}/enquiry", data=report | {"command": "cd" * 16})
        assert answer.status == 409
        assert "Aucune enquête de terrain" in html.unescape(await answer.text())


async def test_who_opens_a_paper_by_its_address_alone_has_looked(office: Office) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        person = await staff.open_account(desk, pin="135790")
        request = await staff.file_request(desk, person)
    async with staff.at_work(office, "nadia", "counter") as other:
        await other.client.get(f"{request}/receipt.pdf")
    account = await accounts.view(office, subject_from_text(person.rsplit("/", 1)[1]))
    assert "nadia" in {look.by.id for look in account.views}


async def test_a_refused_account_comes_back_as_a_new_form(office: Office) -> None:
    await staff.hire(office)
    page, command = "/counter/new-account", "ab" * 16
    async with staff.at_work(office, "salma") as desk:
        await desk.send(page, page, staff.PERSON, command=command)
        answer = await desk.send(page, page, staff.PERSON | {"cnie": "FA654321"}, command=command, status=409)
        assert command not in await answer.text()
