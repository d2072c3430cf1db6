"""Guessing from one screen: how much of it passes, and whom it shuts out."""

from __future__ import annotations

import asyncio
import re

import pytest

from edge.services.office import Office
from edge.web import application
from screens.limits import CLAIMS, SIGN_IN
from tests.edge.web import staff
from tests.edge.web.staff import PASSWORD
from tests.edge.web.support import PIN, Post, Visitor, open_account

WRONG = "246802"


async def guess(kiosk: Visitor, times: int) -> list[int]:
    """Try a PIN on as many cards at once; return the statuses."""
    text = await (await kiosk.get("/kiosk/sign-in")).text()
    hidden = dict(re.findall(r'name="(csrf)" value="([0-9a-f]+)"', text))
    sent = [{**hidden, "cnie": f"FA{number}", "pin": WRONG} for number in range(100_000, 100_000 + times)]
    answers = await asyncio.gather(*(kiosk.post("/kiosk/sign-in", data=data) for data in sent))
    return [answer.status for answer in answers]


async def test_one_pin_tried_on_many_cards_at_once_passes_no_more_than_one_by_one(kiosk: Visitor) -> None:
    statuses = await guess(kiosk, SIGN_IN.allowed + 20)
    assert statuses.count(401) == SIGN_IN.allowed
    assert statuses.count(429) == 20


async def test_card_numbers_mistyped_close_no_kiosk(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    await post("/kiosk/account", "/kiosk/sign-out")
    for _ in range(SIGN_IN.allowed + 1):
        assert (await post("/kiosk/sign-in", cnie="12", pin=WRONG)).status == 422
    assert (await post("/kiosk/sign-in", cnie="FA123456", pin=PIN)).status == 303


async def test_guesses_at_the_kiosk_close_no_counter_behind_the_same_address(office: Office) -> None:
    await staff.hire(office)
    server = application.build(office, ["kiosk", *staff.SCREENS])
    async with staff.visiting(server) as visitor:
        assert 429 in await guess(visitor, SIGN_IN.allowed + 1)
        desk = staff.Desk(visitor)
        await desk.send("/counter/sign-in", "/counter/sign-in", {"login": "salma", "password": PASSWORD})


async def test_asking_which_cards_have_an_account_ends_with_a_pause(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    for _ in range(CLAIMS.allowed):
        await post("/kiosk/account", "/kiosk/sign-out")
        assert (await open_account(post)).status == 409
    await post("/kiosk/account", "/kiosk/sign-out")
    assert (await open_account(post)).status == 429


@pytest.mark.parametrize("page", ["/kiosk/account/new/card", "/kiosk/account/new/check"])
async def test_who_turned_away_from_an_account_half_opened_left_nothing(kiosk: Visitor, post: Post, page: str) -> None:
    await open_account(post, pin="12")
    await kiosk.get("/kiosk")
    answer = await kiosk.get(page)
    assert answer.url.path == "/kiosk/account/new/notice"
    assert "FA123456" not in (await answer.text()).upper().replace(" ", "")
