"""What runs set out for: every pair is either reached or named as impossible, and a full run says which it missed."""

from __future__ import annotations

from random import Random

from tests.simulation.aims import (
    AIMS,
    ENOUGH,
    FAULTS,
    FULL_RUN,
    IMPOSSIBLE,
    LAN,
    PAIRS,
    STANDBY,
    STATES,
    drawn,
    seldom,
    unforeseen,
)


def counted(times: int) -> dict[str, dict[str, int]]:
    return {fault: {state: times for one, state in PAIRS if one == fault} for fault in FAULTS}


def test_each_pair_is_either_played_or_named_as_impossible_with_a_reason() -> None:
    assert len(PAIRS) + len(IMPOSSIBLE) == len(FAULTS) * len(STATES)
    assert all(fault in FAULTS and state in STATES and reason for (fault, state), reason in IMPOSSIBLE.items())


def test_a_run_sets_out_for_the_same_again_and_for_all_pairs_in_many_runs() -> None:
    assert drawn(Random("x"), has_second=True) == drawn(Random("x"), has_second=True)
    aims = [aim for number in range(4 * FULL_RUN // 10) for aim in drawn(Random(number), has_second=number % 2 == 0)]
    assert {(aim.fault, aim.state) for aim in aims} == set(PAIRS)


def test_a_run_without_a_standby_sets_out_for_nothing_of_one() -> None:
    aims = [aim for number in range(1000) for aim in drawn(Random(number), has_second=False)]
    assert len(aims) > 1000 * (AIMS - 1)
    assert not any(aim.state in STANDBY or aim.fault in (*LAN, "standby promoted") for aim in aims)


def test_a_full_run_says_what_it_played_too_seldom() -> None:
    enough = counted(ENOUGH)
    assert seldom(enough, FULL_RUN) == {}
    enough["stick early"]["dark"] = ENOUGH - 1
    assert seldom(enough, FULL_RUN) == {"stick early/dark": ENOUGH - 1}
    assert seldom(enough, 2 * FULL_RUN) == {"stick early/dark": ENOUGH - 1}
    assert seldom(enough, FULL_RUN // 2) == {}


def test_what_should_not_be_possible_is_told() -> None:
    assert unforeseen(counted(1)) == {}
    assert unforeseen({"drop": {"dark": 3}}) == {"drop/dark": 3}
