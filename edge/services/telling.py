"""Whether a citizen knows what became of his request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge.services.sms import ANNULLED, ANSWERED, APPEAL_ANSWERED, LAPSED, PIECES, READY, SILENT
from protocol.office.casework import Case, State

REACHED = frozenset({"sent", "told"})
"""States of a message that reached the citizen: that stays true whatever comes after."""

STILL: Mapping[str, Callable[[Case], bool]] = {
    READY: lambda case: case.state is State.READY,
    ANSWERED: lambda case: case.state is State.REFUSED,
    PIECES: lambda case: case.state is State.AWAITING_PIECES,
    LAPSED: lambda case: case.state is State.LAPSED,
    SILENT: lambda case: case.silent and case.state in (State.FIELD_ENQUIRY, State.UNDER_DECISION, State.CONFLICT),
    ANNULLED: lambda case: case.decision is None and bool(case.void) and not case.void[-1].replaced,
    APPEAL_ANSWERED: lambda case: case.state in (State.REFUSED, State.FIELD_ENQUIRY, State.UNDER_DECISION),
}
"""Template of a message -> whether what it says is still so."""


def still_true(case: Case, template: str) -> bool:
    """Say whether a message of this template still tells how things are; one of another release does."""
    still = STILL.get(template)
    return still is None or still(case)


def told_state(case: Case) -> str:
    """Return the state of the newest call to the citizen (`Message.state`), "" while there is nothing to tell."""
    if not case.messages:
        return ""
    newest = case.messages[-1]
    return newest.state if newest.state in REACHED or still_true(case, newest.template) else ""
