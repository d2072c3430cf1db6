"""Withdrawing a request, by the citizen himself or by a clerk who has him before him."""

from __future__ import annotations

from edge.services.cases import change_case
from edge.services.office import Office
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.casework import Case
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, RequestWithdrawn


async def withdraw(office: Office, command: bytes, case: bytes, confirmed: bool, by: Actor) -> None:
    """Withdraw a request that nobody has answered yet.

    `confirmed`: whoever asks said so a second time; for a clerk, that the citizen before him asks for it. Raises
    PersonError 422 without it, 409 once the request is answered, lapsed or withdrawn.
    """
    if not confirmed:
        raise PersonError(N_("Confirm that this request is to be withdrawn: it cannot be opened again."), field="sure")

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> RequestWithdrawn:
        return RequestWithdrawn(follows=list(opened.heads), by=by)

    await change_case(office, command, case, event)
