"""Whether a citizen knows what became of his request."""

from __future__ import annotations

from protocol.office.casework import Case


def told_state(case: Case) -> str:
    """Return the state of the newest call to the citizen (`Message.state`), "" while there was nothing to tell."""
    return case.messages[-1].state if case.messages else ""
