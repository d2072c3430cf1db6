"""The law of a request, as a pure state machine over its events. The same fold runs at the annexe and at the centre.

Rules of deciding (`check`, inside the writer, against the case as it stands):

- `TRANSITIONS` says which event, by which role, from which state. What is not in it is refused with a sentence.
- A receipt exists from the first event on. Missing pieces are asked for once at most. A refusal gives its reason, code
  and text. A decision is taken once. A certificate is sealed before it is ready, and ready before it is handed over.
- Silence never grants anything: no event in the table moves a case to `approved` but an agent's own decision.

Rules of folding (`fold`, over whatever the log holds):

- Total: legality was judged when the event was decided. One that does not fit the state it meets changes no state, is
  kept in the history as not lawful, and hides nothing.
- Deterministic: facts are folded causally (after all that they follow), by hash where causes leave it open. Any
  order of arrival gives the same case.
- Deterministic: facts are folded causally (after all they follow), by hash where causes leave it open. Any
- An event that this release does not know, or one that follows what is not here yet, freezes the case, visibly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from protocol.errors import N_, CallerError, PersonError
from protocol.office.case import Case, Certificate, Decision, Enquiry, Message, State, Step
from protocol.office.catalogue import Procedure
from protocol.office.changes import CHANGES, NOTES, opened
from protocol.office.events import CASE_KINDS, CaseEvent, DecisionTaken, Event, RequestSubmitted, kind_of

__all__ = [
    "TRANSITIONS", "Case", "Certificate", "Decision", "Enquiry", "Fact", "Message", "Rule", "State", "Step",
    "apply", "check", "fold", "transitions_markdown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do it, and the state that follows; two states where the event itself tells which."""

    roles: frozenset[str]
    then: tuple[State, ...]


def _rule(roles: str, *then: State) -> Rule:
    return Rule(frozenset(roles.split()), then)


S = State
OPEN = (S.SUBMITTED, S.AWAITING_PIECES, S.FIELD_ENQUIRY, S.UNDER_DECISION)

TRANSITIONS: Mapping[tuple[State | None, str], Rule] = {
    (None, "request.submitted"): _rule("citizen clerk", S.SUBMITTED),
    (S.SUBMITTED, "pieces.requested"): _rule("clerk", S.AWAITING_PIECES),
    (S.UNDER_DECISION, "pieces.requested"): _rule("authority", S.AWAITING_PIECES),
    (S.SUBMITTED, "dossier.completed"): _rule("clerk", S.FIELD_ENQUIRY, S.UNDER_DECISION),
    (S.AWAITING_PIECES, "dossier.completed"): _rule("clerk", S.FIELD_ENQUIRY, S.UNDER_DECISION),
    (S.AWAITING_PIECES, "request.lapsed"): _rule("system", S.LAPSED),
    (S.FIELD_ENQUIRY, "enquiry.reported"): _rule("clerk", S.UNDER_DECISION),
    (S.UNDER_DECISION, "decision.taken"): _rule("authority", S.APPROVED, S.REFUSED),
    (S.APPROVED, "decision.undone"): _rule("authority", S.UNDER_DECISION),
    (S.REFUSED, "decision.undone"): _rule("authority", S.UNDER_DECISION),
    (S.APPROVED, "certificate.sealed"): _rule("system", S.APPROVED),
    (S.APPROVED, "certificate.ready"): _rule("clerk", S.READY),
    (S.READY, "certificate.collected"): _rule("clerk", S.COLLECTED),
    (S.REFUSED, "appeal.lodged"): _rule("citizen clerk", S.REFUSED),
    **{(state, "request.withdrawn"): _rule("citizen clerk", S.WITHDRAWN) for state in OPEN},
    **{
        (state, kind): _rule(roles, state)
        for state in (S.READY, S.REFUSED)
        for kind, roles in (("message.queued", "system"), ("message.told_in_person", "clerk"))
    },
    **{
        (state, kind): _rule("system", state)
        for state in (S.READY, S.REFUSED, S.COLLECTED)
        for kind in ("message.attempted", "message.sent", "message.failed")
    },
}
"""(state, kind of event) -> who may, and what follows."""

