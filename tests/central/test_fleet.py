"""What is wrong with an annexe is told apart, whatever the prefecture knows of it, and each with its way out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.fleet import (
    CLOCK_MS,
    DAY_MS,
    HOUR_MS,
    LONG_MS,
    MINUTE_MS,
    RULES,
    STUCK_MS,
    Condition,
    Observed,
    conditions,
    found,
)

NOW = 1_800_000_000_000
WELL = Observed(
    NOW, connected=True, contact_ms=NOW, since_ms=NOW - HOUR_MS, arrived_ms=NOW - MINUTE_MS, left=0, ahead_ms=300
)

instants = st.integers(0, NOW)
anything = st.builds(
    Observed,
    now_ms=st.just(NOW),
    connected=st.booleans(),
    contact_ms=st.none() | instants,
    since_ms=st.none() | instants,
    arrived_ms=st.none() | instants,
    recent=st.integers(0, 10_000),
    left=st.none() | st.integers(0, 10_000_000),
    holes=st.integers(0, 256),
    branches=st.integers(0, 9),
    one_machine=st.booleans(),
    ahead_ms=st.none() | st.integers(-DAY_MS, DAY_MS),
    future_ms=st.integers(0, DAY_MS),
    later=st.integers(0, 9),
)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({}, Condition.WELL),
        ({"connected": False}, Condition.OFFLINE),
        ({"connected": False, "contact_ms": None, "arrived_ms": None}, Condition.NEVER),
        ({"connected": False, "contact_ms": None}, Condition.OFFLINE),  # a stick has come from it
        ({"left": 6_000, "recent": 1_000}, Condition.SLOW),
        ({"left": 100, "recent": 1_000}, Condition.WELL),
        ({"left": 100, "arrived_ms": NOW - STUCK_MS}, Condition.STUCK),
        ({"left": 100, "arrived_ms": NOW - STUCK_MS, "since_ms": NOW - MINUTE_MS}, Condition.WELL),  # just came back
        ({"holes": 1}, Condition.STUCK),
        ({"branches": 1}, Condition.BRANCHED),
        ({"branches": 2, "holes": 3, "ahead_ms": DAY_MS}, Condition.BRANCHED),
        ({"ahead_ms": CLOCK_MS + 1}, Condition.CLOCK),
        ({"ahead_ms": -CLOCK_MS - 1}, Condition.CLOCK),
        ({"ahead_ms": None, "future_ms": DAY_MS}, Condition.CLOCK),
        ({"later": 1}, Condition.LATER),
    ],
)
def test_what_is_most_urgent_comes_first(seen: dict[str, Any], expected: Condition) -> None:
    assert conditions(replace(WELL, **seen))[0] is expected


def test_away_for_a_night_and_away_for_days_are_told_apart_by_what_to_do() -> None:
    night = found(replace(WELL, connected=False, contact_ms=NOW - 8 * HOUR_MS, arrived_ms=None))
    week = found(replace(WELL, connected=False, contact_ms=NOW - 2 * LONG_MS, arrived_ms=None))
    assert [rule.condition for rule in (*night, *week)] == [Condition.OFFLINE, Condition.OFFLINE]
    assert night[0].do != week[0].do


def test_a_cloned_card_and_a_restored_one_are_told_apart_by_what_to_do() -> None:
    (cloned,) = found(replace(WELL, branches=1, one_machine=False))
    (restored,) = found(replace(WELL, branches=1, one_machine=True))
    assert cloned.do != restored.do


@given(anything)
def test_everything_is_something_and_well_only_when_nothing_else(seen: Observed) -> None:
    told = conditions(seen)
    assert told
    assert len(set(told)) == len(told)
    assert (Condition.WELL in told) == (told == (Condition.WELL,)) == (not found(seen))


@given(anything)
def test_who_is_connected_is_neither_offline_nor_a_stranger(seen: Observed) -> None:
    away = {Condition.OFFLINE, Condition.NEVER} & set(conditions(seen))
    assert len(away) == (0 if seen.connected else 1)


@given(anything)
def test_who_is_stuck_with_nothing_getting_through_is_not_called_slow(seen: Observed) -> None:
    assert not {Condition.STUCK, Condition.SLOW} <= set(conditions(replace(seen, holes=0, recent=0)))


@given(anything, st.integers(1, 9))
def test_a_further_trouble_hides_no_other(seen: Observed, more: int) -> None:
    before = set(conditions(seen)) - {Condition.WELL}
    assert before <= set(conditions(replace(seen, holes=seen.holes + more, branches=seen.branches + more)))


def test_every_rule_can_come_true_and_says_why_and_what_to_do() -> None:
    assert {rule.condition for rule in RULES} == set(Condition) - {Condition.WELL}
    assert all(rule.cause.endswith(".") and rule.do.endswith(".") for rule in RULES)
    assert len({rule.cause for rule in RULES}) == len(RULES)
