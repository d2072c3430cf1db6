"""What was made up is the same for ever, lawful, and about nobody."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from random import Random

from protocol.office import casework, references, synthetic
from protocol.office.casework import Fact, State
from protocol.office.events import CASE_KINDS, CaseEvent, RequestSubmitted, kind_of
from protocol.records.encoding import encode


def test_a_seed_gives_the_same_events_for_ever() -> None:
    assert synthetic.samples(2026, 300) == synthetic.samples(2026, 500)[:300]
    assert synthetic.samples(1, 50) != synthetic.samples(2, 50)
    written = b"".join(encode(sample) for sample in synthetic.samples(2026, 300))
    assert sha256(written).hexdigest() == "2e50a04e0c169d224313848c9cb27efe91b5b74b836e76e13bb4cf084d2b76f9", (
        "a published dictionary rests on these bytes"
    )


def test_people_are_all_different() -> None:
    people = synthetic.people(4, 500)
    assert len({one.cnie for one in people}) == 500
    assert people == synthetic.people(4, 500)


def facts_of(events: Sequence[CaseEvent]) -> list[Fact]:
    hashes = [*(event.follows[0] for event in events[1:]), b"last".ljust(32)]
    return [
        Fact(hash=hash_, time_ms=place, event=event)
        for place, (hash_, event) in enumerate(zip(hashes, events, strict=True))
    ]


def test_made_up_cases_are_lawful_from_first_to_last() -> None:
    states = set()
    for seed in range(150):
        rng = Random(seed)
        facts = facts_of(list(synthetic.case(rng, synthetic.person(rng), b"a" * 16, synthetic.FIRST_DAY_MS)))
        case = casework.fold(facts)
        assert all(step.lawful for step in case.history)
        assert not case.frozen
        states.add(case.state)
    assert states == {State.SUBMITTED, State.REFUSED, State.READY, State.COLLECTED}


def test_the_samples_hold_what_an_annexe_writes_most() -> None:
    events = synthetic.events(9, 1_000)
    kinds = {kind_of(event) for event in events}
    assert {"account.opened", "account.identity_verified", "account.viewed", "request.submitted"} <= kinds
    assert len(kinds & CASE_KINDS) >= 10
    for event in events:
        if isinstance(event, RequestSubmitted):
            assert references.parse(event.reference) == event.reference