REFUSALS: Mapping[str, str] = {
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
    "message.told_in_person": N_("There is nothing to tell for this request."),
}
OUT_OF_ORDER = N_("This cannot be done in the request's present state. Reload the page to see it.")


@dataclass(frozen=True, slots=True)
class Fact:
    """A record of a case, opened: `event` is None when this release does not know it."""

    hash: bytes
    time_ms: int
    event: Event | None

    @property
    def follows(self) -> tuple[bytes, ...]:
        """The hashes of the facts that this one was decided upon."""
        return tuple(self.event.follows) if isinstance(self.event, CaseEvent) else ()


def check(case: Case | None, event: Event, procedure: Procedure) -> None:
    """Judge whether `event` may happen now; raises PersonError (409, 403 or 422) with a sentence when it may not."""
    kind = kind_of(event)
    if case is not None and case.frozen:
        raise PersonError(
            N_("This request waits for an update of the software: nothing can be changed now."), status=409
        )
    rule = TRANSITIONS.get((case.state if case else None, kind))
    if rule is None or not isinstance(event, CaseEvent):
        raise PersonError(REFUSALS.get(kind, OUT_OF_ORDER), status=409)
    if event.by.role not in rule.roles:
        raise PersonError(N_("Your role does not allow this."), status=403)
    if case is not None and set(event.follows) != set(case.heads):
        raise PersonError(N_("This request has changed meanwhile. Reload the page to see it."), status=409)
    guard = GUARDS.get(kind)
    if guard is not None and case is not None:
        guard(case, event, procedure)


def _asked_once(case: Case, _event: CaseEvent, _procedure: Procedure) -> None:
    if case.asked:
        raise PersonError(N_("Missing documents may be asked for once only (law 55-19)."), status=409)


def _reasoned(_case: Case, event: CaseEvent, _procedure: Procedure) -> None:
    if not isinstance(event, DecisionTaken) or event.outcome == "approved":
        return
    if not event.reason_code or not event.reason_text.strip():
        raise PersonError(N_("A refusal must give its reason (law 55-19)."), field="reason_text")


def _still_undoable(case: Case, _event: CaseEvent, _procedure: Procedure) -> None:
    if case.certificate is not None or case.messages:
        raise PersonError(N_("It is too late to take this decision back: it was sealed or told."), status=409)


def _sealed_once(case: Case, _event: CaseEvent, _procedure: Procedure) -> None:
    if case.certificate is not None:
        raise PersonError(N_("This certificate is sealed already."), status=409)


def _sealed_first(case: Case, _event: CaseEvent, _procedure: Procedure) -> None:
    if case.certificate is None:
        raise PersonError(N_("This certificate is not sealed yet: wait a minute and try again."), status=409)


GUARDS = {
    "pieces.requested": _asked_once,
    "decision.taken": _reasoned,
    "decision.undone": _still_undoable,
    "certificate.sealed": _sealed_once,
    "certificate.ready": _sealed_first,
}


def apply(case: Case | None, fact: Fact) -> Case:
    """Fold one more fact onto a case that holds all that it follows, and nothing that it does not.

    Gives what `fold` gives over all the facts. Raises CallerError when the fact follows other than the case's heads:
    then only `fold` knows the answer.
    """
    if set(fact.follows) != set(case.heads if case else ()):
        raise CallerError("this fact does not follow the case's heads: fold all its facts anew")
    return _folded(case, fact, fact.follows)


def fold(facts: Iterable[Fact]) -> Case:
    """Fold all facts of one case, given in any order; raises CallerError when none of them opens the case."""
    by_hash = {fact.hash: fact for fact in facts}
    case: Case | None = None
    waiting: list[Fact] = []
    for fact in _ordered(by_hash):
        if case is None and not isinstance(fact.event, RequestSubmitted):
            waiting.append(fact)
            continue
        case = _folded(case, fact, _leaves_replaced(case, fact))
    if case is None:
        raise CallerError("none of these facts opens a case")
    missing = any(parent not in by_hash for fact in by_hash.values() for parent in fact.follows)
    state = State.CONFLICT if _in_conflict(by_hash) else case.state
    return replace(case, state=state, heads=_leaves(by_hash), frozen=case.frozen or missing or bool(waiting))


