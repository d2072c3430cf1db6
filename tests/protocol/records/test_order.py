"""One order for all who hold the same records: by the chain first, then by the labelled time, then by the hash."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.records.chain import Head, opening_parent
from protocol.records.envelope import Record
from protocol.records.order import Parents, in_one_order
from tests.protocol.records.test_chain import history


def parents_of(records: list[Record]) -> Parents:
    return {one.segment: opening_parent(one) for one in records if one.seq == 0}


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(0, 4), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_one_order_in_which_causes_stand_first(
    seed: int, segments: int, left_out: int, arrival: random.Random
) -> None:
    records = history(seed, segments)
    parents = parents_of(records)
    some = arrival.sample(records, max(0, len(records) - left_out))
    ordered = in_one_order(some, parents)
    assert sorted(ordered, key=id) == sorted(some, key=id)
    assert ordered == in_one_order(sorted(some, key=lambda one: one.hash), parents)
    places = {(one.segment, one.seq): place for place, one in enumerate(ordered)}
    for one in ordered:
        for segment, seq in before(one, parents):
            assert places.get((segment, seq), -1) < places[one.segment, one.seq]


def before(record: Record, parents: Parents) -> list[tuple[bytes, int]]:
    """The names of all that a record's chain continues."""
    names: list[tuple[bytes, int]] = []
    step: Head | None = Head(record.segment, record.seq - 1, b"")
    while step is not None:
        names += [(step.segment, seq) for seq in range(step.seq + 1)]
        step = parents.get(step.segment)
    return names


def test_parents_that_run_in_a_circle_lose_nothing() -> None:
    records = history(1, 2)
    first, second = (one for one in records if one.seq == 0)
    circle = {
        first.segment: Head(second.segment, 0, second.hash),
        second.segment: Head(first.segment, 0, first.hash),
    }
    ordered = in_one_order(records, circle)
    assert sorted(ordered, key=id) == sorted(records, key=id)
    assert ordered == in_one_order(reversed(records), circle)
