"""From a grant to the paper in a hand: sealing, printing, confirming it printed and stamped, handing it over.

Rules:

- A decision is sealed only once it can't be undone any more. The press works outside the writer; whether the case is
  still to be sealed is decided again inside it, so a crash or a second attempt seals nothing twice.
- Approval is not readiness. A clerk confirms that the certificate is printed and stamped; that makes it ready and calls
  the citizen in the same transaction.
"""

from __future__ import annotations

from base64 import b32encode

from edge.services.cases import append_lawful, change_case, opened_case
from edge.services.messages import queue_message
from edge.services.office import SYSTEM, Office
from edge.services.receipts import certificate_data
from edge.services.requests import Dossier, RequestRow, dossier, recent
from edge.services.sms import ANSWERED, READY
from edge.store.store import Transaction
from protocol.errors import N_, OperatorError, PersonError
from protocol.office.casework import Case, State
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, CertificateCollected, CertificateReady, CertificateSealed
from protocol.records.encoding import Value
from protocol.records.hashing import digest

SERIAL_BYTES = 10
"""Random bytes of a certificate's serial: 80 bits, so that a revocation list tells nothing and nothing collides."""


async def to_print(office: Office) -> list[RequestRow]:
    """Return the granted requests whose sealed certificate waits to be printed and stamped."""
    rows = await recent(office, [State.APPROVED])
    opened = [(row, await dossier(office, row.case)) for row in rows]
    return [row for row, one in opened if one.case.certificate is not None]


async def settle_decisions(office: Office) -> int:
    """Seal each grant, and queue the message of each refusal, that can't be undone any more; returns how many."""
    settled = 0
    for row in await recent(office, [State.APPROVED, State.REFUSED]):
        opened = await dossier(office, row.case)
        decided = opened.case.decision
        if decided is None or office.now() - decided.time_ms < office.settings.undo_ms:
            continue
        if opened.case.state is State.APPROVED and opened.case.certificate is None:
            await _seal(office, opened)
            settled += 1
        elif opened.case.state is State.REFUSED and not opened.case.messages:
            await _tell_refusal(office, opened.subject)
            settled += 1
    return settled


async def _seal(office: Office, opened: Dossier) -> None:
    if office.seals is None:
        raise OperatorError("This annexe has no seals: install the seed that the prefecture made for it.")
    serial = b32encode(office.entropy(SERIAL_BYTES)).decode().lower()
    data = certificate_data(office, opened.case, opened.procedure, serial, office.now())
    sealed = await office.press.certificate(data, office.seals)

    async def decide(tx: Transaction) -> Value:
        case, procedure = await opened_case(tx, opened.subject)
        if case.state is not State.APPROVED or case.certificate is not None:
            return None
        stored = await tx.put_blob(opened.subject, sealed.pdf)
        event = CertificateSealed(
            follows=list(case.heads),
            serial=serial,
            pdf_hash=digest("pdf", sealed.pdf),
            blob=stored,
            token=sealed.token,
            template=data.template,
            by=SYSTEM,
        )
        await append_lawful(tx, opened.subject, case, procedure, event)
        return None

    await office.store.execute(office.command(), decide)


async def _tell_refusal(office: Office, subject: bytes) -> None:
    async def decide(tx: Transaction) -> Value:
        case, procedure = await opened_case(tx, subject)
        if case.state is State.REFUSED and not case.messages:
            await queue_message(office, tx, subject, case, procedure, ANSWERED)
        return None

    await office.store.execute(office.command(), decide)


async def pdf(office: Office, case: bytes) -> bytes:
    """Return the sealed certificate; PersonError 404 while there is none."""
    opened = await dossier(office, case)
    if opened.case.certificate is None:
        raise PersonError(N_("This certificate is not sealed yet: wait a minute and try again."), status=404)
    async with office.store.reading() as reader:
        found = await reader.blob(opened.case.certificate.blob)
    if found is None:
        raise OperatorError("A sealed certificate is missing from the store: run mulhaqa-edge verify-log.")
    return found


async def confirm_ready(office: Office, command: bytes, case: bytes, printed: bool, stamped: bool, by: Actor) -> None:
    """Note that the certificate is printed and stamped: it is ready, and the citizen is called."""
    if not printed or not stamped:
        raise PersonError(N_("Confirm both: the certificate is printed, and it is stamped."), field="stamped")

    async def decide(tx: Transaction) -> Value:
        before, procedure = await opened_case(tx, case)
        if before.state is State.APPROVED and before.certificate is None:
            raise PersonError(N_("This certificate is not sealed yet: wait a minute and try again."), status=409)
        event = CertificateReady(follows=list(before.heads), printed=printed, stamped=stamped, by=by)
        await append_lawful(tx, case, before, procedure, event)
        after, _ = await opened_case(tx, case)
        await queue_message(office, tx, case, after, procedure, READY)
        return None

    await office.store.execute(command, decide)


async def hand_over(office: Office, command: bytes, case: bytes, card_seen: bool, by: Actor) -> None:
    """Note that the certificate was handed to the person whose card was seen."""
    if not card_seen:
        raise PersonError(N_("Look at the person's card first, then confirm that you saw it."), field="card_seen")

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> CertificateCollected:
        return CertificateCollected(follows=list(opened.heads), card_seen=card_seen, by=by)

    await change_case(office, command, case, event)
