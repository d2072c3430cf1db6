"""The authority agent's decision: what waits for him, the sheet that he reads and signs, taking it, undoing it.

Rules:

- The sheet is drawn here from the case as it stands, as canonical bytes. The agent's screen renders what he reads from
  these bytes and signs them with his own key.
- What comes back must be a sheet of that case, as the case is now, and carry the signature of the key that this agent
  enrolled. Otherwise nothing is decided: a dossier that has changed is read again first.
- The sheet is stored with the decision, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from edge.services import delays
from edge.services.cases import change_case, opened_case
from edge.services.delays import Today, delay_of
from edge.services.elapsed import passed
from edge.services.office import Office
from edge.services.reasons import check_refusal
from edge.services.requests import dossier
from edge.store.rows import StaffView
from edge.store.store import Transaction
from protocol.errors import N_, PeerError, PersonError
from protocol.office import casework
from protocol.office.calendar import local_date
from protocol.office.casework import Case, Enquiry, State
from protocol.office.catalogue import Procedure
from protocol.office.decision import DecisionSheet, EnquiryLine, Identity, parse_sheet, sheet_bytes, verify_sheet
from protocol.office.events import Actor, AgentKeyEnrolled, DecisionTaken, DecisionUndone
from protocol.records.encoding import Value
from protocol.records.keys import check_public, key_id

Outcome: TypeAlias = Literal["approved", "refused"]
Answer: TypeAlias = tuple[Outcome, str, str]
"""Outcome, reason's code, reason's text; both empty for a grant."""

WAITING_AT_MOST = 200
"""Requests on the agent's list; an annexe of the pilot has a few dozen, and the nearest deadlines come first."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A request that waits for the agent.

    `share_used` is the percentage of the legal delay that has passed, `mark` the last of its marks (0, 50, 80, 100);
    `answer_by` is the last working day on which an answer is in time. `appeal`: it was reopened on appeal.
    """

    case: bytes
    reference: str
    procedure: Procedure
    applicant_ar: str
    applicant_fr: str
    address: str
    due: date | None
    days_left: int
    share_used: int
    mark: int
    answer_by: date | None
    enquiry: Enquiry | None
    appeal: bool


def actor_of(staff: StaffView) -> Actor:
    """Return the actor that an event names for who decides: the agent, or whoever stands in for him."""
    return Actor(role="authority", id=staff.login, name=staff.name_fr, name_ar=staff.name_ar)


async def waiting(office: Office) -> list[WaitingRow]:
    """Return what waits for a decision, the nearest deadline first."""
    now = await delays.today(office)
    async with office.store.reading() as reader:
        rows = await reader.cases(state=State.UNDER_DECISION, limit=WAITING_AT_MOST)
        found = [_waiting_row(row.subject, *await opened_case(reader, row.subject), now) for row in rows]
    return sorted(found, key=lambda row: (row.due or date.max, row.reference))


def _waiting_row(subject: bytes, case: Case, procedure: Procedure, now: Today) -> WaitingRow:
    delay = delay_of(case, now)
    return WaitingRow(
        case=subject,
        reference=case.reference,
        procedure=procedure,
        applicant_ar=case.applicant.name_ar,
        applicant_fr=case.applicant.name_fr,
        address=case.applicant.address,
        due=case.due,
        days_left=delay.days_left if delay else procedure.deadline_days,
        share_used=delay.used if delay else 0,
        mark=delay.mark if delay else 0,
        answer_by=delay.answer_by if delay else None,
        enquiry=case.enquiry,
        appeal=case.appeal is not None,
    )


async def enrol_key(office: Office, command: bytes, staff: StaffView, public: bytes) -> None:
    """Bind the key that the agent's browser made to him; the annexe vouches for it until the prefecture certifies it.

    Raises PersonError when the bytes are no usable Ed25519 key, or when the agent does not decide.
    """
    _require_authority(office, staff)
    try:
        check_public(public)
    except PeerError as error:
        raise PersonError(
            N_("This browser made a key that cannot be used. Reload the page to make another."), status=400
        ) from error

    async def decide(tx: Transaction) -> Value:
        known = await tx.staff(staff.login)
        if known is None or known.public != public:
            await tx.append("office", AgentKeyEnrolled(login=staff.login, public=public), key_of=tx.office)
        return None

    await office.store.execute(command, decide)


def _require_authority(office: Office, staff: StaffView) -> None:
    """The agent himself, or who stands in for him today."""
    if "authority" not in staff.roles(local_date(office.now())):
        raise PersonError(N_("Only the authority agent decides on requests."), status=403)


async def draw_sheet(
    office: Office, case: bytes, staff: StaffView, outcome: str, reason_code: str, reason_text: str
) -> bytes:
    """Return the canonical bytes of the sheet that the agent will read and sign.

    Raises PersonError for an outcome or a reason that is not acceptable, 409 when the case does not wait for a decision
    or the agent has no key.
    """
    _require_authority(office, staff)
    opened = await dossier(office, case)
    if opened.case.state is not State.UNDER_DECISION:
        raise PersonError(N_("This request does not wait for a decision any more."), status=409)
    answer = _answer(outcome, reason_code, reason_text)
    return sheet_bytes(_drawn(office, opened.subject, opened.case, staff, answer, office.now()))


def _answer(outcome: str, reason_code: str, reason_text: str) -> Answer:
    """Return the answer, its reason checked; PersonError when the outcome is none or a refusal gives no reason."""
    if outcome == "approved":
        return "approved", "", ""
    if outcome == "refused":
        return "refused", *check_refusal(reason_code, reason_text)
    raise PersonError(N_("Choose to grant or to refuse."), field="outcome")


def _drawn(
    office: Office, subject: bytes, case: Case, staff: StaffView, answer: Answer, claimed_ms: int
) -> DecisionSheet:
    """Return the sheet of a case as it stands: what the agent is shown, and nothing that he is not."""
    if staff.public is None:
        raise _keyless()
    outcome, reason_code, reason_text = answer
    applicant = case.applicant
    return DecisionSheet(
        annexe=office.annexe.id,
        case=subject,
        follows=list(case.heads),
        procedure=case.procedure,
        procedure_version=case.procedure_version,
        reference=case.reference,
        identity=Identity(
            cnie=applicant.cnie,
            name_fr=applicant.name_fr,
            name_ar=applicant.name_ar,
            birth_date=applicant.birth_date,
            address=applicant.address,
            document=applicant.document,
        ),
        answers=dict(case.answers),
        pieces=list(case.pieces),
        enquiry=_line(case.enquiry),
        outcome=outcome,
        reason_code=reason_code,
        reason_text=reason_text,
        agent=staff.login,
        credential=key_id(staff.public),
        claimed_ms=claimed_ms,
        represented_by=case.represented_by,
        scans=list(case.scans_read),
    )


def _line(enquiry: Enquiry | None) -> EnquiryLine | None:
    if enquiry is None:
        return None
    return EnquiryLine(outcome=enquiry.outcome, by_title=enquiry.by_title, on=enquiry.on, note=enquiry.note)


async def take(office: Office, command: bytes, case: bytes, sheet: bytes, signature: bytes, staff: StaffView) -> None:
    """Take the decision that the agent signed.

    Raises PersonError 409 when the dossier is not as the sheet says any more or was decided already, 400 when the sheet
    or the signature is not what this agent's tablet would send.
    """
    _require_authority(office, staff)

    async def decide(tx: Transaction) -> Value:
        agent = await tx.staff(staff.login)
        if agent is None or agent.public is None:
            raise _keyless()
        _require_authority(office, agent)
        opened, procedure = await opened_case(tx, case)
        signed = _signed_sheet(sheet, signature, agent.public)
        answer = _answer(signed.outcome, signed.reason_code, signed.reason_text)
        event = DecisionTaken(
            follows=list(opened.heads),
            sheet=sheet,
            signature=signature,
            signer=agent.public,
            outcome=signed.outcome,
            reason_code=signed.reason_code,
            reason_text=signed.reason_text,
            by=actor_of(agent),
        )
        casework.check(opened, event, procedure)
        if signed != _drawn(office, case, opened, agent, answer, signed.claimed_ms):
            raise PersonError(N_("The dossier has changed since you read it. Read it again, then decide."), status=409)
        await tx.append("cases", event, key_of=case)
        return None

    await office.store.execute(command, decide)


def _signed_sheet(sheet: bytes, signature: bytes, public: bytes) -> DecisionSheet:
    try:
        verify_sheet(sheet, public, signature)
        return parse_sheet(sheet)
    except PeerError as error:
        raise PersonError(
            N_("The signature does not fit this decision: nothing was decided. Reload the page and sign again."),
            status=400,
        ) from error


def _keyless() -> PersonError:
    return PersonError(
        N_("This tablet holds no signing key of yours yet. Sign in on it again to make one."), status=409
    )


async def undo(office: Office, command: bytes, case: bytes, staff: StaffView) -> None:
    """Take a decision back while it is neither sealed nor told; PersonError 409 once it is too late."""
    _require_authority(office, staff)

    def event(tx: Transaction, opened: Case, _procedure: Procedure) -> DecisionUndone:
        decided = opened.decision
        if decided is not None and passed(decided.time_ms, office.settings.undo_ms, tx.now_ms):
            raise PersonError(N_("It is too late to take this decision back: it is being sealed."), status=409)
        return DecisionUndone(follows=list(opened.heads), by=actor_of(staff))

    await change_case(office, command, case, event)
