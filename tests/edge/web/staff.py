"""What the tests of the staff screens share: agents, a browser that fills in forms, a day of work in a line each."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from edge.services import staff
from edge.services.office import Office
from edge.services.staff import StaffForm
from edge.web import application
from protocol.office.decision import sign_sheet
from protocol.records.hashing import subject_from_text
from protocol.records.keys import SigningKey
from tests.edge.store import scanning
from tests.edge.web.paired import held

PASSWORD = "guichet-berkane-5"
AGENTS = {
    "salma": ("clerk", "Salma Bennani", "سلمى بناني"),
    "youssef": ("authority", "Youssef Tahiri", "يوسف الطاهري"),
    "nadia": ("supervisor", "Nadia Filali", "نادية الفيلالي"),
    "karim": ("admin", "Karim Idrissi", "كريم الإدريسي"),
}
AREAS = {"salma": "counter", "youssef": "authority", "nadia": "admin", "karim": "admin"}
SCREENS = ("counter", "authority", "display", "admin")

PERSON = {
    "cnie": "fa 123456",
    "name_ar": "فاطمة الزهراء بنعلي",
    "name_fr": "Fatima Zahra Benali",
    "birth_date": "12/03/1987",
    "address": "12 rue des Orangers, Hay Essalam, Berkane",
    "phone": "0612345621",
    "pin": "",
    "language": "fr",
    "consent": "yes",
    "card_seen": "yes",
}
ANSWERS = {"answer-since": "2019-03", "answer-title": "tenant", "answer-use": "école", "language": "fr"}
RESIDENCE = "residence-autorite-locale"


async def hire(office: Office) -> None:
    """Add every agent to the office."""
    for login, (role, name_fr, name_ar) in AGENTS.items():
        await staff.add(office, office.command(), StaffForm(login, name_fr, name_ar, role, PASSWORD, "fr"))


class Desk:
    """A browser in which an agent works."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    async def read(self, path: str, status: int = 200) -> str:
        """Open a page and return its text, entities resolved."""
        answer = await self.client.get(path)
        text = html.unescape(await answer.text())
        assert answer.status == status, text
        return text

    async def send(
        self, page: str, to: str, fields: Mapping[str, str] | None = None, *, status: int = 303, command: str = ""
    ) -> Any:
        """Send the form of `page` whose action is `to`, with its own hidden fields; the answer is not followed."""
        text = await (await self.client.get(page)).text()
        found = re.search(rf'<form[^>]*action="{re.escape(to)}"[^>]*>(.*?)</form>', text, re.DOTALL)
        assert found, f"{page} has no form for {to}"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[1]))
        if command:
            hidden["command"] = command
        answer = await self.client.post(to, data={**hidden, **(fields or {})}, allow_redirects=False)
        assert answer.status == status, html.unescape(await answer.text())
        return answer

    async def call(self, page: str, to: str, fields: Mapping[str, str] | None = None, *, status: int = 200) -> Any:
        """Post as our own modules do, and return the JSON of the answer."""
        text = await (await self.client.get(page)).text()
        form = re.search(rf'<form[^>]*action="{re.escape(to)}"[^>]*>(.*?)</form>', text, re.DOTALL)
        assert form, f"{page} has no form for {to}"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[1]))
        data = {**hidden, **(fields or {})}
        answer = await self.client.post(to, data=data, headers={"Accept": "application/json"})
        said = await answer.json()
        assert answer.status == status, said
        return said

    async def sign_in(self, login: str, area: str = "") -> Desk:
        """Sign in at the agent's own screen, or at another."""
        path = f"/{area or AREAS[login]}/sign-in"
        await self.send(path, path, {"login": login, "password": PASSWORD})
        return self


@asynccontextmanager
async def at_work(office: Office, login: str = "", area: str = "", language: str = "fr") -> AsyncIterator[Desk]:
    """A browser at the staff screens, signed in when a login is given."""
    async with visiting(application.build(office, SCREENS), language) as client:
        desk = Desk(client)
        yield await desk.sign_in(login, area) if login else desk


