"""Folding: the same facts give the same case, whatever happened between two writers who did not see each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import CallerError, MulhaqaError
from protocol.office import casework
from protocol.office.case import Case
from protocol.office.casework import Fact, State
from protocol.office.events import AccountViewed, Actor, CaseEvent
from tests.protocol.office.stories import (
    EVERYONE,
    PROCEDURE,
    SUPERVISOR,
    WRITERS,
    Story,
    Write,
    completed,
    enquired,
    fact,
    granted,
    ready,
    refused,
    scanned,
    sealed,
    submitted,
    under_decision,
    undone,
    withdrawn,
)  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> list[Fact]:
    """Any facts on any heads, lawful or not, in causal order: what two clones, or a liar, could leave behind."""
    facts = [fact(submitted(), f"root {draw(st.integers(0, 99))}")]
    for place in range(draw(st.integers(0, 12))):
        known = draw(st.lists(st.sampled_from(facts), min_size=1, max_size=3, unique_by=lambda one: one.hash))
        write = draw(st.sampled_from(WRITERS))
        event = write([one.hash for one in known], by=draw(st.sampled_from(EVERYONE)))
        facts.append(fact(event, f"{place} {draw(st.integers(0, 99))}", place))
    return facts


@given(graphs(), st.randoms())
def test_any_order_of_arrival_gives_the_same_case(facts: list[Fact], random: Random) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)
    assert casework.fold(shuffled) == casework.fold(facts)
    assert casework.fold(shuffled + facts) == casework.fold(facts), "a fact that arrives twice counts once"


@given(graphs())
def test_no_fact_is_ever_hidden(facts: list[Fact]) -> None:
    case = casework.fold(facts)
    assert len(case.history) == len(facts)
    followed = {parent for one in facts for parent in one.follows}
    assert set(case.heads) == {one.hash for one in facts} - followed


@given(graphs(), st.lists(st.sampled_from(WRITERS), max_size=6))
def test_applying_what_follows_the_heads_is_folding(facts: list[Fact], writers: Sequence[Write]) -> None:
    case = casework.fold(facts)
    for place, write in enumerate(writers):
        more = fact(write(case.heads), f"more {place}", 100 + place)
        facts = [*facts, more]
        case = casework.apply(case, more)
        assert case == casework.fold(facts)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100)
@given(st.data())
def test_no_path_through_check_skips_a_step(data: st.DataObject) -> None:
    story = Story()
    for _ in range(data.draw(st.integers(1, 25))):
        lawful = [event for write in WRITERS for by in EVERYONE if (event := attempt(story, write, by)) is not None]
        if not lawful:
            break
        story.then(data.draw(st.sampled_from(lawful)))
        hold_invariants(story.case)
        assert casework.fold(story.facts) == story.case


def attempt(story: Story, write: Write, by: Actor) -> CaseEvent | None:
    event: CaseEvent = write(story.heads, by=by)
    try:
        casework.check(story.folded, event, PROCEDURE)
    except MulhaqaError:
        return None
    return event


def hold_invariants(case: Case) -> None:
    kinds = [step.kind for step in case.history]
    assert all(step.lawful for step in case.history)
    if case.state in (State.APPROVED, State.READY, State.COLLECTED):
        assert case.complete_ms is not None
        assert case.enquiry is not None
        assert case.decision is not None
        assert case.decision.outcome == "approved"
        assert case.decision.by.role == "authority"
    if case.state in (State.READY, State.COLLECTED):
        assert case.certificate is not None
    if case.state is State.REFUSED:
        assert case.decision is not None
        assert case.decision.reason_text
    assert kinds.count("pieces.requested") <= 1
    assert kinds.count("certificate.sealed") - len(case.void) == (case.certificate is not None)
    assert len({void.serial for void in case.void} | {"abc", "def"}) == 2
    reopened = [step for step in case.history if (step.kind, step.note) == ("appeal.answered", "reopened")]
    back = kinds.count("decision.undone") + kinds.count("certificate.annulled") + len(reopened)
    assert kinds.count("decision.taken") - back == (case.decision is not None)
    assert list(case.marks) == sorted(set(case.marks)), "each mark once, in order"
    assert case.state is not State.CONFLICT


def clone_of(story: Story, *writes: Write) -> list[Fact]:
    """The facts that a second writer, who saw the story so far, adds by itself."""
    heads, facts = story.heads, []
    for place, write in enumerate(writes):
        facts.append(fact(write(heads), f"clone {place}", 50_000 + place))
        heads = (facts[-1].hash,)
    return facts


@pytest.mark.parametrize(("here", "there"), [(granted, refused), (refused, granted), (granted, withdrawn)])
def test_two_answers_that_did_not_know_of_each_other_are_a_conflict(here: Write, there: Write) -> None:
    story = under_decision()
    beside = clone_of(story, there)
    story.then(here(story.heads))
    for facts in permutations([*story.facts[-1:], *beside]):
        case = casework.fold([*story.facts[:-1], *facts])
        assert case.state is State.CONFLICT
        assert len(case.heads) == 2
        assert sum(not step.lawful for step in case.history) == 1


def test_two_agents_who_decided_alike_are_no_conflict() -> None:
    story = under_decision()
    beside = clone_of(story, granted)
    story.then(granted(story.heads))
    case = casework.fold([*story.facts, *beside])
    assert case.state is State.APPROVED
    assert [step.lawful for step in case.history[-2:]] == [True, False]


def test_a_certificate_sealed_while_its_decision_was_undone_is_a_conflict() -> None:
    story = under_decision()
    story.then(granted(story.heads))
    beside = clone_of(story, undone)
    story.then(sealed(story.heads))
    assert casework.fold([*story.facts, *beside]).state is State.CONFLICT


def test_a_decision_after_an_undone_one_is_no_conflict() -> None:
    story = under_decision()
    for write in (granted, undone, refused):
        story.then(write(story.heads))
    assert casework.fold(story.facts).state is State.REFUSED


def test_a_supervisor_who_saw_both_decisions_settles_their_conflict() -> None:
    story = under_decision()
    beside = clone_of(story, refused)
    story.then(granted(story.heads))
    case = casework.fold([*story.facts, *beside])
    with pytest.raises(MulhaqaError):
        casework.check(case, granted(case.heads), PROCEDURE)
    settled = refused(case.heads, SUPERVISOR)
    casework.check(case, settled, PROCEDURE)
    after = casework.apply(case, fact(settled, "settled"))
    assert after.state is State.REFUSED
    assert casework.fold([*story.facts, *beside, fact(settled, "settled")]) == after


def test_one_more_agent_does_not_end_a_conflict() -> None:
    story = under_decision()
    beside = clone_of(story, refused)
    story.then(granted(story.heads))
    case = casework.fold([*story.facts, *beside])
    assert casework.apply(case, fact(granted(case.heads), "again")).state is State.CONFLICT


@pytest.mark.parametrize("writes", [(completed,), (completed, enquired, granted, sealed, ready), (withdrawn,)])
def test_a_scan_that_a_clerk_saw_confirmed_is_in_the_dossier_whatever_another_branch_did(
    writes: tuple[Write, ...],
) -> None:
    story = Story()
    story.then(submitted(()))
    beside = clone_of(story, scanned)
    for write in writes:
        story.then(write(story.heads))
    case = casework.fold([*story.facts, *beside])
    assert [scan.size for scan in case.scans_held] == [4000]
    assert case.state is story.case.state


def test_an_event_of_a_later_release_freezes_its_case_visibly() -> None:
    story = under_decision()
    unknown = Fact(hash=b"u" * 32, time_ms=9, event=None)
    case = casework.fold([*story.facts, unknown])
    assert case.frozen
    assert case.state is State.UNDER_DECISION
    assert b"u" * 32 in case.heads


def test_what_follows_something_that_is_not_here_yet_freezes_the_case_until_it_comes() -> None:
    story = under_decision()
    gap = [one for one in story.facts if not isinstance(one.event, type(completed([])))]
    assert casework.fold(gap).frozen
    assert not casework.fold(story.facts).frozen


def test_an_event_that_is_about_no_case_freezes_it() -> None:
    story = Story().then(submitted())
    stray = Fact(hash=b"s" * 32, time_ms=1, event=AccountViewed(by=SUPERVISOR, reason="dossier"))
    assert casework.fold([*story.facts, stray]).frozen


def test_facts_without_a_request_are_no_case() -> None:
    with pytest.raises(CallerError):
        casework.fold([fact(enquired([]), "1")])
    with pytest.raises(CallerError):
        casework.apply(None, fact(enquired([]), "1"))


def test_what_does_not_follow_the_heads_is_not_applied_but_folded() -> None:
    story = under_decision()
    with pytest.raises(CallerError):
        casework.apply(story.case, fact(granted(story.facts[0].follows), "2"))


def test_an_unlawful_event_stays_in_the_history_and_changes_nothing_else() -> None:
    story = under_decision()
    before = story.case
    early = fact(sealed(story.heads), "early", 7)
    after = casework.apply(before, early)
    assert replace(after, heads=before.heads, history=before.history) == before
    assert [step.lawful for step in after.history[-1:]] == [False]
