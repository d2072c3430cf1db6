"""Folding the facts of a case: the graph of its events, in one fixed order, to one `Case`.

- The order is causal, by hash where the causes leave it open. It depends on the set of facts alone, so any order of
  arrival folds to the same case.
- Only the table moves a state. An event that does not fit the state it meets changes nothing and stays in the history,
  marked as not lawful; so the fold is total. What was handed in stays in the dossier all the same (`STANDS`).
- Two events that contradict each other (`transitions.CONTRADICTIONS`), neither of which knew of the other, make a
  conflict. A decision that follows both, by whom the table names, ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from protocol.errors import CallerError
from protocol.office.case import Case, KeptFile, State, Step
from protocol.office.changes import CHANGES, NOTES, opened
from protocol.office.events import CASE_KINDS, CaseEvent, CertificateSealed, Event, RequestSubmitted, kind_of
from protocol.office.transitions import CONTRADICTIONS, TRANSITIONS

CONTESTED = frozenset(kind for pair in CONTRADICTIONS for kind in pair)
"""Kinds that are compared with each other: few in any case, so that folding stays linear in all the rest."""

STANDS = frozenset({"piece.scanned"})
"""What is done whatever state it meets: somebody saw on another branch that his scan is in the dossier."""


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


def apply(case: Case | None, fact: Fact) -> Case:
    """Fold one more fact onto a case that holds all that it follows, and nothing that it does not.

    Gives what `fold` gives over all the facts. Raises CallerError when the fact follows other than the case's heads:
    then only `fold` knows the answer.
    """
    if set(fact.follows) != set(case.heads if case else ()):
        raise CallerError("this fact does not follow the case's heads: fold all its facts anew")
    return _opened(fact) if case is None else _folded(case, fact, disputed=False)


def fold(facts: Iterable[Fact]) -> Case:
    """Fold all facts of one case, given in any order; raises CallerError when none of them opens the case."""
    by_hash = {fact.hash: fact for fact in facts}
    case: Case | None = None
    early = False
    earlier: list[Fact] = []
    for fact in _ordered(by_hash):
        if case is not None:
            case = _folded(case, fact, disputed=_disputed(by_hash, earlier, fact))
        elif isinstance(fact.event, RequestSubmitted):
            case = _opened(fact)
        else:
            early = True
        if isinstance(fact.event, CaseEvent) and kind_of(fact.event) in CONTESTED:
            earlier.append(fact)
    if case is None:
        raise CallerError("none of these facts opens a case")
    missing = any(parent not in by_hash for fact in by_hash.values() for parent in fact.follows)
    heads, frozen = _leaves(by_hash), case.frozen or missing or early
    if (heads, frozen) == (case.heads, case.frozen):  # as a rule; most cases are new
        return case
    return replace(case, heads=heads, frozen=frozen)


def in_causal_order(facts: Iterable[Fact]) -> list[Fact]:
    """Return facts of one case, given in any order, as `fold` takes them."""
    return list(_ordered({fact.hash: fact for fact in facts}))


def _opened(fact: Fact) -> Case:
    if not isinstance(fact.event, RequestSubmitted):
        raise CallerError("the first fact of a case is its request")
    return opened(fact.event, fact.hash, fact.time_ms)


def _folded(case: Case, fact: Fact, *, disputed: bool) -> Case:
    event = fact.event
    heads = tuple(sorted({*case.heads, fact.hash} - set(fact.follows)))
    if not isinstance(event, CaseEvent):
        return replace(case, heads=heads, frozen=True)
    kind = kind_of(event)
    rule = None if disputed else TRANSITIONS.get((case.state, kind))
    if rule is not None and case.state is State.CONFLICT and event.by.role not in rule.roles:
        rule = None  # the table names who may settle a conflict: one more agent's word does not end it
    note = NOTES[kind](event) if kind in NOTES else ""
    step = Step(kind, fact.time_ms, event.by, note, lawful=rule is not None)
    case = replace(case, heads=heads, history=(*case.history, step), papers=_papers(case, event, fact.time_ms))
    if disputed:
        return replace(case, state=State.CONFLICT)
    if rule is not None:
        return CHANGES[kind](case, event, fact.time_ms, rule.then)
    return CHANGES[kind](case, event, fact.time_ms, (case.state,)) if kind in STANDS else case


def _papers(case: Case, event: CaseEvent, time_ms: int) -> tuple[KeptFile, ...]:
    """The PDFs of a case with what this event sealed, whatever else became of it."""
    if not isinstance(event, CertificateSealed) or not event.size:
        return case.papers
    return (*case.papers, KeptFile(event.blob, event.size, time_ms))


def _ordered(by_hash: Mapping[bytes, Fact]) -> Iterator[Fact]:
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


def _disputed(by_hash: Mapping[bytes, Fact], earlier: Sequence[Fact], fact: Fact) -> bool:
    """Say whether `fact` contradicts one that stands before it in the order and that it did not know of."""
    return any(_contradict(one, fact) and not _knew(by_hash, fact, one) for one in earlier)


def _contradict(one: Fact, other: Fact) -> bool:
    if not isinstance(one.event, CaseEvent) or not isinstance(other.event, CaseEvent):
        return False
    kinds = sorted((kind_of(one.event), kind_of(other.event)))
    if (kinds[0], kinds[1]) not in CONTRADICTIONS:
        return False
    if kinds[0] != kinds[1]:
        return True
    return getattr(one.event, "outcome", "") != getattr(other.event, "outcome", "")


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


if unfolded := CASE_KINDS - CHANGES.keys() - {"request.submitted"}:
    raise CallerError(f"kinds of events without a fold: {sorted(unfolded)}")
