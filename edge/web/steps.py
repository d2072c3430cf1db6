"""The steps of a request, as every staff screen tells them: what, when, by whom, and what is expected next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.services.requests import Dossier
from edge.web.staff_words import role_label
from protocol.errors import N_
from protocol.office.casework import State, Step
from protocol.office.events import Actor
from protocol.office.labels import step_label

NEXT = {
    State.SUBMITTED: N_("Next: see the documents"),
    State.AWAITING_PIECES: N_("Next: the missing document"),
    State.FIELD_ENQUIRY: N_("Next: the field enquiry"),
    State.UNDER_DECISION: N_("Next: the authority agent's decision"),
    State.APPROVED: N_("Next: print and stamp"),
    State.READY: N_("Next: hand over, card in hand"),
    State.CONFLICT: N_("Next: a supervisor settles it"),
}


BAD = frozenset({"refused", "unfavourable", "rejected", "100"})
"""Notes of steps that are shown as bad news."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step: `label` and `role` are msgids; `look` is done, refused or next; `time_ms` None for what is to come."""

    label: str
    look: str
    time_ms: int | None = None
    by: Actor | None = None
    role: str = ""
    note: str = ""


def steps_of(dossier: Dossier) -> Sequence[StepView]:
    """Return the steps of a request, oldest first, and the one that is expected next."""
    steps = [_view(step) for step in dossier.case.history]
    coming = NEXT.get(dossier.case.state)
    if coming is not None:
        steps.append(StepView(coming, "next"))
    return steps


def _view(step: Step) -> StepView:
    bad = step.kind == "message.failed" or step.note in BAD
    return StepView(
        label=step_label(step.kind, step.note),
        look="refused" if bad else "done",
        time_ms=step.time_ms,
        by=step.by,
        role=role_label(step.by.role) if step.by else "",
    )
