"""A request: asking, following, reading one's own and reading a dossier.

Whoever follows by the receipt's reference reads the state of that request and nothing else: no name, no procedure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from edge.press.documents import ReceiptData
from edge.services import guide
from edge.services.accounts import account_of
from edge.services.cases import opened_case
from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.services.receipts import receipt_data
from edge.services.rectification import applicant_of
from edge.services.representation import RepresentativeForm, representative_of
from edge.services.telling import told_state
from edge.store.connection import ConstraintBroken
from edge.store.group import Decide
from edge.store.store import Reader, Transaction
from protocol.errors import N_, OperatorError, PersonError
from protocol.office import casework, catalogue, references
from protocol.office.calendar import due_date, local_date
from protocol.office.casework import Case, State
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, Language, RequestSubmitted
from protocol.records.encoding import Value

DRAWS = 8
"""References drawn before giving up: two in a row that exist are one in 10^20; eight mean a broken generator."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a submission: what the receipt shows. The same for each resubmission of one command."""

    case: bytes
    reference: str
    due: date


@dataclass(frozen=True, slots=True)
class PublicState:
    """What a receipt's reference opens: the state of that request, and nothing else.

    `void` is the cause for which its paper counts no more, "" where it counts or another took its place.
    """

    reference: str
    state: State
    due: date | None
    updated_ms: int
    void: str = ""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list. `told` says what the applicant knows: see `telling.Told`."""

    case: bytes
    account: bytes
    reference: str
    procedure: Procedure
    state: State
    submitted_ms: int
    due: date | None
    told: str
    applicant_fr: str
    applicant_ar: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One request, whole, for an agent or for the citizen whose it is."""

    subject: bytes
    case: Case
    procedure: Procedure
    told: str


async def submit(
    office: Office,
    command: bytes,
    account: bytes,
    procedure_id: str,
    answers: Mapping[str, str],
    by: Actor,
    language: Language,
    *,
    represented: RepresentativeForm | None = None,
) -> Submitted:
    """Ask for `procedure_id`; returns the receipt's facts once they are on the disk. `represented`: who asks for him.

    It is asked for as the guide showed it when this began. Raises PersonErrors for the answers and the representative,
    PersonError 404 for an unknown procedure, 409 for one not asked for here.
    """
    procedure = await requestable(office, procedure_id)

    async def decide(tx: Transaction) -> Value:
        person = await account_of(tx, account)
        today, check = local_date(tx.now_ms), FormCheck()
        nothing: dict[str, str] = {}
        checked = check.field(lambda: catalogue.check_answers(procedure, answers, today), nothing)
        by_whom = await representative_of(tx, person, represented, today, check)
        check.done()
        event = RequestSubmitted(
            follows=[],
            account=account,
            reference=references.draw(office.annexe.prefix, office.entropy),
            procedure=procedure.id,
            procedure_version=procedure.version,
            answers=checked,
            applicant=applicant_of(person),
            language=language,
            due=due_date(tx.now_ms, procedure.deadline_days).isoformat(),
            represented_by=by_whom,
            by=by,
        )
        casework.check(None, event, procedure)
        case = await tx.new_key()
        await tx.append("cases", event, key_of=case)
        return {"case": case, "due": event.due, "reference": event.reference}

    return _submitted(await _with_unused_reference(office, command, decide))


async def _with_unused_reference(office: Office, command: bytes, decide: Decide) -> Value:
    """Decide again when the reference that was drawn exists: the store refuses a second, so nobody looks beforehand."""
    for _ in range(DRAWS):
        with suppress(ConstraintBroken):
            return await office.store.execute(command, decide)
    raise OperatorError("The random generator repeats itself: stop the service and have the machine checked.")


def _submitted(result: Value) -> Submitted:
    if isinstance(result, dict):
        case, reference, due = result.get("case"), result.get("reference"), result.get("due")
        if isinstance(case, bytes) and isinstance(reference, str) and isinstance(due, str):
            return Submitted(case, reference, date.fromisoformat(due))
    raise PersonError(N_("This form was already used for something else. Please start again."), status=409)


async def requestable(office: Office, procedure_id: str) -> Procedure:
    """Return the newest version of a procedure that can be asked for here; PersonError 404 or 409 otherwise."""
    procedure = await guide.procedure(office, procedure_id)
    if not catalogue.requestable(procedure):
        raise PersonError(
            N_("This annexe does not deliver this certificate: its page says what to do instead."), status=409
        )
    return procedure


async def public_state(office: Office, reference: str) -> PublicState:
    """Return the state of the request of this reference; PersonError 404 when there is none."""
    folded = references.parse(reference)
    async with office.store.reading() as reader:
        subject = await reader.case_by_reference(folded)
        case = None if subject is None else await reader.case(subject)
    if case is None:
        raise PersonError(
            N_("No request has this reference here. Compare it with your receipt, or ask at the counter."),
            field="reference",
            status=404,
        )
    void = case.void[-1].cause if case.void and case.certificate is None else ""
    return PublicState(case.reference, case.state, case.due, case.history[-1].time_ms, void)


async def has_namesake(office: Office, case: Case) -> bool:
    """Return whether another request has the reference of this one: two machines of the annexe drew alike."""
    async with office.store.asking() as reader:
        return len(await reader.cases_by_reference(case.reference)) > 1


async def of_account(office: Office, account: bytes) -> list[RequestRow]:
    """Return the requests of one account, the newest first."""
    async with office.store.reading() as reader:
        rows = await reader.cases(account=account)
        return [row_of(await read_dossier(reader, row.subject)) for row in rows]


async def recent(office: Office, states: Collection[State], limit: int = 100) -> list[RequestRow]:
    """Return the requests in any of `states`, the nearest deadline first, at most `limit`."""
    async with office.store.reading() as reader:
        rows = [row for state in states for row in await reader.cases(state=state, limit=limit)]
        rows.sort(key=lambda row: (row.due or date.max, row.submitted_ms))
        return [row_of(await read_dossier(reader, row.subject)) for row in rows[:limit]]


def row_of(opened: Dossier) -> RequestRow:
    """Return a request's row in a list."""
    case = opened.case
    return RequestRow(
        case=opened.subject,
        account=case.account,
        reference=case.reference,
        procedure=opened.procedure,
        state=case.state,
        submitted_ms=case.submitted_ms,
        due=case.due,
        told=opened.told,
        applicant_fr=case.applicant.name_fr,
        applicant_ar=case.applicant.name_ar,
    )


async def dossier(office: Office, case: bytes) -> Dossier:
    """Return one request, whole; PersonError 404 when there is none."""
    async with office.store.asking() as reader:
        return await read_dossier(reader, case)


async def read_dossier(reader: Reader, subject: bytes) -> Dossier:
    """Return one request, whole, from an open look at the store; PersonError 404 when there is none."""
    case, procedure = await opened_case(reader, subject)
    return Dossier(subject, case, procedure, told_state(case))


async def receipt_ticket(office: Office, case: bytes, language: str) -> bytes:
    """Return the receipt of law 55-19 as the picture of a ticket (PNG), `language` first."""
    opened = await dossier(office, case)
    return await office.press.ticket(receipt_data(office, opened.case, opened.procedure), language)


async def receipt_pdf(office: Office, case: bytes, language: str) -> bytes:
    """Return the receipt of law 55-19 as a PDF, `language` first."""
    opened = await dossier(office, case)
    data: ReceiptData = receipt_data(office, opened.case, opened.procedure)
    return await office.press.receipt(data, language)
