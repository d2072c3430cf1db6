"""How long the rest takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.sync.pace import WINDOW_MS, Pace


def test_a_steady_line_is_foretold() -> None:
    pace = Pace(0)
    for second in range(1, 31):
        pace.note(10, second * 1000)
    assert pace.remaining_ms(600, 30_000) == 60_000


def test_what_was_fast_long_ago_does_not_count() -> None:
    pace = Pace(0)
    pace.note(10_000, 1_000)
    for second in range(1, 61):
        pace.note(1, 100_000 + second * 1000)
    assert pace.remaining_ms(60, 160_000) == 60_000


def test_a_line_that_stands_still_is_not_foretold() -> None:
    pace = Pace(0)
    pace.note(5, 1_000)
    assert pace.remaining_ms(5, 2 * WINDOW_MS) is None
    assert pace.remaining_ms(0, 2 * WINDOW_MS) == 0


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(-90_000, 90_000)), max_size=40), st.integers(0, 1 << 30))
def test_whatever_the_clock_does_the_rest_takes_some_time_or_is_not_known(
    notes: list[tuple[int, int]], left: int
) -> None:
    now, pace = 1_000_000, Pace(1_000_000)
    for count, step in notes:
        now += step
        pace.note(count, now)
        remaining = pace.remaining_ms(left, now)
        assert remaining is None or remaining >= 0
