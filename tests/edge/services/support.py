"""What the tests of the services share: an office on a real store, the people who come, and a day's work in lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from devices.health import Condition, Health
from devices.modem import Modem, Outcome, SendReport, SimulatedModem
from edge.press.client import Press, worker_command
from edge.press.documents import CertificateData, Paper, ReceiptData, SealedCertificate
from edge.press.notices import Notice
from edge.reencoding.client import Reencoder
from edge.services import accounts, decisions, enquiries, pieces, requests, staff
from edge.services.accounts import AccountForm
from edge.services.announcer import Announcer
from edge.services.office import AnnexeProfile, Office, Settings
from edge.services.passwords import Passwords
from edge.services.requests import Submitted
from edge.services.staff import StaffForm
from edge.store.rows import Committed, StaffView
from edge.store.store import Identity, Store
from edge.store.vault import Vault
from protocol.office.casework import Case, State
from protocol.office.decision import sign_sheet
from protocol.office.events import Actor
from protocol.office.seals import SealKeys
from protocol.records.encoding import Value
from protocol.records.keys import SigningKey
from tests.edge.press.papers import chain
from tests.edge.reencoding.stand_in import StandInReencoder
from tests.edge.web.paired import with_screens
from tests.edge.web.support import PROCEDURES, RESIDENCE, Clock, entropy_from, publish

__all__ = ["PROCEDURES", "RESIDENCE", "Clock"]

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
RESIDENCE_ID = "residence-autorite-locale"
ANSWERS = {"since": "2021-09", "title": "tenant", "use": "école"}
PIN = "135790"
PASSWORD = "une phrase courte"

CITIZEN = Actor(role="citizen", id="kiosk", name="Fatima Zahra Benali", name_ar="فاطمة الزهراء بنعلي")
CLERK = Actor(role="clerk", id="salma", name="Salma Bennani", name_ar="سلمى بناني")

PROFILE = AnnexeProfile(
    id="berkane-05",
    prefix="B05",
    name_ar="الملحقة الإدارية الخامسة",
    name_fr="5e annexe administrative",
    town_ar="بركان",
    town_fr="Berkane",
    province_ar="إقليم بركان",
    province_fr="Province de Berkane",
    origin="http://localhost:8080",
    verify_url="http://localhost:8090/verify",
)

OPENINGS = count()


class StandInPress(Press):
    """A press that prints at once, counts its papers, and fails as often as a test wants."""

    def __init__(self) -> None:
        super().__init__(None, worker_command(), 1.0, 1.0)
        self.papers: list[CertificateData] = []
        self.notices: list[Notice] = []
        self.failures: list[Exception] = []
        self.broken: Callable[[CertificateData], Exception | None] = lambda _data: None
        self.meanwhile: Callable[[], Any] | None = None

    async def receipt(self, data: ReceiptData, language: str, paper: Paper = "a4") -> bytes:
        return f"%PDF receipt {data.reference} {language} {paper}".encode()

    async def notice(self, data: Notice, language: str) -> bytes:
        self.notices.append(data)
        return f"%PDF notice {data.reference} {language}".encode()

    async def certificate(self, data: CertificateData, seals: SealKeys) -> SealedCertificate:
        self.papers.append(data)
        failure = self.failures.pop(0) if self.failures else self.broken(data)
        if failure is not None:
            raise failure
        if self.meanwhile is not None:
            await self.meanwhile()
        return SealedCertificate(pdf=b"%PDF " + data.serial.encode(), token="MLQ1:" + data.serial)


@dataclass
class ScriptedModem:
    """A modem that answers what it is told to, in order, then SENT; it keeps what it was handed."""

    script: list[SendReport | Exception | None] = field(default_factory=list)
    handed: list[tuple[str, str]] = field(default_factory=list)
    meanwhile: Callable[[], Any] | None = None

    async def send(self, number: str, text: str) -> SendReport:
        self.handed.append((number, text))
        if self.meanwhile is not None:
            await self.meanwhile()
        answer = self.script.pop(0) if self.script else SendReport(Outcome.SENT)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await asyncio.get_running_loop().create_future()
            raise AssertionError
        return answer

    def health(self) -> Health:
        return Health("modem", Condition.WORKING, simulated=True)


@asynccontextmanager
async def office_in(
    folder: Path,
    clock: Clock,
    *,
    press: Press | None = None,
    reencoder: Reencoder | None = None,
    modem: Modem | None = None,
    settings: Settings | None = None,
    documents: tuple[dict[str, Any], ...] = PROCEDURES,
) -> AsyncIterator[Office]:
    """The office in `folder`, made at the first opening; each opening is a start of the service."""
    entropy = entropy_from(f"opening {next(OPENINGS)}")
    made = (folder / "vault.key").exists()
    store = await Store.open(
        folder,
        identity=Identity("berkane-05", SigningKey(b"a" * 32)),
        vault=Vault.open(folder) if made else Vault.create(folder, entropy),
        now=clock,
        entropy=entropy,
        software="test",
        fingerprint="test",
    )
    if not made:
        await publish(store, documents)
    office = Office(
        annexe=PROFILE,
        store=store,
        now=clock,
        entropy=entropy,
        announcer=Announcer(),
        press=press or StandInPress(),
        reencoder=reencoder or StandInReencoder(),
        modem=modem or SimulatedModem(clock),
        passwords=Passwords(entropy, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
        seals=chain().seals,
        settings=settings or Settings(),
    )
    with_screens(office)
    try:
        yield office
    finally:
        await office.press.close()
        await store.close()


def form(**changes: Any) -> AccountForm:
    """The answers of one person, complete and right but for `changes`."""
    typed: dict[str, Any] = {
        "cnie": "fa 123456",
        "name_fr": "Fatima Zahra Benali",
        "name_ar": "فاطمة الزهراء بنعلي",
        "phone": "0612345621",
        "birth_date": "12/03/1987",
        "address": "12 rue des Orangers, Hay Essalam, Berkane",
        "pin": PIN,
        "language": "fr",
        "consent": "notice-1",
    }
    return AccountForm(**(typed | changes))


async def account(office: Office, **changes: Any) -> bytes:
    return await accounts.open_account(office, office.command(), form(**changes), CITIZEN)


async def asked(office: Office, who: bytes | None = None, language: Any = "fr", **changes: Any) -> Submitted:
    """A residence certificate asked for at the kiosk, by `who` or by a person who opens an account for it."""
    owner = who or await account(office, **changes)
    return await requests.submit(office, office.command(), owner, RESIDENCE_ID, ANSWERS, CITIZEN, language)


async def completed(office: Office, case: bytes) -> None:
    await pieces.complete(office, office.command(), case, ["cnie", "bill"], CLERK, card_seen=True)


async def enquired(office: Office, case: bytes, on: str = "2026-11-24") -> None:
    await enquiries.report(office, office.command(), case, "favourable", on, "", "moqaddem", CLERK)


async def ready_to_decide(office: Office, on: str = "2026-11-24", **changes: Any) -> bytes:
    """A request that waits for the authority agent."""
    case = (await asked(office, **changes)).case
    await completed(office, case)
    await enquired(office, case, on)
    return case


@dataclass(frozen=True)
class Agent:
    """An authority agent as he is signed in, and the key in his browser."""

    staff: StaffView
    signing: SigningKey


async def authority(office: Office, login: str = "youssef") -> Agent:
    """An agent who was added and whose browser has enrolled a key; the same when he is there already."""
    signing = SigningKey(login.encode().ljust(32, b"."))
    async with office.store.reading() as reader:
        known = await reader.staff(login)
    if known is None:
        form = StaffForm(login, "Youssef Tahiri", "يوسف الطاهري", "authority", PASSWORD)
        await staff.add(office, office.command(), form)
        await decisions.enrol_key(office, office.command(), await staff.by_login(office, login), signing.public)
    return Agent(await staff.by_login(office, login), signing)


async def decided(office: Office, case: bytes, outcome: str = "approved", agent: Agent | None = None) -> None:
    """Decide as the agent does: read the sheet, sign it, send both."""
    who = agent or await authority(office)
    reason = ("", "") if outcome == "approved" else ("not_resident", "L’enquête ne l’a pas trouvé à cette adresse.")
    sheet = await decisions.draw_sheet(office, case, who.staff, outcome, *reason)
    await decisions.take(office, office.command(), case, sheet, sign_sheet(sheet, who.signing), who.staff)


async def case_of(office: Office, case: bytes) -> Case:
    return (await requests.dossier(office, case)).case


async def state_of(office: Office, case: bytes) -> State:
    return (await case_of(office, case)).state


async def records(office: Office) -> int:
    """How many records the log holds."""
    async with office.store.reading() as reader:
        (found,) = await reader.rows("SELECT count(*) FROM records")
    number = found[0]
    assert isinstance(number, int)
    return number


def kinds_in(told: list[Committed]) -> list[str]:
    return [each.kind for each in told]


async def wrongly_used(office: Office) -> bytes:
    """A command id that was used for something whose answer is no account and no request."""
    command = office.command()

    async def decide(_tx: object) -> Value:
        return "something else"

    await office.store.execute(command, decide)
    return command


def unreachable(times: int) -> list[SendReport | Exception | None]:
    return [SendReport(Outcome.UNREACHABLE, "no network")] * times
