"""Certificates that count no more: a wrong one annulled by the agent, a lost or damaged one replaced at the counter.

Rules:

- Only the certificate that stands is made void, and only by its own serial: a page that was read before another act
  meets a 409.
- Annulling gives the request back to the agent, with a new delay as long as the law grants. Nothing is sealed before he
  has decided anew. The citizen is called to the annexe in the same transaction, by a text that names no certificate.
- Replacing rests on the decision that stands: the duplicate is sealed by itself (`settling`), and ends with the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from edge.services.cases import append_lawful, change_case, opened_case
from edge.services.decisions import actor_of
from edge.services.messages import queue_message
from edge.services.office import Office
from edge.services.reasons import LONGEST_REASON, SHORTEST_REASON, Reason
from edge.services.sms import ANNULLED
from edge.store.revocations import RevocationList, newest_list, voided
from edge.store.rows import StaffView
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.calendar import due_date
from protocol.office.case import Void
from protocol.office.casework import Case
from protocol.office.catalogue import Bilingual, Procedure
from protocol.office.events import Actor, CertificateAnnulled, CertificateReplaced
from protocol.office.identity import check_text
from protocol.records.encoding import Value

Cause = Literal["lost", "damaged"]

LONGEST_SERIAL = 64
"""Characters of a number typed from a paper: ours have 16; more is a slip of the clipboard."""

REASONS: tuple[Reason, ...] = (
    Reason("identity", Bilingual(ar="خطأ في هوية صاحب الشهادة", fr="Erreur sur l’identité")),
    Reason("address", Bilingual(ar="خطأ في العنوان", fr="Erreur sur l’adresse")),
    Reason("facts", Bilingual(ar="معطيات غير صحيحة", fr="Renseignements inexacts")),
    Reason("false_pieces", Bilingual(ar="وثائق أو تصريحات غير صحيحة", fr="Pièces ou déclarations fausses")),
    Reason("other", Bilingual(ar="سبب آخر مبين في التعليل", fr="Autre motif, exposé dans la justification")),
)
"""Why a certificate is annulled: a code that can be counted, and its name in both languages."""

BY_CODE = {reason.code: reason for reason in REASONS}


@dataclass(frozen=True, slots=True)
class PaperState:
    """What this annexe knows of a certificate's number: void by what and since when, and by which list.

    `cause` is "" where no list that came here names it. `list` is None before the first one came; `overdue`: a newer
    one should have come, so that nothing proves that the certificate still counts.
    """

    serial: str
    cause: str
    since_ms: int | None
    list: RevocationList | None
    overdue: bool


def check_reason(code: str, text: str) -> tuple[str, str]:
    """Return the code and the text of an annulment; PersonError for the one that is missing."""
    if code not in BY_CODE:
        raise PersonError(N_("Choose why the certificate is annulled."), field="reason_code")
    text = text.strip()
    if len(text) < SHORTEST_REASON:
        raise PersonError(N_("Say in a sentence what is wrong with this certificate."), field="reason_text")
    return code, check_text(text, field="reason_text", longest=LONGEST_REASON)


async def annul(
    office: Office, command: bytes, case: bytes, serial: str, reason_code: str, reason_text: str, staff: StaffView
) -> None:
    """Annul the certificate `serial` of a request, and call the citizen.

    Raises PersonError for a reason that says nothing, 403 for another role, 409 when this certificate does not stand.
    """
    code, text = check_reason(reason_code, reason_text)

    async def decide(tx: Transaction) -> Value:
        before, procedure = await opened_case(tx, case)
        _require_standing(before, serial)
        event = CertificateAnnulled(
            follows=list(before.heads),
            serial=serial,
            reason_code=code,
            reason_text=text,
            due=due_date(tx.now_ms, procedure.deadline_days).isoformat(),
            by=actor_of(staff),
        )
        await append_lawful(tx, case, before, procedure, event)
        after, _ = await opened_case(tx, case)
        await queue_message(office, tx, case, after, procedure, ANNULLED)
        return None

    await office.store.execute(command, decide)


async def replace(
    office: Office, command: bytes, case: bytes, serial: str, cause: str, holder_seen: bool, by: Actor
) -> None:
    """Declare the certificate `serial` lost or damaged: a duplicate is sealed in its place.

    Raises PersonError when the card was not seen or no cause is given, 409 when this certificate does not stand.
    """
    if cause not in get_args(Cause):
        raise PersonError(N_("Say whether the certificate is lost or damaged."), field="cause")
    if not holder_seen:
        raise PersonError(N_("Look at the person's card first, then confirm that you saw it."), field="holder_seen")

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> CertificateReplaced:
        _require_standing(opened, serial)
        lost: Cause = "lost" if cause == "lost" else "damaged"
        return CertificateReplaced(follows=list(opened.heads), serial=serial, cause=lost, by=by)

    await change_case(office, command, case, event)


def _require_standing(case: Case, serial: str) -> None:
    if case.certificate is None or case.certificate.serial != serial:
        raise PersonError(N_("This is not the certificate that stands now. Reload the page to see it."), status=409)


def awaited(case: Case) -> Void | None:
    """Return the void certificate that nothing has taken the place of yet; None where the newest paper counts."""
    return case.void[-1] if case.void and case.certificate is None else None


async def paper_state(office: Office, typed: str) -> PaperState:
    """Say what the prefecture's list tells of a certificate's number; PersonError when nothing was typed."""
    serial = "".join(typed.split()).lower()
    if not serial or len(serial) > LONGEST_SERIAL:
        raise PersonError(N_("Type the number that stands under the certificate's title."), field="serial")
    async with office.store.reading() as reader:
        newest, known = await newest_list(reader), await voided(reader, serial)
    return PaperState(
        serial=serial,
        cause=known.cause if known else "",
        since_ms=known.since_ms if known else None,
        list=newest,
        overdue=newest is not None and office.now() > newest.next_update_ms,
    )
