"""Ids drawn in advance: none is given twice, whatever size is asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from screens.drawn import AT_ONCE, Drawn


class Counting:
    """Bytes that tell where they stood: pairs, counting up."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, size: int) -> bytes:
        first, self.drawn = self.drawn, self.drawn + size
        return b"".join((place // 2).to_bytes(2, "big") for place in range(first, self.drawn, 2))


@given(st.lists(st.integers(1, 300).map(lambda half: 2 * half), max_size=60))
def test_no_bytes_are_given_twice(sizes: list[int]) -> None:
    drawn = Drawn(Counting())
    given_out = [drawn.take(size) for size in sizes]
    assert [len(one) for one in given_out] == sizes
    pairs = [one[place : place + 2] for one in given_out for place in range(0, len(one), 2)]
    assert len(set(pairs)) == len(pairs)


def test_a_page_with_more_forms_than_were_drawn_for_gets_all_its_ids() -> None:
    entropy = Counting()
    assert len(Drawn(entropy).take(3 * AT_ONCE)) == 3 * AT_ONCE
    assert entropy.drawn == 3 * AT_ONCE


def test_small_ids_are_drawn_together() -> None:
    entropy = Counting()
    drawn = Drawn(entropy)
    for _ in range(AT_ONCE // 16):
        drawn.take(16)
    assert entropy.drawn == AT_ONCE
