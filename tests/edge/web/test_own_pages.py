"""What a citizen's screen shows after each commit that concerns him is what a browser that never saw it shows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer

from edge.services import accounts, missing, pieces, pins, rectification, requests, withdrawals
from edge.services.account_forms import AccountForm, Said
from edge.services.office import Office
from edge.services.rectification import Correction
from edge.services.representation import RepresentativeForm
from edge.store.feeds import accept
from edge.web import application
from protocol.office.events import Actor, CataloguePublished, to_value
from protocol.records.hashing import text_of
from tests.edge.web.paired import held
from tests.edge.web.support import PERSON, PIN, RESIDENCE, Clock, Visitor, both, feed_of, publish_holidays

OWN = "/kiosk/account"
CLERK = Actor(role="clerk", id="salma", name="Salma Bennani", name_ar="سلمى بناني")
HERSELF = Actor(role="citizen", id="kiosk", name="Fatima Zahra Benali", name_ar="فاطمة الزهراء بنعلي")
GUARDIAN = RepresentativeForm("guardian", "", "", "", "", "", "Livret de famille n° 88", papers_seen=True)
ANSWERS = {"since": "2021-09", "title": "tenant", "use": ""}
TOMORROW_OF_AGE = "26.11.2008"
DAY = 24 * 3600 * 1000


@dataclass
class Family:
    """A mother, her child and a stranger, with a request each."""

    office: Office
    server: BaseTestServer
    mother: bytes
    child: bytes
    stranger: bytes
    own_case: bytes
    childs_case: bytes
    strangers_case: bytes


async def opened(office: Office, by: Actor, **changes: str | bytes | None) -> bytes:
    said = PERSON | {"pin": PIN, "language": "fr", "consent": "notice-1"} | changes
    form = AccountForm(**said)  # type: ignore[arg-type]  # a form as typed
    return await accounts.open_account(office, office.command(), form, by, card_seen=by is CLERK)


async def asked(office: Office, account: bytes, represented: RepresentativeForm | None = None) -> bytes:
    sent = await requests.submit(
        office, office.command(), account, "residence-autorite-locale", ANSWERS, CLERK if represented else HERSELF,
        "fr", represented=represented,
    )  # fmt: skip
    return sent.case


@pytest.fixture
async def family(office: Office) -> AsyncIterator[Family]:
    mother = await opened(office, CLERK)
    child = await opened(
        office, CLERK, cnie="", document="none", name_fr="Yasmine Benali", name_ar="ياسمين بنعلي",
        birth_date=TOMORROW_OF_AGE, guardian=mother, pin=None,
    )  # fmt: skip
    stranger = await opened(office, CLERK, cnie="FB7", name_fr="Ali Idrissi", name_ar="علي الإدريسي")
    cases = [await asked(office, mother), await asked(office, child, GUARDIAN), await asked(office, stranger)]
    async with TestServer(application.build(office, ["kiosk"])) as server:
        yield Family(office, server, mother, child, stranger, *cases)


async def signed_in(server: BaseTestServer, pin: str = PIN) -> Visitor:
    visitor: Visitor = TestClient(server, cookies=held())
    text = await (await visitor.get("/kiosk/sign-in")).text()
    hidden = dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text))
    answer = await visitor.post("/kiosk/sign-in", data={**hidden, "cnie": "FA123456", "pin": pin})
    assert answer.status == 200
    return visitor


async def read(visitor: Visitor, path: str) -> str:
    """The page without its tokens, which no two answers share, and the name that one signed in by."""
    answer = await visitor.get(path)
    assert answer.status == 200
    return re.sub(r'(value|data-csrf)="[0-9a-f]{32,}"|<div class="row person">.*', "", await answer.text())


async def nothing(_family: Family) -> None:
    pass


async def a_document_is_missing(family: Family) -> None:
    office = family.office
    await missing.ask(office, office.command(), family.own_case, ["bill"], CLERK)


async def the_dossier_is_complete(family: Family) -> None:
    office = family.office
    await pieces.complete(office, office.command(), family.own_case, ["cnie", "bill"], CLERK, card_seen=True)


async def she_withdraws(family: Family) -> None:
    office = family.office
    await withdrawals.withdraw(office, office.command(), family.own_case, True, HERSELF)


async def she_asks_again(family: Family) -> None:
    await asked(family.office, family.mother)


async def a_clerk_looks(family: Family) -> None:
    await accounts.view(family.office, family.mother, CLERK)


async def her_pin_changes(family: Family) -> None:
    office = family.office
    await pins.change(office, office.command(), family.mother, PIN, "864209", "864209")


async def her_telephone_changes(family: Family) -> None:
    office = family.office
    await rectification.change_phone(office, office.command(), family.mother, "0661999999", True, True, CLERK)


async def corrected(family: Family, account: bytes, **changes: str) -> None:
    person = await accounts.view(family.office, account)
    said = Said(
        document=person.document, cnie=person.cnie, state="", name_ar=person.name_ar, name_fr=person.name_fr,
        birth_date=person.birth_date, address=person.address,
    )  # fmt: skip
    right = Correction(replaced(said, changes), card_seen=True, take_over=True)
    await rectification.correct(family.office, family.office.command(), account, right, CLERK)


def replaced(said: Said, changes: dict[str, str]) -> Said:
    return Said(**{name: changes.get(name, getattr(said, name)) for name in Said.__slots__})


async def her_name_is_corrected(family: Family) -> None:
    await corrected(family, family.mother, name_fr="Fatima Ezzahra Benali")


async def her_childs_name_is_corrected(family: Family) -> None:
    await corrected(family, family.child, name_fr="Jasmine Benali")


async def her_child_has_another_request(family: Family) -> None:
    await asked(family.office, family.child, GUARDIAN)


async def her_childs_dossier_is_complete(family: Family) -> None:
    office = family.office
    await pieces.complete(office, office.command(), family.childs_case, ["cnie", "bill"], CLERK, card_seen=True)


async def she_has_another_child(family: Family) -> None:
    await opened(
        family.office, CLERK, cnie="", document="none", name_fr="Adam Benali", name_ar="آدم بنعلي",
        birth_date="2.5.2020", guardian=family.mother, pin=None,
    )  # fmt: skip


OF_HERS = (
    a_document_is_missing, the_dossier_is_complete, she_withdraws, she_asks_again, a_clerk_looks, her_pin_changes,
    her_telephone_changes, her_name_is_corrected, her_childs_name_is_corrected, her_child_has_another_request,
    her_childs_dossier_is_complete, she_has_another_child,
)  # fmt: skip


async def the_guide_changes(family: Family) -> None:
    newer = {**RESIDENCE, "version": 2, "name": both("شهادة أخرى", "Un autre certificat")}
    events = [to_value(CataloguePublished(id=newer["id"], version=2, document=newer))]
    await accept(family.office.store, "berkane-05", *feed_of(events, b"segment2"))


async def holidays_are_published(family: Family) -> None:
    await publish_holidays(family.office.store, [])


async def a_strangers_dossier_is_complete(family: Family) -> None:
    office = family.office
    await pieces.complete(office, office.command(), family.strangers_case, ["cnie", "bill"], CLERK, card_seen=True)


OF_OTHERS = (nothing, the_guide_changes, holidays_are_published, a_strangers_dossier_is_complete)

Happening = Callable[[Family], Awaitable[None]]


def pages_of(family: Family) -> tuple[str, ...]:
    return (OWN, *(f"{OWN}/requests/{text_of(case)}" for case in (family.own_case, family.childs_case)))


@pytest.mark.parametrize("happening", [*OF_HERS, *OF_OTHERS], ids=lambda happening: happening.__name__)
async def test_no_screen_shows_what_is_over(family: Family, happening: Happening) -> None:
    screens = {path: await signed_in(family.server) for path in pages_of(family)}
    before = {path: await read(screen, path) for path, screen in screens.items()}
    assert before == {path: await read(screen, path) for path, screen in screens.items()}
    await happening(family)
    after = {path: await read(screen, path) for path, screen in screens.items()}
    newcomer = await signed_in(family.server, "864209" if happening is her_pin_changes else PIN)
    assert after == {path: await read(newcomer, path) for path in screens}
    assert (after != before) is (happening in OF_HERS)
    for screen in (*screens.values(), newcomer):
        await screen.close()


async def test_the_day_a_child_comes_of_age_ends_what_one_may_read_for_it(family: Family, clock: Clock) -> None:
    own_pages = pages_of(family)
    clock.ms += DAY  # the screens' sessions begin today
    today = await signed_in(family.server)
    clock.ms -= DAY
    yesterday = await signed_in(family.server)
    assert "Yasmine" in await read(yesterday, OWN)
    assert (await yesterday.get(own_pages[2])).status == 200
    clock.ms += DAY
    assert "Yasmine" not in await read(today, OWN)
    assert (await today.get(own_pages[2])).status == 404
    for screen in (today, yesterday):
        await screen.close()
