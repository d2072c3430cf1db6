"""Guessing from many screens at once: nobody gets in, nobody is shut out of his own screen, the office goes on.

Each refusal stands in the journal with its route and status, and with nobody's number (`screens.access_log`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge.services.attempts import ALLOWED, ALLOWED_AMONG_STRANGERS
from edge.services.known_screens import screen_id, token_hash
from edge.services.office import SYSTEM, Office
from edge.store.rows import ScreenView
from edge.web import application
from edge.web.paired import cookie_of
from protocol.office.events import ScreenKind
from tests.edge.web.staff import PASSWORD, Desk, hire, open_account
from tests.edge.web.support import Visitor

SCREENS = 10
EACH = 100
CARD = "FA123456"


class Hall:
    """An office with as many screens as a test wants, each a browser of its own."""

    def __init__(self, office: Office, stack: AsyncExitStack) -> None:
        self._office = office
        self._stack = stack
        self._server = TestServer(application.build(office))

    async def screen(self, kind: ScreenKind, name: str) -> Visitor:
        """A browser that is a paired screen of this kind, and of no other."""
        secret = f"{kind} {name}".encode().hex()
        hash_ = token_hash(secret)
        self._office.screens.welcome(ScreenView(screen_id(hash_), kind, name, hash_, SYSTEM, self._office.now()))
        client: Visitor = TestClient(self._server, cookies={"lang": "fr", cookie_of(kind): secret})
        await client.start_server()
        self._stack.push_async_callback(client.session.close)
        return client

    async def close(self) -> None:
        await self._server.close()


@pytest.fixture
async def hall(office: Office) -> AsyncIterator[Hall]:
    await hire(office)
    async with AsyncExitStack() as stack:
        found = Hall(office, stack)
        stack.push_async_callback(found.close)
        yield found


async def guess(screen: Visitor, path: str, times: int, fields: dict[str, str], guessed: str) -> list[int]:
    """Send as many guesses at once, each another; the statuses."""
    text = await (await screen.get(path)).text()
    hidden = dict(re.findall(r'name="(csrf)" value="([0-9a-f]+)"', text))
    sent = [{**hidden, **fields, guessed: str(907_000 + number)} for number in range(times)]
    answers = await asyncio.gather(*(screen.post(path, data=data, allow_redirects=False) for data in sent))
    return [answer.status for answer in answers]


async def test_a_thousand_pins_from_ten_kiosks_open_nothing_and_the_counter_lets_the_owner_in(hall: Hall) -> None:
    counter = Desk(await hall.screen("counter", "Guichet 1"))
    await counter.sign_in("salma")
    person = await open_account(counter)
    kiosks = [await hall.screen("kiosk", f"Borne {number}") for number in range(SCREENS)]
    statuses = [
        status for kiosk in kiosks for status in await guess(kiosk, "/kiosk/sign-in", EACH, {"cnie": CARD}, "pin")
    ]
    assert len(statuses) == SCREENS * EACH
    assert statuses.count(401) == ALLOWED_AMONG_STRANGERS
    assert set(statuses) == {401, 429}
    await counter.send(f"{person}/correct", f"{person}/pin", {"card_seen": "yes"})
    [pin] = re.findall(r'class="digits"><bdi dir="ltr">(\d{6})<', await counter.read(f"{person}/pin"))
    owner = Desk(await hall.screen("kiosk", "Borne 11"))  # those that were guessed at rest for some minutes
    answer = await owner.send("/kiosk/sign-in", "/kiosk/sign-in", {"cnie": CARD, "pin": pin})
    assert answer.headers["Location"] == "/kiosk/new-pin"


async def test_passwords_guessed_at_other_counters_keep_no_clerk_from_his_own(hall: Hall) -> None:
    own = Desk(await hall.screen("counter", "Guichet 1"))
    await own.sign_in("salma")
    await own.send("/counter", "/counter/sign-out")
    others = [await hall.screen("counter", f"Guichet {number}") for number in range(2, 6)]
    form = {"login": "salma", "next": ""}
    statuses = [
        status for other in others for status in await guess(other, "/counter/sign-in", 2 * ALLOWED, form, "password")
    ]
    assert statuses.count(401) == ALLOWED_AMONG_STRANGERS
    await own.sign_in("salma")
    assert PASSWORD not in await own.read("/counter")