def _leaves_replaced(case: Case | None, fact: Fact) -> tuple[bytes, ...]:
    return () if case is None else tuple(head for head in case.heads if head in fact.follows)


def _ordered(by_hash: Mapping[bytes, Fact]) -> Iterable[Fact]:
    """Yield the facts causally, by hash where the causes leave it open."""
    left = {hash_: {parent for parent in fact.follows if parent in by_hash} for hash_, fact in by_hash.items()}
    followers: dict[bytes, list[bytes]] = {}
    for hash_, parents in left.items():
        for parent in parents:
            followers.setdefault(parent, []).append(hash_)
    ready = [hash_ for hash_, parents in left.items() if not parents]
    heapify(ready)
    while ready:
        hash_ = heappop(ready)
        yield by_hash[hash_]
        for follower in followers.get(hash_, ()):
            left[follower].discard(hash_)
            if not left[follower]:
                heappush(ready, follower)


def _leaves(by_hash: Mapping[bytes, Fact]) -> tuple[bytes, ...]:
    followed = {parent for fact in by_hash.values() for parent in fact.follows}
    return tuple(sorted(hash_ for hash_ in by_hash if hash_ not in followed))


def _in_conflict(by_hash: Mapping[bytes, Fact]) -> bool:
    decided = [fact for fact in by_hash.values() if isinstance(fact.event, DecisionTaken)]
    return any(
        one.event.outcome != other.event.outcome and not _knew(by_hash, one, other) and not _knew(by_hash, other, one)
        for place, one in enumerate(decided)
        for other in decided[place + 1 :]
        if isinstance(one.event, DecisionTaken) and isinstance(other.event, DecisionTaken)
    )


def _knew(by_hash: Mapping[bytes, Fact], later: Fact, earlier: Fact) -> bool:
    """Say whether `earlier` is among what `later` was decided upon."""
    seen: set[bytes] = set()
    todo = list(later.follows)
    while todo:
        hash_ = todo.pop()
        if hash_ == earlier.hash:
            return True
        if hash_ in by_hash and hash_ not in seen:
            seen.add(hash_)
            todo.extend(by_hash[hash_].follows)
    return False


def _folded(case: Case | None, fact: Fact, replaced: tuple[bytes, ...]) -> Case:
    event = fact.event
    if case is None:
        if not isinstance(event, RequestSubmitted):
            raise CallerError("the first fact of a case is its request")
        return opened(event, fact.hash, fact.time_ms)
    heads = tuple(sorted({*(head for head in case.heads if head not in replaced), fact.hash}))
    if event is None or not isinstance(event, CaseEvent):
        return replace(case, heads=heads, frozen=True)
    kind = kind_of(event)
    rule = TRANSITIONS.get((case.state, kind))
    note = NOTES[kind](event) if kind in NOTES else ""
    step = Step(kind, fact.time_ms, event.by, note, lawful=rule is not None)
    case = replace(case, heads=heads, history=(*case.history, step))
    return case if rule is None else CHANGES[kind](case, event, fact.time_ms, rule.then)


def transitions_markdown() -> str:
    """Return the table of transitions as Markdown, for the documents."""
    order = [None, *State]
    rows = sorted(TRANSITIONS.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    lines = ["| from | event | by | to |", "|---|---|---|---|"]
    for (state, kind), rule in rows:
        then = ", ".join(each.value for each in rule.then)
        lines.append(f"| {state.value if state else '(none)'} | `{kind}` | {', '.join(sorted(rule.roles))} | {then} |")
    return "\n".join(lines) + "\n"


if unfolded := CASE_KINDS - CHANGES.keys() - {"request.submitted"}:
    raise CallerError(f"kinds of events without a fold: {sorted(unfolded)}")