@asynccontextmanager
async def visiting(app: web.Application, language: str = "fr") -> AsyncIterator[TestClient[Any, Any]]:
    """A browser at an application."""
    async with TestClient(TestServer(app), cookies=held(language)) as client:
        yield client


async def open_account(desk: Desk, **changes: str) -> str:
    """Open an account at the counter; return its address."""
    answer = await desk.send("/counter/new-account", "/counter/new-account", PERSON | changes)
    return str(answer.headers["Location"])


async def file_request(desk: Desk, person: str) -> str:
    """File a residence request for a person; return the request's address."""
    path = f"{person}/new-request/{RESIDENCE}"
    return str((await desk.send(path, path, ANSWERS)).headers["Location"])


async def complete(desk: Desk, request: str) -> None:
    """See every piece."""
    await desk.send(request, f"{request}/pieces", {"piece-cnie": "yes", "piece-bill": "yes", "card_seen": "yes"})


async def enquire(desk: Desk, request: str, outcome: str = "favourable") -> None:
    """Enter the moqaddem's report."""
    report = {"outcome": outcome, "by_title": "moqaddem", "on": "24/11/2026", "note": "connue du voisinage"}
    await desk.send(request, f"{request}/enquiry", report)


async def ready_to_decide(office: Office) -> str:
    """Bring a request up to the authority agent; return its id."""
    async with at_work(office, "salma") as desk:
        request = await file_request(desk, await open_account(desk))
        await complete(desk, request)
        await enquire(desk, request)
    return request.rsplit("/", 1)[1]


KEY = SigningKey(b"k" * 32)


async def enrol(desk: Desk, key: SigningKey = KEY) -> None:
    """Have the annexe know the agent's key, as his browser does."""
    await desk.call("/authority", "/authority/key", {"public": base64.b64encode(key.public).decode()})


async def sheet_of(desk: Desk, case: str, fields: Mapping[str, str] | None = None, *, verb: str = "") -> bytes:
    """Fetch the bytes of the decision sheet."""
    page = f"/authority/request/{case}"
    said = await desk.call(f"{page}{verb}", f"{page}/sheet", fields)
    return base64.b64decode(said["sheet"])


async def decide(desk: Desk, case: str, sheet: bytes, *, key: SigningKey = KEY, status: int = 200) -> Any:
    """Sign a sheet's bytes and send them."""
    page = f"/authority/request/{case}"
    signed = {
        "sheet": base64.b64encode(sheet).decode(),
        "signature": base64.b64encode(sign_sheet(sheet, key)).decode(),
    }
    return await desk.call(page, f"{page}/decision", signed, status=status)


PDF = b"%PDF-1.7 a sealed certificate"


async def seal(office: Office, case: str) -> None:
    """Seal a granted request as the press would, without waiting for it."""
    await scanning.seal(office.store, subject_from_text(case), PDF)


async def make_printable(office: Office, **person: str) -> str:
    """A sealed certificate to be printed, without the press: its seal is written as the press's would be."""
    async with at_work(office, "salma") as desk:
        request = await file_request(desk, await open_account(desk, **person))
        await complete(desk, request)
        await enquire(desk, request)
    case = request.rsplit("/", 1)[1]
    async with at_work(office, "youssef") as tablet:
        await enrol(tablet)
        await decide(tablet, case, await sheet_of(tablet, case, {"outcome": "approved"}))
    await seal(office, case)
    return case


async def make_ready(office: Office, **person: str) -> str:
    """A certificate that is printed, stamped and ready."""
    case = await make_printable(office, **person)
    request = f"/counter/request/{case}"
    async with at_work(office, "salma") as desk:
        await desk.send(request, f"{request}/ready", {"printed": "yes", "stamped": "yes"})
    return case
