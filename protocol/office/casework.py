"""The law of a request, as a pure state machine over its events. The same fold runs at the annexe and at the centre.

Rules of deciding (`check`, inside the writer, against the case as it stands):

- `TRANSITIONS` says which event, by which role, from which state. What is not in it is refused with a sentence, and so
  is an event that was decided upon a case that has changed since.
- `duties` hold the rest of the law: a request is for what is asked for here; missing pieces are asked for once at most,
  and only the catalogue's; a dossier is complete when each of its pieces was seen; a refusal gives its reason, code and
  text; a decision is taken back only by who took it, before it is sealed or told; a certificate is sealed before it is
  ready, and ready before it is handed over.
- Silence never grants anything: no event in the table moves a case to `approved` but an agent's own decision.
- Time is no part of the judgement: clocks jump, and what is in the log stays. Whoever decides compares with `UNDO_MS`.

Rules of folding (`fold`, over whatever the log holds):

- Total: legality was judged when the event was decided. One that does not fit the state it meets changes no state, is
  kept in the history as not lawful, and hides nothing. A scan is in the dossier all the same: it was handed in.
- Deterministic: facts are folded causally (after all that they follow), by hash where causes leave it open. Any
  order of arrival gives the same case.
- Two decisions with different outcomes, neither of which follows the other, fold to `conflict`; a withdrawal beside a
  decision and a sealed certificate beside its undone decision do too. A supervisor's decision that follows both sides
  settles it, and nothing else does.
- An event that this release does not know, or one that follows what is not here yet, freezes the case, visibly.
"""

from __future__ import annotations

from typing import Final

from protocol.errors import N_, PersonError
from protocol.office.case import Case, Certificate, Decision, Enquiry, Message, State, Step
from protocol.office.catalogue import Procedure
from protocol.office.duties import DUTIES, asked_here, same_version
from protocol.office.events import CaseEvent, Event, RequestSubmitted, kind_of
from protocol.office.facts import Fact, apply, fold
from protocol.office.transitions import NOT_YOURS, OUT_OF_ORDER, REFUSALS, TRANSITIONS, Rule, transitions_markdown

__all__ = [
    "TRANSITIONS", "UNDO_MS", "Case", "Certificate", "Decision", "Enquiry", "Fact", "Message", "Rule", "State", "Step",
    "apply", "check", "fold", "transitions_markdown",
]  # fmt: skip

UNDO_MS: Final = 60_000
"""Milliseconds in which a decision can be taken back, and in which nothing is sealed or told: time to notice a slip of
the finger, short beside days of procedure."""


def check(case: Case | None, event: Event, procedure: Procedure) -> None:
    """Judge whether `event` may happen now; `procedure` is the version that the case was opened under.

    Raises PersonError (409, 403 or 422) with a sentence when it may not, CallerError for what no person could mend.
    """
    kind = kind_of(event)
    if case is not None and case.frozen:
        raise PersonError(
            N_("This request waits for an update of the software: nothing can be changed now."), status=409
        )
    rule = TRANSITIONS.get((case.state if case else None, kind))
    if rule is None or not isinstance(event, CaseEvent):
        raise PersonError(REFUSALS.get(kind, OUT_OF_ORDER), status=409)
    if event.by.role not in rule.roles:
        raise PersonError(NOT_YOURS, status=403)
    if case is not None:
        _check_on(case, event, procedure)
    elif isinstance(event, RequestSubmitted):
        asked_here(event, procedure)


def _check_on(case: Case, event: CaseEvent, procedure: Procedure) -> None:
    same_version(case, procedure)
    if set(event.follows) != set(case.heads):
        raise PersonError(N_("This request has changed meanwhile. Reload the page to see it."), status=409)
    duty = DUTIES.get(kind_of(event))
    if duty is not None:
        duty(case, event, procedure)
