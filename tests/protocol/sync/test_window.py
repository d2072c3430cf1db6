"""How much is under way: near what the link holds, never above the credit."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.sync.frames import MAX_FRAME
from protocol.sync.window import CEILING, FLOOR, START, Window


def driven(rate: float, delay_ms: int, batches: int = 200) -> Window:
    """A link of `rate` bytes a millisecond and `delay_ms` there and back; always as much as there is room for."""
    window, now, free_at = Window(), 0.0, 0.0
    window.grant(1 << 40)
    flying: list[tuple[float, int]] = []
    for number in range(1, batches + 1):
        while not window.room:
            now, answered = flying.pop(0)
            window.record_answered(answered, int(now))
        size = window.batch_limit
        free_at = max(free_at, now) + size / rate
        flying.append((free_at + delay_ms, number))
        window.record_sent(number, size, int(now))
    return window


@pytest.mark.parametrize(("rate", "delay_ms"), [(32, 400), (125, 100), (1250, 30), (4, 800)])
def test_what_is_under_way_fills_the_link_and_does_not_pile_up_in_front_of_it(rate: Any, delay_ms: Any) -> None:
    window = driven(rate, delay_ms)
    holds = rate * max(delay_ms, 200)
    assert window.target >= min(holds, CEILING)
    assert window.target <= max(FLOOR, 3 * holds + START)


def test_a_link_that_became_slow_is_not_filled_as_before() -> None:
    window = driven(1250, 30)
    assert window.target > 100_000
    now = 1_000_000
    window.record_answered(200, now)
    window.record_sent(1001, 8_000, now)
    window.record_answered(1001, now + 2_000)
    assert window.target <= FLOOR


def test_a_clock_that_was_set_back_teaches_nothing_of_the_link() -> None:
    window = Window()
    window.grant(1 << 30)
    window.record_sent(1, 4_000, 3_600_000)
    window.record_answered(1, 600)
    assert (window.in_flight, window.target) == (0, START)
    window.record_sent(2, 8_000, 1_000)
    window.record_answered(2, 2_000)
    assert window.target == FLOOR


def test_nothing_leaves_without_credit_for_the_largest_frame() -> None:
    window = Window()
    assert window.room == 0
    window.grant(MAX_FRAME - 1)
    assert window.room == 0
    window.grant(MAX_FRAME)
    assert window.room == START
    window.record_sent(1, 1, 0)
    assert window.room == 0


def test_a_grant_that_comes_late_takes_nothing_back() -> None:
    window = Window()
    window.grant(2 * MAX_FRAME)
    window.grant(MAX_FRAME)
    window.record_sent(1, 1000, 0)
    assert window.room > 0


def test_one_answer_covers_all_batches_before_it() -> None:
    window = Window()
    window.grant(1 << 30)
    for number in (1, 2, 3):
        window.record_sent(number, 5000, number)
    window.record_answered(2, 50)
    assert window.in_flight == 5000
    window.record_answered(2, 60)
    assert window.in_flight == 5000
