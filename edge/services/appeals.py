"""The appeal against a refusal (recours): lodged by the citizen or by a clerk for him, answered by a supervisor.

Rules:

- One appeal a request; after its answer the way is the administrative court, and the screens say so.
- A late appeal is taken and marked (`protocol.office.appeals`), not turned away.
- While the agent can still take his refusal back there is nothing to appeal against yet.
- The answer gives its reason, and the citizen is called in the same transaction. A request that is reopened has a whole
  delay before it, and the agent reads why it was refused and what was held against that.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from edge.services.cases import append_lawful, change_case, opened_case
from edge.services.elapsed import passed
from edge.services.forms import FormCheck
from edge.services.messages import queue_message
from edge.services.office import Office
from edge.services.sms import APPEAL_ANSWERED
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.calendar import due_date
from protocol.office.casework import Case
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, AppealAnswered, AppealLodged
from protocol.office.identity import check_text
from protocol.records.encoding import Value

Outcome: TypeAlias = Literal["rejected", "reopened"]
OUTCOMES: tuple[Outcome, ...] = ("rejected", "reopened")

SHORTEST = 10
"""Characters of grounds and of an answer: fewer say nothing that the other side could answer."""

LONGEST = 600
"""Characters of grounds and of an answer: a paragraph, which fits its paper; more may be brought on paper."""


async def lodge(office: Office, command: bytes, case: bytes, grounds: str, by: Actor) -> None:
    """Lodge the appeal.

    Raises PersonError 422 for the grounds, 409 when the request is not refused, or an appeal was lodged already.
    """
    text = _grounds(grounds)

    def event(tx: Transaction, opened: Case, _procedure: Procedure) -> AppealLodged:
        refusal = opened.decision
        if refusal is not None and not passed(refusal.time_ms, office.settings.undo_ms, tx.now_ms):
            raise PersonError(N_("This answer is not final yet. Try again in a minute."), status=409)
        return AppealLodged(follows=list(opened.heads), grounds=text, by=by)

    await change_case(office, command, case, event)


def _grounds(text: str) -> str:
    text = text.strip()
    if len(text) < SHORTEST:
        raise PersonError(N_("Say in a sentence what you hold against the refusal."), field="grounds")
    return check_text(text, field="grounds", longest=LONGEST)


async def answer(office: Office, command: bytes, case: bytes, outcome: str, reason: str, by: Actor) -> None:
    """Answer the appeal: the refusal stands, or the agent has the request before him again.

    Raises PersonErrors for the fields, PersonError 403 to whoever is no supervisor, 409 when no appeal waits.
    """
    check = FormCheck()
    chosen = check.field(lambda: _outcome(outcome), OUTCOMES[0])
    text = check.field(lambda: _reason(reason), "")
    check.done()

    async def decide(tx: Transaction) -> Value:
        before, procedure = await opened_case(tx, case)
        event = AppealAnswered(
            follows=list(before.heads),
            outcome=chosen,
            reason_text=text,
            due=due_date(tx.now_ms, procedure.deadline_days).isoformat() if chosen == "reopened" else "",
            by=by,
        )
        await append_lawful(tx, case, before, procedure, event)
        after, _ = await opened_case(tx, case)
        await queue_message(office, tx, case, after, procedure, APPEAL_ANSWERED)
        return None

    await office.store.execute(command, decide)


def _outcome(text: str) -> Outcome:
    for outcome in OUTCOMES:
        if outcome == text:
            return outcome
    raise PersonError(N_("Choose the answer to the appeal."), field="outcome")


def _reason(text: str) -> str:
    text = text.strip()
    if len(text) < SHORTEST:
        raise PersonError(
            N_("Give the reason in a sentence: the citizen reads it with the answer."), field="reason_text"
        )
    return check_text(text, field="reason_text", longest=LONGEST)
