"""A prefecture on a real store with its pages, an annexe's log to fill it, and people before the pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher

from central.catalogue_files import publish_catalogue, read_catalogue
from central.installation import Installation, install
from central.opening import opened_centre
from central.passwords import Passwords
from central.prefecture import Prefecture
from central.server import join
from central.staff import StaffForm
from protocol.office.casework import State
from protocol.office.deadlines import MARKS
from protocol.office.decision import DecisionSheet, EnquiryLine, Identity, sheet_bytes, sign_sheet
from protocol.office.events import (
    Actor,
    AgentKeyEnrolled,
    Applicant,
    CertificateSealed,
    DeadlineReached,
    DecisionTaken,
    DossierCompleted,
    EnquiryReported,
    PieceSeen,
    Representative,
    RequestSubmitted,
    to_value,
)
from protocol.records.credentials import parse_credential
from protocol.records.hashing import text_of
from protocol.records.keys import SigningKey, seal_to, subject_of
from protocol.sync.batches import Arrived, SealedKey
from tests.central.provisioned import ANNEXE, Provisioned, now_ms
from tests.central.support import drawn
from tests.edge.store.support import Chance, Clock
from tests.protocol.sync.support import NOW, Writer

Visitor = TestClient[Any, Any]
PASSWORD = "une phrase courte"
CASES, OFFICE = f"{ANNEXE}/cases", f"{ANNEXE}/office"
REFERENCES = {"granted": "B05-9TH1M-KFANQ", "other": "B05-9BCVF-ZEKR0"}
AGENT = SigningKey(drawn("agent"))
CITIZEN = Actor(role="citizen", id="kiosk", name="Salma Idrissi")
CLERK = Actor(role="clerk", id="n.amrani", name="Nadia Amrani", name_ar="نادية العمراني")
CAID = Actor(role="authority", id="k.bennani", name="Karim Bennani", name_ar="كريم بناني")
SYSTEM = Actor(role="system", id="annexe", name="Mulhaqa")
SALMA = Applicant(
    cnie="FA123456",
    name_fr="Salma Idrissi",
    name_ar="سلمى الإدريسي",
    phone="+212612345678",
    birth_date="1990-04-01",
    address="12, rue de Saïdia, Berkane",
)
ANSWERS = {"occupation": "proprietaire", "depuis": "2019-03", "motif": "banque"}
FOUND: dict[str, Any] = {"outcome": "favourable", "by_title": "moqaddem", "on": "2025-10-09", "note": "vu sur place"}
TYPED = ("Salma", "Idrissi", "سلمى", "FA123456", "612345678", "Saïdia", "9TH1M")


@asynccontextmanager
async def prefecture_in(folder: Path, it: Provisioned) -> AsyncIterator[Prefecture]:
    """A prefecture that has published its catalogue, admitted an annexe, and employs Karim."""
    installation = install(folder, it.seed.read_bytes(), Chance())
    async with reopened(installation) as prefecture:
        await publish_catalogue(prefecture.centre, read_catalogue())
        await prefecture.centre.publish_credentials([parse_credential(it.credential.read_bytes())])
        await prefecture.staff.add(StaffForm("karim", "Karim Zerouali", "كريم الزروالي", "officer", PASSWORD))
        yield prefecture


@asynccontextmanager
async def reopened(installation: Installation) -> AsyncIterator[Prefecture]:
    chance = Chance()
    async with opened_centre(installation, Clock(now_ms()), chance) as centre:
        quick = Passwords(chance, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield join(installation, centre, quick)


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's first form."""
    return dict(re.findall(r'name="(csrf|command|next)" value="([^"]*)"', page))


async def sign_in(visitor: Visitor, password: str = PASSWORD, login: str = "karim", to: str = "") -> Any:
    address = f"/prefecture/sign-in?next={to}" if to else "/prefecture/sign-in"
    form = hidden(await (await visitor.get(address)).text())
    fields = {**form, "login": login, "password": password}
    return await visitor.post("/prefecture/sign-in", data=fields, allow_redirects=False)


