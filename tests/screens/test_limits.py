from __future__ import annotations

from contextlib import ExitStack, nullcontext

import pytest

from protocol.errors import PersonError
from screens.limits import REMEMBERED, Limit, Limits

LIMIT = Limit("guess", 3, 60_000)


class Clock:
    ms = 0

    def __call__(self) -> int:
        return self.ms


def test_failures_past_the_limit_are_refused_until_the_window_is_over() -> None:
    clock = Clock()
    limits = Limits(clock)
    for _ in range(3):
        limits.admit(LIMIT, "10.0.0.1")
        limits.note(LIMIT, "10.0.0.1")
    with pytest.raises(PersonError) as refused:
        limits.admit(LIMIT, "10.0.0.1")
    assert (refused.value.status, refused.value.facts) == (429, {"minutes": 2})
    limits.admit(LIMIT, "10.0.0.2")
    limits.admit(Limit("another", 3, 60_000), "10.0.0.1")
    clock.ms = 60_000
    limits.admit(LIMIT, "10.0.0.1")


def test_a_failure_after_the_window_counts_from_one_again() -> None:
    clock = Clock()
    limits = Limits(clock)
    for _ in range(3):
        limits.note(LIMIT, "10.0.0.1")
    clock.ms = 60_000
    limits.note(LIMIT, "10.0.0.1")
    limits.admit(LIMIT, "10.0.0.1")


def test_the_address_quiet_for_longest_is_forgotten_first() -> None:
    limits = Limits(lambda: 0)
    for _ in range(3):
        limits.note(LIMIT, "first")
    for number in range(REMEMBERED):
        limits.note(LIMIT, str(number))
    limits.admit(LIMIT, "first")


def test_tries_sent_at_once_count_before_any_is_judged() -> None:
    limits = Limits(lambda: 0)
    with ExitStack() as under_way:
        for _ in range(3):
            under_way.enter_context(limits.trying(LIMIT, "10.0.0.1", 401))
        with pytest.raises(PersonError), limits.trying(LIMIT, "10.0.0.1", 401):
            pass
    limits.admit(LIMIT, "10.0.0.1")


@pytest.mark.parametrize(("status", "counted"), [(401, True), (422, False)])
def test_only_a_failure_of_the_kind_stays_counted(status: int, counted: bool) -> None:
    limits = Limits(lambda: 0)
    for _ in range(3):
        with pytest.raises(PersonError), limits.trying(LIMIT, "10.0.0.1", 401):
            raise PersonError("wrong", status=status)
    refused = pytest.raises(PersonError) if counted else nullcontext()
    with refused:
        limits.admit(LIMIT, "10.0.0.1")


def test_getting_in_forgives_none_of_the_guesses_before() -> None:
    limits = Limits(lambda: 0)
    for left in (2, 1, 0):
        with pytest.raises(PersonError), limits.trying(LIMIT, "10.0.0.1", 401):
            raise PersonError("wrong", status=401)
        if left:
            with limits.trying(LIMIT, "10.0.0.1", 401):
                pass
    with pytest.raises(PersonError):
        limits.admit(LIMIT, "10.0.0.1")
