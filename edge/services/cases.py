"""One way to change a case: read it inside the writer, judge the event by the law of casework, append it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from edge.services.office import Office
from edge.store.store import Reader, Transaction
from protocol.errors import N_, OperatorError, PersonError
from protocol.office import casework, references
from protocol.office.casework import Case
from protocol.office.catalogue import Procedure
from protocol.office.events import Event
from protocol.records.encoding import Value

EventOf = Callable[[Transaction, Case, Procedure], Event]
Before = Callable[[Transaction, Case], Awaitable[object]]


async def opened_case(tx: Reader, subject: bytes) -> tuple[Case, Procedure]:
    """Return a case and the version of the procedure that it was opened under; PersonError 404 when there is none."""
    case = await tx.case(subject)
    if case is None:
        raise PersonError(N_("There is no such request here. Look for it by its reference."), status=404)
    procedure = await tx.procedure(case.procedure, case.procedure_version)
    if procedure is None:
        raise OperatorError(f"The catalogue lacks version {case.procedure_version} of a procedure: run rebuild-views.")
    return case, procedure


async def case_by_reference(office: Office, typed: str) -> bytes:
    """Return the request of a reference as it was typed; PersonErrors for one that is none or is not here (404)."""
    reference = references.parse(typed)
    async with office.store.reading() as reader:
        found = await reader.case_by_reference(reference)
    if found is None:
        raise PersonError(
            N_("There is no such request here. Look for it by its reference."), field="reference", status=404
        )
    return found


async def append_lawful(tx: Transaction, subject: bytes, case: Case, procedure: Procedure, event: Event) -> None:
    """Append `event` if casework allows it now; PersonError otherwise."""
    casework.check(case, event, procedure)
    await tx.append("cases", event, key_of=subject)


async def change_case(
    office: Office, command: bytes, subject: bytes, event_of: EventOf, *, before: Before | None = None
) -> None:
    """Decide on one event from the case as the writer sees it, and append it.

    `before` does what must come first, once the event itself is lawful.
    """

    async def decide(tx: Transaction) -> Value:
        case, procedure = await opened_case(tx, subject)
        event = event_of(tx, case, procedure)
        if before is not None:
            casework.check(case, event, procedure)
            await before(tx, case)
        await append_lawful(tx, subject, case, procedure, event)
        return None

    await office.store.execute(command, decide)
