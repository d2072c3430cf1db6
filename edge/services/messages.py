"""The outbox: calling citizens by SMS, knowing who could not be told, and saying so.

The outbox is a fold of events, so it survives restarts. An attempt is an event before the modem is asked (see
docs/decisions/0010): one without an outcome, found at start, is unknown, and a clerk is told instead of the citizen
twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.modem import Outcome
from edge.services.cases import append_lawful, change_case, opened_case
from edge.services.office import SYSTEM, Office
from edge.services.sms import parts_of, text_of
from edge.store.rows import OutboxRow
from edge.store.store import Transaction
from protocol.office.casework import Case
from protocol.office.catalogue import Bilingual, Procedure
from protocol.office.events import (
    Actor,
    MessageAttempted,
    MessageFailed,
    MessageQueued,
    MessageSent,
    ToldInPerson,
)
from protocol.office.identity import is_mobile, mask_phone
from protocol.records import hashing
from protocol.records.encoding import Value

BATCH = 20
"""Messages sent in one turn: a modem takes a few seconds for each, and other work looks in between."""


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A message on the administrator's page: whom it is for only by its masked number."""

    row: OutboxRow
    reference: str
    number_masked: str


def _text(office: Office, case: Case, template: str, language: str) -> str:
    name = Bilingual(ar=office.annexe.name_ar, fr=office.annexe.name_fr)
    return text_of(template, language, annexe=name, reference=case.reference)


async def queue_message(
    office: Office, tx: Transaction, subject: bytes, case: Case, procedure: Procedure, template: str
) -> None:
    """Queue a call to the citizen inside the open transaction; without a mobile a clerk must tell him."""
    message = hashing.text_of(office.entropy(hashing.SUBJECT_SIZE))
    parts = parts_of(_text(office, case, template, case.language))
    queued = MessageQueued(
        follows=list(case.heads),
        message=message,
        template=template,
        language=case.language,
        part_count=parts,
        by=SYSTEM,
    )
    await append_lawful(tx, subject, case, procedure, queued)
    if case.applicant.phone is None or not is_mobile(case.applicant.phone):
        after, _ = await opened_case(tx, subject)
        failed = MessageFailed(
            follows=list(after.heads), message=message, attempt=0, final=True, why="no mobile number", by=SYSTEM
        )
        await append_lawful(tx, subject, after, procedure, failed)


async def outbox(office: Office, limit: int = 100) -> list[OutboxLine]:
    """Return the messages, the oldest first."""
    async with office.store.reading() as reader:
        lines = []
        for row in await reader.outbox(limit=limit):
            case = await reader.case(row.case)
            if case is not None:
                phone = case.applicant.phone
                lines.append(OutboxLine(row, case.reference, mask_phone(phone) if phone else ""))
        return lines


async def told_in_person(office: Office, command: bytes, case: bytes, by: Actor) -> None:
    """Note that the citizen was told by an agent, which ends every call that did not reach him."""

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> ToldInPerson:
        return ToldInPerson(follows=list(opened.heads), by=by)

    await change_case(office, command, case, event)


def due_for_a_try(office: Office, row: OutboxRow) -> bool:
    """Say whether a message may be tried now: at once when it is new, after its back-off when it failed for now."""
    if row.state == "queued":
        return True
    waits = office.settings.retries_ms
    return row.state == "waiting" and office.now() - row.updated_ms >= waits[min(row.attempts, len(waits)) - 1]


async def send_due(office: Office) -> int:
    """Try each message that is due, one after the other; returns how many were tried."""
    async with office.store.reading() as reader:
        rows = [
            row for row in await reader.outbox(states=("queued", "waiting"), limit=200) if due_for_a_try(office, row)
        ]
    for row in rows[:BATCH]:
        await _try(office, row)
    return len(rows[:BATCH])


async def _try(office: Office, row: OutboxRow) -> None:
    attempt = row.attempts + 1
    if not await _begin(office, row, attempt):
        return
    async with office.store.reading() as reader:
        case = await reader.case(row.case)
    if case is None or case.applicant.phone is None:
        return
    report = await office.modem.send(case.applicant.phone, _text(office, case, row.template, row.language))

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> MessageSent | MessageFailed:
        if report.outcome is Outcome.SENT:
            return MessageSent(follows=list(opened.heads), message=row.message, attempt=attempt, by=SYSTEM)
        last = report.outcome is not Outcome.UNREACHABLE or attempt > len(office.settings.retries_ms)
        return MessageFailed(
            follows=list(opened.heads), message=row.message, attempt=attempt, final=last, why=report.why, by=SYSTEM
        )

    await change_case(office, office.command(), row.case, event)


async def _begin(office: Office, row: OutboxRow, attempt: int) -> bool:
    """Log the attempt; False when the message needs none any more (told in person meanwhile)."""

    async def decide(tx: Transaction) -> Value:
        current = [line for line in await tx.outbox(case=row.case) if line.message == row.message]
        if not current or current[0].state not in ("queued", "waiting"):
            return False
        case, procedure = await opened_case(tx, row.case)
        attempted = MessageAttempted(follows=list(case.heads), message=row.message, attempt=attempt, by=SYSTEM)
        await append_lawful(tx, row.case, case, procedure, attempted)
        return True

    return await office.store.execute(office.command(), decide) is True


async def settle_unknown(office: Office) -> int:
    """At start: give up the attempts whose outcome was lost with the power, so that a clerk tells the person."""
    async with office.store.reading() as reader:
        rows = await reader.outbox(states=("sending",), limit=1000)
    for row in rows:
        await _give_up(office, row)
    return len(rows)


async def _give_up(office: Office, row: OutboxRow) -> None:
    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> MessageFailed:
        return MessageFailed(
            follows=list(opened.heads),
            message=row.message,
            attempt=row.attempts,
            final=True,
            why="unknown: the service stopped while sending",
            by=SYSTEM,
        )

    await change_case(office, office.command(), row.case, event)
