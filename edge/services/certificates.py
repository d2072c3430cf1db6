"""From a sealed certificate to the paper in a hand: printing it, confirming it printed and stamped, handing it over.

Approval is not readiness. A clerk confirms that the certificate is printed and stamped; that makes it ready and calls
the citizen in the same transaction. How it comes to be sealed stands in `settling`.
"""

from __future__ import annotations

from edge.services.cases import append_lawful, change_case, opened_case
from edge.services.messages import queue_message
from edge.services.office import Office
from edge.services.requests import RequestRow, dossier, read_dossier, row_of
from edge.services.sms import READY
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.case import Certificate
from protocol.office.casework import Case, State
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, CertificateCollected, CertificateReady, Collector
from protocol.records.encoding import Value
from protocol.records.hashing import digest

NOT_HERE = N_(
    "The file of this certificate is not whole here: it comes back from the prefecture or the second appliance. If it "
    "does not, have it annulled or replaced."
)

PRINTED_AT_MOST = 200
"""Certificates on the clerk's list to print; an annexe of the pilot has a few a day, and the oldest come first."""


async def to_print(office: Office) -> list[RequestRow]:
    """Return the granted requests whose sealed certificate waits to be printed and stamped, the oldest first."""
    async with office.store.reading() as reader:
        rows = await reader.cases(state=State.APPROVED, limit=PRINTED_AT_MOST)
        opened = [await read_dossier(reader, row.subject) for row in rows]
    return [row_of(one) for one in opened if one.case.certificate is not None]


async def pdf(office: Office, case: bytes) -> bytes:
    """Return the sealed certificate, byte for byte; PersonError 404 while there is none, 409 where its file is not."""
    opened = await dossier(office, case)
    if opened.case.certificate is None and opened.case.decision is None and opened.case.void:
        raise PersonError(N_("This certificate was annulled: it is not printed any more."), status=404)
    if opened.case.certificate is None:
        raise PersonError(N_("This certificate is not sealed yet: wait a minute and try again."), status=404)
    found = await _file(office, case, opened.case.certificate)
    if found is None or digest("pdf", found) != opened.case.certificate.pdf_hash:
        raise PersonError(NOT_HERE, status=409)
    return found


async def _file(office: Office, case: bytes, certificate: Certificate) -> bytes | None:
    async with office.store.reading() as reader:
        if not certificate.size:
            return await reader.older_file(certificate.blob)
        key = await reader.data_key(case)
    content = None if key is None else await office.store.scans.open(key, certificate.blob, certificate.size)
    return None if content is None else b"".join([piece async for piece in content])


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


async def hand_over(
    office: Office, command: bytes, case: bytes, card_seen: bool, by: Actor, *, collected_by: str = "applicant"
) -> None:
    """Note that the certificate was handed to the applicant or to his representative, whose card was seen."""
    to = _collector(collected_by)
    if not card_seen:
        raise PersonError(N_("Look at the person's card first, then confirm that you saw it."), field="card_seen")

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> CertificateCollected:
        return CertificateCollected(follows=list(opened.heads), card_seen=card_seen, collected_by=to, by=by)

    await change_case(office, command, case, event)


def _collector(text: str) -> Collector:
    if text == "applicant":
        return "applicant"
    if text == "representative":
        return "representative"
    raise PersonError(N_("Choose who takes the certificate."), field="collected_by")
