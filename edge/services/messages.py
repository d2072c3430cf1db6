"""The outbox: calling citizens by SMS, knowing who could not be told, and saying so.

The outbox is a fold of events, so it survives restarts. An attempt is an event before the modem is asked (see
docs/decisions/0010): one without an outcome, found at start, is unknown, and a clerk is told instead of the citizen
twice. So is one that the modem did not answer in time, or whose driver failed.

A message that failed for now waits longer after each try and does not hold up newer ones. One that is pointless by the
time its turn comes (the citizen has come for his certificate, or brought what was missing) is not sent any more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from devices.modem import Modem, Outcome, SendReport
from edge.services.cases import append_lawful, change_case, opened_case
from edge.services.elapsed import passed
from edge.services.office import SYSTEM, Office
from edge.services.sms import parts_of, text_of
from edge.services.telling import still_true
from edge.store.rows import OutboxRow
from edge.store.store import Transaction
from edge.store.worklist import Tried, messages_in, newest_messages
from protocol.errors import N_, CallerError, MulhaqaError
from protocol.office.casework import Case, Message, State
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

ANSWER_S = 120.0
"""Seconds for a modem to answer: a network may take a minute for two parts; after two nobody knows any more."""

NO_MOBILE = N_("no mobile number")
LOST = N_("unknown: the service stopped while sending")
SILENT = N_("unknown: the modem did not answer in time")
COLLECTED = N_("collected before it was sent")
OVERTAKEN = N_("not so any more when its turn came")
"""Why a message was not sent, as its event keeps it; the administration page translates these."""

log = structlog.get_logger("mulhaqa.messages")


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
        await append_lawful(tx, subject, after, procedure, _failure(after, message, 0, NO_MOBILE, final=True))


async def outbox(office: Office, limit: int = 100) -> list[OutboxLine]:
    """Return the newest `limit` messages, the oldest of them first."""
    async with office.store.reading() as reader:
        lines = []
        for one in await newest_messages(reader, limit):
            rows = [row for row in await reader.outbox(case=one.case) if row.message == one.message]
            case = await reader.case(one.case)
            if case is not None:
                phone = case.applicant.phone
                lines += [OutboxLine(row, case.reference, mask_phone(phone) if phone else "") for row in rows]
        return lines


async def told_in_person(office: Office, command: bytes, case: bytes, by: Actor) -> None:
    """Note that the citizen was told by an agent, which ends every call that did not reach him."""

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> ToldInPerson:
        return ToldInPerson(follows=list(opened.heads), by=by)

    await change_case(office, command, case, event)


def due_for_a_try(office: Office, one: Tried) -> bool:
    """Say whether a message may be tried now: at once when it is new, after its back-off when it failed for now."""
    if one.state == "queued":
        return True
    waits = office.settings.retries_ms[: one.attempts]
    return one.state == "waiting" and passed(one.updated_ms, waits[-1] if waits else 0, office.now())


async def send_due(office: Office, answer_s: float = ANSWER_S) -> int:
    """Try each message that is due, one after the other, `answer_s` seconds at most; returns how many were tried.

    One that cannot be tried now rests, and the others go on. Raises OperatorError only when the store has failed.
    """
    async with office.store.reading() as reader:
        waiting = await messages_in(reader, ("queued", "waiting"))
    due = [one for one in waiting if due_for_a_try(office, one)]
    tried = 0
    for one in [one for one in due if not office.setbacks.resting(one.message, office.now())][:BATCH]:
        try:
            await _try(office, one, answer_s)
            tried += 1
        except MulhaqaError as error:
            _put_off(office, one, error)
    return tried


def _put_off(office: Office, one: Tried, error: MulhaqaError) -> None:
    if office.store.failure is not None:
        raise error
    office.setbacks.failed(one.message, office.now())
    log.warning("messages.put_off", error=type(error).__name__, why=str(error))


async def _try(office: Office, one: Tried, answer_s: float) -> None:
    attempt = one.attempts + 1
    case = await _begin(office, one, attempt)
    if case is None or case.applicant.phone is None:
        return
    current = message_of(case, one.message)
    text = _text(office, case, current.template, current.language)
    report = await _send(office.modem, case.applicant.phone, text, answer_s)

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> MessageSent | MessageFailed:
        if report.outcome is Outcome.SENT:
            return MessageSent(follows=list(opened.heads), message=one.message, attempt=attempt, by=SYSTEM)
        last = report.outcome is not Outcome.UNREACHABLE or attempt > len(office.settings.retries_ms)
        return _failure(opened, one.message, attempt, report.why, final=last)

    await change_case(office, office.command(), one.case, event)


async def _begin(office: Office, one: Tried, attempt: int) -> Case | None:
    """Log the attempt and return the case; None when the message needs none any more."""
    begun: Case | None = None

    async def decide(tx: Transaction) -> Value:
        nonlocal begun
        begun = None
        case, procedure = await opened_case(tx, one.case)
        message = message_of(case, one.message)
        if message.state not in ("queued", "waiting"):
            return None
        pointless = _pointless(case, message.template)
        if pointless:
            failed = _failure(case, one.message, one.attempts, pointless, final=True)
            await append_lawful(tx, one.case, case, procedure, failed)
            return None
        attempted = MessageAttempted(follows=list(case.heads), message=one.message, attempt=attempt, by=SYSTEM)
        await append_lawful(tx, one.case, case, procedure, attempted)
        begun = case
        return None

    await office.store.execute(office.command(), decide)
    return begun


def message_of(case: Case, message: str) -> Message:
    """Return a message of a case; CallerError when it is another's."""
    for each in case.messages:
        if each.message == message:
            return each
    raise CallerError("A message is looked for in the case that it was queued for.")


def _pointless(case: Case, template: str) -> str:
    """Why a message need not be sent any more, or can't be; "" when it is to be sent."""
    if case.state is State.COLLECTED:
        return COLLECTED
    if not still_true(case, template):
        return OVERTAKEN
    return "" if case.applicant.phone is not None and is_mobile(case.applicant.phone) else NO_MOBILE


def _failure(case: Case, message: str, attempt: int, why: str, *, final: bool) -> MessageFailed:
    return MessageFailed(follows=list(case.heads), message=message, attempt=attempt, final=final, why=why, by=SYSTEM)


async def _send(modem: Modem, number: str, text: str, answer_s: float) -> SendReport:
    """Hand a text to the modem; whatever leaves open whether it left is UNKNOWN."""
    try:
        async with asyncio.timeout(answer_s):
            return await modem.send(number, text)
    except TimeoutError:
        return SendReport(Outcome.UNKNOWN, SILENT)
    except Exception as error:
        # A driver's own fault: named by its kind alone, for its words may hold the number.
        log.warning("messages.modem_failed", error=type(error).__name__)
        return SendReport(Outcome.UNKNOWN, f"unknown: the modem's driver failed ({type(error).__name__})")


async def settle_unknown(office: Office) -> int:
    """At start: give up the attempts whose outcome was lost with the power, so that a clerk tells the person.

    Returns how many. One that cannot be given up now (its request waits for an upgrade) does not stop the start.
    """
    async with office.store.reading() as reader:
        lost = await messages_in(reader, ("sending",))
    given_up = 0
    for one in lost:
        try:
            await _give_up(office, one)
            given_up += 1
        except MulhaqaError as error:
            _put_off(office, one, error)
    return given_up


async def _give_up(office: Office, one: Tried) -> None:
    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> MessageFailed:
        return _failure(opened, one.message, one.attempts, LOST, final=True)

    await change_case(office, office.command(), one.case, event)
