"""A command's id belongs to whoever sent it and to where: in other hands it opens nothing and confirms nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge.services.office import Office
from edge.web import application
from protocol.office.casework import State
from protocol.records.hashing import subject_from_text
from tests.edge.web import staff
from tests.edge.web.paired import held
from tests.edge.web.support import PERSON, PIN, Post, Visitor, open_account

COMMAND = "ab" * 16
CHECK = "/kiosk/request/residence-autorite-locale/check"
OTHER = {"cnie": "FA654321", "name_fr": "Ali Idrissi", "name_ar": "علي الإدريسي"}


@pytest.fixture
async def stranger(office: Office) -> AsyncIterator[Visitor]:
    """Another process of the same office: after a restart, or another's browser; in French."""
    server = TestServer(application.build(office, ["kiosk"]))
    async with TestClient(server, cookies=held()) as visitor:
        yield visitor


def of(visitor: Visitor) -> Post:
    """As `post`, with a command's id of one's own choice."""

    async def fill(page: str, to: str = "", **fields: str) -> Any:
        text = await (await visitor.get(page)).text()
        hidden = dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text))
        return await visitor.post(to or page, data={**hidden, **fields}, allow_redirects=False)

    return fill


async def answer_all(post: Post) -> None:
    for name, typed in (("since", "9/2021"), ("title", "tenant"), ("use", "")):
        await post(f"/kiosk/request/residence-autorite-locale/questions/{name}", **{name: typed})


async def test_a_strangers_form_with_the_id_of_an_opened_account_signs_nobody_in(
    kiosk: Visitor, stranger: Visitor
) -> None:
    first, second = of(kiosk), of(stranger)
    await open_account(first, pin="12")
    opened = await first("/kiosk/account/new/pin", pin=PIN, pin_again=PIN, command=COMMAND)
    assert opened.status == 303
    await open_account(second, pin="12", **OTHER)
    sent = await second("/kiosk/account/new/pin", pin="975310", pin_again="975310", command=COMMAND)
    assert sent.status == 303
    page = await (await stranger.get("/kiosk/account")).text()
    assert "Ali Idrissi" in page
    assert "Fatima" not in page


async def test_a_strangers_form_with_the_id_of_a_request_has_no_word_of_its_receipt(
    kiosk: Visitor, stranger: Visitor, office: Office
) -> None:
    first, second = of(kiosk), of(stranger)
    await open_account(first)
    await answer_all(first)
    receipt = (await first(CHECK, command=COMMAND)).headers["Location"]
    await open_account(second, **OTHER)
    await answer_all(second)
    sent = await second(CHECK, command=COMMAND)
    assert sent.status == 303
    assert sent.headers["Location"] != receipt
    assert (await stranger.get(sent.headers["Location"])).status == 200
    assert (await stranger.get(receipt)).status == 404
    async with office.store.reading() as reader:
        assert len({row.account for row in await reader.cases()}) == 2


async def test_the_same_person_after_a_restart_gets_the_first_receipt(
    kiosk: Visitor, stranger: Visitor, office: Office
) -> None:
    first, again = of(kiosk), of(stranger)
    await open_account(first)
    await answer_all(first)
    receipt = (await first(CHECK, command=COMMAND)).headers["Location"]
    await again("/kiosk/sign-in", cnie=PERSON["cnie"], pin=PIN)
    await answer_all(again)
    assert (await again(CHECK, command=COMMAND)).headers["Location"] == receipt
    async with office.store.reading() as reader:
        assert len(await reader.cases()) == 1


async def test_a_form_sent_twice_at_once_gives_one_request(kiosk: Visitor, office: Office) -> None:
    post = of(kiosk)
    await open_account(post)
    await answer_all(post)
    text = await (await kiosk.get(CHECK)).text()
    hidden = dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text)) | {"command": COMMAND}
    answers = await asyncio.gather(*(kiosk.post(CHECK, data=hidden, allow_redirects=False) for _ in range(5)))
    assert {answer.status for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    async with office.store.reading() as reader:
        assert len(await reader.cases()) == 1


async def test_an_id_of_one_request_confirms_nothing_about_another(office: Office) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        requests = []
        for cnie in ("FA123456", "FA654321"):
            request = await staff.file_request(desk, await staff.open_account(desk, cnie=cnie))
            pieces = {"piece-cnie": "yes", "piece-bill": "yes", "card_seen": "yes"}
            await desk.send(request, f"{request}/pieces", pieces, command=COMMAND)
            requests.append(request)
    async with office.store.reading() as reader:
        for request in requests:
            case = await reader.case(subject_from_text(request.rsplit("/", 1)[1]))
            assert case is not None
            assert case.state is State.FIELD_ENQUIRY


async def test_a_form_of_a_second_person_with_the_id_of_the_first_opens_no_first_persons_page(office: Office) -> None:
    await staff.hire(office)
    page = "/counter/new-account"
    async with staff.at_work(office, "salma") as desk:
        await desk.send(page, page, staff.PERSON, command=COMMAND)
        again = await desk.send(page, page, staff.PERSON, command=COMMAND)
        assert "/counter/person/" in again.headers["Location"]
        answer = await desk.send(page, page, staff.PERSON | OTHER, command=COMMAND, status=409)
        assert "déjà servi" in await answer.text()
