"""The table of casework: from which state which event may come, by whom, and which state follows.

The table is the law; `casework.check` judges by it, the fold moves by it, and `transitions_markdown` draws it for the
documents, so that no picture of it can drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol.errors import N_
from protocol.office.case import State

S = State
OPEN: Final = (S.SUBMITTED, S.AWAITING_PIECES, S.FIELD_ENQUIRY, S.UNDER_DECISION)
"""The states in which nothing is answered yet."""

RUNNING: Final = (S.FIELD_ENQUIRY, S.UNDER_DECISION, S.CONFLICT)
"""The states in which the legal delay runs: the dossier is complete, and nothing is answered."""

TELLING: Final = (S.AWAITING_PIECES, *RUNNING, S.READY, S.REFUSED, S.LAPSED)
"""The states in which there is something to call the citizen about."""

DESK: Final = "clerk supervisor"
"""Who works at a counter: a supervisor stands in for a clerk."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do it, and the state that follows; two states where the event itself tells which."""

    roles: frozenset[str]
    then: tuple[State, ...]


def _rule(roles: str, *then: State) -> Rule:
    return Rule(frozenset(roles.split()), then)


TRANSITIONS: Final[Mapping[tuple[State | None, str], Rule]] = {
    (None, "request.submitted"): _rule(f"citizen {DESK}", S.SUBMITTED),
    (S.SUBMITTED, "pieces.requested"): _rule(DESK, S.AWAITING_PIECES),
    (S.UNDER_DECISION, "pieces.requested"): _rule("authority", S.AWAITING_PIECES),
    (S.SUBMITTED, "dossier.completed"): _rule(DESK, S.FIELD_ENQUIRY, S.UNDER_DECISION),
    (S.AWAITING_PIECES, "dossier.completed"): _rule(DESK, S.FIELD_ENQUIRY, S.UNDER_DECISION),
    (S.AWAITING_PIECES, "request.lapsed"): _rule("system", S.LAPSED),
    (S.FIELD_ENQUIRY, "enquiry.reported"): _rule(DESK, S.UNDER_DECISION),
    (S.UNDER_DECISION, "decision.taken"): _rule("authority", S.APPROVED, S.REFUSED),
    (S.CONFLICT, "decision.taken"): _rule("supervisor", S.APPROVED, S.REFUSED),
    (S.APPROVED, "decision.undone"): _rule("authority", S.UNDER_DECISION),
    (S.REFUSED, "decision.undone"): _rule("authority", S.UNDER_DECISION),
    (S.APPROVED, "certificate.sealed"): _rule("system", S.APPROVED),
    (S.APPROVED, "certificate.ready"): _rule(DESK, S.READY),
    (S.READY, "certificate.collected"): _rule(DESK, S.COLLECTED),
    (S.REFUSED, "appeal.lodged"): _rule(f"citizen {DESK}", S.REFUSED),
    (S.REFUSED, "appeal.answered"): _rule("supervisor", S.REFUSED, S.UNDER_DECISION),
    **{
        (state, "certificate.annulled"): _rule("authority", S.UNDER_DECISION)
        for state in (S.APPROVED, S.READY, S.COLLECTED)
    },
    **{(state, "certificate.replaced"): _rule(DESK, S.APPROVED) for state in (S.READY, S.COLLECTED)},
    **{(state, "applicant.corrected"): _rule(DESK, state) for state in OPEN},
    **{(state, "piece.scanned"): _rule(DESK, state) for state in OPEN},
    **{(state, "scan.removed"): _rule(f"{DESK} system" if state in OPEN else "system", state) for state in State},
    **{(state, "deadline.reached"): _rule("system", state) for state in RUNNING},
    **{(state, "request.withdrawn"): _rule(f"citizen {DESK}", S.WITHDRAWN) for state in OPEN},
    **{
        (state, kind): _rule(roles, state)
        for state in TELLING
        for kind, roles in (("message.queued", "system"), ("message.told_in_person", f"{DESK} authority"))
    },
    **{
        (state, kind): _rule("system", state)
        for state in State  # what a modem answers is true whatever became of the request meanwhile
        for kind in ("message.attempted", "message.sent", "message.failed")
    },
}
"""(state, kind of event) -> who may, and what follows."""

CONTRADICTIONS: Final = frozenset(
    {
        ("appeal.answered", "appeal.answered"),
        ("decision.taken", "decision.taken"),
        ("decision.taken", "request.withdrawn"),
        ("certificate.annulled", "certificate.replaced"),
        ("certificate.sealed", "decision.undone"),
    }
)
"""Pairs of events that can't both stand when neither writer knew of the other: the case folds to a conflict.

Two decisions, or two answers to an appeal, contradict each other only by different outcomes.
"""

REFUSALS: Final[Mapping[str, str]] = {
    "request.submitted": N_("This request was opened already."),
    "pieces.requested": N_("Nothing more can be asked of the citizen for this request."),
    "dossier.completed": N_("The documents of this request were confirmed already."),
    "enquiry.reported": N_("No field enquiry is due for this request."),
    "decision.taken": N_("This request does not wait for a decision any more."),
    "decision.undone": N_("There is no decision to take back."),
    "certificate.sealed": N_("This request has no certificate to seal."),
    "certificate.ready": N_("This certificate cannot be confirmed ready now: look at the request's state."),
    "certificate.collected": N_("There is no certificate to hand over for this request."),
    "request.withdrawn": N_("This request cannot be withdrawn any more."),
    "appeal.lodged": N_("Only a refusal can be appealed against."),
    "appeal.answered": N_("There is no appeal to answer."),
    "certificate.annulled": N_("There is no certificate to annul for this request."),
    "certificate.replaced": N_("There is no certificate to replace for this request."),
    "applicant.corrected": N_("This request is answered: what it says cannot be corrected any more."),
    "piece.scanned": N_("This request is answered: nothing is added to its dossier any more."),
    "scan.removed": N_("This request is answered: its dossier stays as it is."),
    "message.told_in_person": N_("There is nothing to tell for this request."),
}
"""What is said to whoever tries what the table does not have."""

OUT_OF_ORDER: Final = N_("This cannot be done in the request's present state. Reload the page to see it.")
NOT_YOURS: Final = N_("Your role does not allow this.")


def transitions_markdown() -> str:
    """The table as Markdown, for the documents."""
    order = [None, *State]
    rows = sorted(TRANSITIONS.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    lines = ["| from | event | by | to |", "|---|---|---|---|"]
    for (state, kind), rule in rows:
        then = ", ".join(each.value for each in rule.then)
        lines.append(f"| {state.value if state else '(none)'} | `{kind}` | {', '.join(sorted(rule.roles))} | {then} |")
    return "\n".join(lines) + "\n"
