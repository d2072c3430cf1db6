"""A writer's time under a clock that stands, lags and jumps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError
from protocol.records.clock import MAX_COUNTER, MAX_MS, SLIGHT_STEP_MS, Timestamp, clock_changed, stepped_back, tick

NOW = 1_767_225_600_000


@given(st.lists(st.integers(0, MAX_MS - 1), max_size=50))
def test_time_strictly_grows_whatever_the_clock_says(readings: list[int]) -> None:
    last: Timestamp | None = None
    for now in readings:
        time = tick(last, now)
        assert last is None or time > last
        assert time.ms >= now
        last = time


def test_a_clock_that_runs_gives_its_own_milliseconds() -> None:
    assert tick(None, NOW) == (NOW, 0)
    assert tick(Timestamp(NOW, 5), NOW + 1) == (NOW + 1, 0)


def test_a_clock_that_stands_or_lags_is_carried_by_the_counter() -> None:
    assert tick(Timestamp(NOW, 5), NOW) == (NOW, 6)
    assert tick(Timestamp(NOW, 5), NOW - SLIGHT_STEP_MS) == (NOW, 6)


def test_a_counter_that_is_full_takes_the_next_millisecond() -> None:
    assert tick(Timestamp(NOW, MAX_COUNTER), NOW) == (NOW + 1, 0)


def test_a_slight_step_back_begins_no_era_and_a_large_one_does() -> None:
    last = Timestamp(NOW, 0)
    assert not stepped_back(None, 0)
    assert not stepped_back(last, NOW - SLIGHT_STEP_MS)
    assert stepped_back(last, NOW - SLIGHT_STEP_MS - 1)


@pytest.mark.parametrize("label", ["trusted", "estimated", "unknown"])
def test_a_new_era_says_how_good_its_clock_is(label: str) -> None:
    assert clock_changed(label, NOW) == {"kind": "clock.changed", "label": label, "ms": NOW}


def test_a_clock_is_nothing_else_than_these() -> None:
    with pytest.raises(CallerError):
        clock_changed("excellent", NOW)
    for now in (-1, MAX_MS + 1):
        with pytest.raises(CallerError):
            tick(None, now)
