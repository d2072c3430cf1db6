"""What follows a decision by itself, once it can't be undone: a grant is sealed, a refusal is told.

Rules:

- The press works outside the writer. Whether the case is still as it was when its paper was made is decided again
  inside it, so neither a crash, nor a second attempt, nor a decision taken back and taken again seals anything twice or
  too early.
- The paper is durable before its event names it, as a scan is (`edge.store.scans`); one that no event came to name is
  deleted.
- Refusals go first: telling them needs no press.
- What fails rests and is tried again (`setbacks`); one request's trouble is not another's. When the press cannot work
  now, the others' turn comes at the next look.
- While nothing may be sealed (`sealing`), grants wait; nothing is lost and nobody is told too much.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import AsyncIterator

import structlog

from edge.press.documents import CertificateData, SealedCertificate
from edge.services.agenda import Entry
from edge.services.cases import append_lawful, opened_case
from edge.services.elapsed import passed
from edge.services.messages import queue_message
from edge.services.office import SYSTEM, Office
from edge.services.receipts import certificate_data
from edge.services.requests import Dossier, dossier
from edge.services.sealing import usable_seals
from edge.services.sms import ANSWERED
from edge.store.group import Decide
from edge.store.scans import SealedScan
from edge.store.store import Transaction
from protocol.errors import CallerError, MulhaqaError, OperatorError, PersonError
from protocol.office.casework import Case, State
from protocol.office.events import CertificateSealed
from protocol.office.seals import SealKeys
from protocol.records.encoding import Value
from protocol.records.hashing import digest

log = structlog.get_logger("mulhaqa.settling")

SERIAL_BYTES = 10
"""Random bytes of a certificate's serial: 80 bits, so that a revocation list tells nothing and nothing collides."""

SEALS = "seals"
"""What rests when the seals cannot be used: all of them at once, with one line in the journal."""


async def settle_decisions(office: Office) -> int:
    """Seal each grant, and queue the message of each refusal, that can't be undone any more; returns how many.

    Raises OperatorError only when the store has failed; every other failure is logged, and tried again after a rest.
    """
    await office.agenda.begin(office.store)
    due = [one for one in [await _looked_at(office, entry) for entry in _awake(office)] if one is not None]
    refused = [one for one in due if one.case.state is State.REFUSED]
    granted = [one for one in due if one.case.state is State.APPROVED]
    return await _tell(office, refused) + await _seal(office, granted)


def _awake(office: Office) -> list[Entry]:
    now_ms = office.now()
    due = office.agenda.due(office.settings.undo_ms, now_ms)
    return [entry for entry in due if not office.setbacks.resting(entry.subject, now_ms)]


async def _looked_at(office: Office, entry: Entry) -> Dossier | None:
    """Return the request if it is to be answered now; what is answered already leaves the agenda."""
    try:
        opened = await dossier(office, entry.subject)
    except MulhaqaError as error:
        _rest(office, entry.subject, error)
        return None
    decided = opened.case.decision
    if opened.case.frozen:
        office.setbacks.failed(entry.subject, office.now())
        return None
    if decided is None or _answered(opened.case):
        office.agenda.done(entry)
        office.setbacks.cleared(entry.subject)
        return None
    office.agenda.decided(entry, decided.time_ms)
    return opened if passed(decided.time_ms, office.settings.undo_ms, office.now()) else None


def _answered(case: Case) -> bool:
    if case.state is State.APPROVED:
        return case.certificate is not None
    return case.state is not State.REFUSED or case.told


async def _tell(office: Office, refused: list[Dossier]) -> int:
    told = 0
    for opened in refused:
        try:
            await _tell_refusal(office, opened.subject)
            told += 1
        except MulhaqaError as error:
            _rest(office, opened.subject, error)
    return told


async def _seal(office: Office, granted: list[Dossier]) -> int:
    seals = _seals_for(office) if granted else None
    if seals is None:
        return 0
    sealed = 0
    for opened in granted:
        try:
            await _seal_one(office, opened, seals)
            sealed += 1
        except PersonError as error:
            _rest(office, opened.subject, error)
            break
        except MulhaqaError as error:
            _rest(office, opened.subject, error)
    return sealed


def _seals_for(office: Office) -> SealKeys | None:
    if office.setbacks.resting(SEALS, office.now()):
        return None
    try:
        seals = usable_seals(office)
    except OperatorError as error:
        _rest(office, SEALS, error)
        return None
    office.setbacks.cleared(SEALS)
    return seals


def _rest(office: Office, thing: bytes | str, error: MulhaqaError) -> None:
    """Let what failed rest; when the store itself has failed, there is nothing left to try."""
    if office.store.failure is not None:
        raise error
    office.setbacks.failed(thing, office.now())
    log.warning("settling.put_off", error=type(error).__name__, why=str(error))


async def _seal_one(office: Office, opened: Dossier, seals: SealKeys) -> None:
    serial = b32encode(office.entropy(SERIAL_BYTES)).decode().lower()
    data = certificate_data(office, opened.case, opened.procedure, serial, office.now())
    sealed = await office.press.certificate(data, seals)
    async with office.store.reading() as reader:
        key = await reader.data_key(opened.subject)
    if key is None:
        raise CallerError("a case that was opened has its key")
    async with office.store.scans.sealing(key, _whole(sealed.pdf)) as file, office.store.scans.naming(file.address):
        await office.store.scans.keep(file)
        await office.store.execute(office.command(), _sealing(opened, serial, data, sealed, file))


async def _whole(pdf: bytes) -> AsyncIterator[bytes]:
    yield pdf


def _sealing(
    opened: Dossier, serial: str, data: CertificateData, sealed: SealedCertificate, file: SealedScan
) -> Decide:
    async def decide(tx: Transaction) -> Value:
        case, procedure = await opened_case(tx, opened.subject)
        if case.heads != opened.case.heads:
            return None
        event = CertificateSealed(
            follows=list(case.heads),
            serial=serial,
            pdf_hash=digest("pdf", sealed.pdf),
            blob=file.address,
            size=file.size,
            token=sealed.token,
            template=data.template,
            replaces=data.replaces.serial if data.replaces else "",
            expires_ms=data.expires_ms,
            by=SYSTEM,
        )
        await append_lawful(tx, opened.subject, case, procedure, event)
        return None

    return decide


async def _tell_refusal(office: Office, subject: bytes) -> None:
    async def decide(tx: Transaction) -> Value:
        case, procedure = await opened_case(tx, subject)
        if case.state is State.REFUSED and not case.told:
            await queue_message(office, tx, subject, case, procedure, ANSWERED)
        return None

    await office.store.execute(office.command(), decide)
