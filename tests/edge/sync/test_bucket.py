"""No more than a rate passes, and nothing waits longer than that takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.sync.bucket import BURST_S, Bucket

RATES = st.integers(2048, 1 << 20)
SIZES = st.lists(st.integers(1, 70_000), min_size=1, max_size=60)
PAUSES = st.lists(st.floats(0, 20), min_size=60, max_size=60)


@given(RATES, SIZES, PAUSES)
def test_between_any_two_instants_no_more_than_the_rate_passes(
    rate: int, sizes: list[int], pauses: list[float]
) -> None:
    bucket, now, left = Bucket(), 0.0, []
    for size, pause in zip(sizes, pauses, strict=False):
        now += pause
        now += bucket.pay(size, now, rate)
        left.append((now, size))
    for first in range(len(left)):
        passed = 0
        for at, size in left[first:]:
            passed += size
            since = at - left[first][0]
            assert passed - left[first][1] <= rate * (since + BURST_S) + 1


@given(RATES, SIZES)
def test_who_always_has_something_to_send_uses_the_whole_rate(rate: int, sizes: list[int]) -> None:
    bucket, now = Bucket(), 0.0
    for size in sizes:
        now += bucket.pay(size, now, rate)
    assert now <= sum(sizes) / rate
    assert now >= sum(sizes) / rate - BURST_S - 1e-6


@given(SIZES)
def test_without_a_bound_nothing_waits(sizes: list[int]) -> None:
    bucket = Bucket()
    assert [bucket.pay(size, 0.0, None) for size in sizes] == [0.0] * len(sizes)


def test_a_bound_that_begins_forgives_what_passed_before() -> None:
    bucket = Bucket()
    bucket.pay(1 << 30, 0.0, None)
    assert bucket.pay(4096, 1.0, 4096) == 1.0 - BURST_S


def test_what_is_owed_is_paid_off_at_the_rate_of_its_time() -> None:
    bucket = Bucket()
    bucket.pay(4096 * 10 + 2048, 0.0, 4096)
    assert bucket.pay(0, 5.0, 8192) == 4096 * 5 / 8192
