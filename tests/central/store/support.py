"""An annexe's log as the prefecture takes it in: requests, and decisions that an agent signed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from central.centre import Centre
from protocol.office.decision import DecisionSheet, EnquiryLine, Identity, sheet_bytes, sign_sheet
from protocol.office.events import (
    Actor,
    AgentKeyEnrolled,
    Applicant,
    DecisionTaken,
    DossierCompleted,
    EnquiryReported,
    PieceSeen,
    Representative,
    RequestSubmitted,
    to_value,
)
from protocol.records.keys import OpeningKey, SigningKey, seal_to, subject_of
from protocol.sync.batches import Arrived, SealedKey, Stored
from tests.central.support import PREFECTURE, centre_in
from tests.protocol.sync.support import NOW, Writer, seed

ANNEXE = "berkane-05"
CASES, OFFICE = f"{ANNEXE}/cases", f"{ANNEXE}/office"
CASE_KEY, OFFICE_KEY = b"c" * 32, b"o" * 32
CASE = subject_of(CASE_KEY)
AGENT = SigningKey(seed("agent"))
CITIZEN = Actor(role="citizen", id="kiosk", name="Salma Idrissi")
CLERK = Actor(role="clerk", id="n.amrani", name="Nadia Amrani")
CAID = Actor(role="authority", id="k.bennani", name="Karim Bennani")


@asynccontextmanager
async def ready(folder: Path) -> Any:
    """A prefecture that knows the annexe, and the annexe's log."""
    async with centre_in(folder) as centre:
        centre.trust.add(PREFECTURE.credential("annexe", ANNEXE))
        yield centre, Writer(SigningKey(seed(ANNEXE)))


def arrived(stream: str, stored: list[Stored]) -> list[Arrived]:
    return [Arrived(stream, one.segment, one.seq, one.encoded, one.record) for one in stored]


def sealed(*keys: bytes) -> list[SealedKey]:
    public = OpeningKey(seed("prefecture/x")).public
    return [SealedKey(subject_of(key), seal_to(public, key, bytes([n + 1]) * 32)) for n, key in enumerate(keys)]


async def send(centre: Centre, log: Writer, stream: str = CASES, *keys: bytes) -> Any:
    records = arrived(stream, log.streams[stream])
    receipt = await centre.ingest.take(ANNEXE, sealed(*keys), records)
    await centre.folder.fold(ANNEXE)
    return receipt


def submitted(reference: str = "B05-7K3MQ-2X9RT") -> dict[str, Any]:
    applicant = Applicant(
        cnie="FA123456",
        name_fr="Salma Idrissi",
        name_ar="سلمى الإدريسي",
        phone="+212612345678",
        birth_date="1990-04-01",
        address="12, rue de Saïdia, Berkane",
    )
    return to_value(
        RequestSubmitted(
            follows=[],
            by=CITIZEN,
            account=bytes(16),
            reference=reference,
            procedure="residence",
            procedure_version=1,
            answers={"purpose": "school"},
            applicant=applicant,
            language="ar",
            due="2026-11-20",
        )
    )


def decide(log: Writer, *, signing: SigningKey = AGENT, outcome: Any = "approved", **read: Any) -> tuple[Any, bytes]:
    """A request from its receipt to its decision; `read`: what the signed sheet says otherwise than the log. Returns
    the decision and its record's hash."""
    head = log.append(CASES, submitted(), CASE_KEY).hash
    pieces = [PieceSeen(id="card", provenance="shown")]
    head = append(log, DossierCompleted(follows=[head], by=CLERK, pieces=pieces, due="2026-11-20", enquiry=True))
    head = append(
        log,
        EnquiryReported(
            follows=[head], by=CLERK, outcome="favourable", by_title="moqaddem", on="2025-10-09", note="seen at home"
        ),
    )
    sheet = sheet_bytes(DecisionSheet(**{**SHEET, "follows": [head], "credential": signing.id, **read}))
    decision = DecisionTaken(
        follows=[head],
        by=CAID,
        sheet=sheet,
        signature=sign_sheet(sheet, signing),
        signer=signing.public,
        outcome=outcome,
        reason_code="",
        reason_text="",
    )
    return decision, append(log, decision)


def append(log: Writer, event: Any) -> bytes:
    return log.append(CASES, {**to_value(event)}, CASE_KEY).hash


STRANGER = Representative(capacity="proxy", cnie="FA77", name_fr="Ali Idrissi", name_ar="علي الإدريسي", basis="none")
ENQUIRY = {"outcome": "favourable", "by_title": "moqaddem", "on": "2025-10-09", "note": "seen at home"}
PERSON: dict[str, Any] = {
    "cnie": "FA123456",
    "name_fr": "Salma Idrissi",
    "name_ar": "سلمى الإدريسي",
    "birth_date": "1990-04-01",
    "address": "12, rue de Saïdia, Berkane",
}
SHEET: dict[str, Any] = {
    "annexe": ANNEXE,
    "case": CASE,
    "procedure": "residence",
    "procedure_version": 1,
    "reference": "B05-7K3MQ-2X9RT",
    "identity": Identity(**PERSON),
    "answers": {"purpose": "school"},
    "pieces": ["card"],
    "enquiry": EnquiryLine(**ENQUIRY),
    "outcome": "approved",
    "reason_code": "",
    "reason_text": "",
    "agent": "k.bennani",
    "claimed_ms": NOW,
}


def enrol(log: Writer, public: bytes = AGENT.public) -> None:
    log.append(OFFICE, {**to_value(AgentKeyEnrolled(login="k.bennani", public=public))}, OFFICE_KEY)