class Annexe:
    """The annexe's log, carried to the prefecture by hand."""

    def __init__(self, prefecture: Prefecture, it: Provisioned) -> None:
        self.prefecture = prefecture
        self.log = Writer(it.signing)
        self._sent: dict[str, int] = {}

    def case(self, name: str) -> str:
        """The id of a case, as addresses have it."""
        return text_of(subject_of(drawn(name)))

    def write(self, name: str, event: Any, stream: str = CASES) -> bytes:
        return self.log.append(stream, {**to_value(event)}, drawn(name)).hash

    async def send(self, *names: str, only: Callable[[int], bool] = lambda _number: True) -> None:
        """Everything that is new, with the keys of these cases."""
        centre = self.prefecture.centre
        public = centre.identity.chain[0].sealing
        assert public is not None
        keys = [SealedKey(subject_of(drawn(n)), seal_to(public, drawn(n), drawn(f"{n}/entropy"))) for n in names]
        records = [
            Arrived(stream, one.segment, one.seq, one.encoded, one.record)
            for stream, held in self.log.streams.items()
            for one in held[self._sent.get(stream, 0) :]
            if only(one.seq)
        ]
        self._sent = {stream: len(held) for stream, held in self.log.streams.items()}
        await centre.ingest.take(ANNEXE, keys, records)
        await centre.folder.fold(ANNEXE)
        self.prefecture.connections.changed(ANNEXE)

    def submit(self, name: str, applicant: Applicant = SALMA, represented_by: Representative | None = None) -> bytes:
        request = RequestSubmitted(
            follows=[], by=CITIZEN, account=bytes(16), reference=REFERENCES[name], answers=ANSWERS, applicant=applicant,
            represented_by=represented_by,
            procedure="residence-autorite-locale", procedure_version=1, language="ar", due="2026-11-20",
        )  # fmt: skip
        return self.write(name, request)

    def silent(self, name: str) -> bytes:
        """From the receipt to the end of a delay that nobody answered in."""
        head = self.submit(name)
        seen = [PieceSeen(id="cnie", provenance="shown")]
        complete = DossierCompleted(follows=[head], by=CLERK, pieces=seen, due="2025-11-20", enquiry=True)
        head = self.write(name, complete)
        for mark in MARKS:
            head = self.write(name, DeadlineReached(follows=[head], by=SYSTEM, mark=mark, due="2025-11-20"))
        return head

    def enrol(self) -> None:
        self.write("office", AgentKeyEnrolled(login="k.bennani", public=AGENT.public), OFFICE)

    def decide(self, name: str, outcome: Any = "approved", *, signed: str = "") -> bytes:
        """From the receipt to the decision; `signed`: the outcome on the agent's sheet, if it is another."""
        head = self.submit(name)
        seen = [PieceSeen(id="cnie", provenance="shown")]
        head = self.write(name, DossierCompleted(follows=[head], by=CLERK, pieces=seen, due="2026-11-20", enquiry=True))
        head = self.write(name, EnquiryReported(follows=[head], by=CLERK, **FOUND))
        reason = ("not_resident", "Not found at this address.") if outcome == "refused" else ("", "")
        sheet = self._sheet(name, head, signed or outcome, reason)
        decision = DecisionTaken(
            follows=[head], by=CAID, sheet=sheet, signature=sign_sheet(sheet, AGENT), signer=AGENT.public,
            outcome=outcome, reason_code=reason[0], reason_text=reason[1],
        )  # fmt: skip
        return self.write(name, decision)

    def seal(self, name: str, head: bytes, serial: str, token: str, expires_ms: int | None = None) -> bytes:
        sealed = CertificateSealed(
            follows=[head], by=SYSTEM, serial=serial, pdf_hash=bytes(32), blob=bytes(32), token=token,
            template="residence", expires_ms=expires_ms,
        )  # fmt: skip
        return self.write(name, sealed)

    def _sheet(self, name: str, head: bytes, outcome: Any, reason: tuple[str, str]) -> bytes:
        sheet = DecisionSheet(
            annexe=ANNEXE, case=subject_of(drawn(name)), follows=[head], procedure="residence-autorite-locale",
            procedure_version=1, reference=REFERENCES[name], identity=Identity(
                cnie=SALMA.cnie, name_fr=SALMA.name_fr, name_ar=SALMA.name_ar, birth_date=SALMA.birth_date,
                address=SALMA.address,
            ),
            answers=ANSWERS, pieces=["cnie"], enquiry=EnquiryLine(**FOUND), outcome=outcome,
            reason_code=reason[0], reason_text=reason[1],
            agent="k.bennani", credential=AGENT.id, claimed_ms=NOW,
        )  # fmt: skip
        return sheet_bytes(sheet)


def states(page: str) -> list[str]:
    return re.findall(r'data-state="([a-z_]+)"', page)


ALL_STATES = [state.value for state in State]
