"""How long to wait before dialling again."""

from __future__ import annotations

from edge.sync.backoff import GOOD_S, LONGEST_S, Backoff


def test_each_failure_doubles_the_wait_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.wait() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_annexes_that_lost_the_link_together_do_not_dial_together() -> None:
    early, late = Backoff(lambda: 0.0), Backoff(lambda: 0.999)
    for _ in range(20):
        first, second = early.wait(), late.wait()
        assert first < second
        assert second < LONGEST_S


def test_only_a_connection_that_held_begins_anew() -> None:
    backoff = Backoff(lambda: 1.0)
    backoff.wait()
    backoff.wait()
    backoff.succeeded(GOOD_S - 1)
    assert backoff.wait() == 4
    backoff.succeeded(GOOD_S)
    assert backoff.wait() == 1
