"""What the link carries a day: counted, kept, and read again after a stop."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sync.ledger import METER, Ledger
from edge.sync.meter import KEPT_DAYS, Carried, Meter, parse_meter
from tests.edge.sync.support import annexe_in

BYTES = st.integers(0, 1 << 40)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(date.isoformat)


@given(st.lists(st.tuples(DAYS, BYTES, BYTES), max_size=80))
def test_every_byte_counts_to_its_day_and_is_read_again(carried: list[tuple[str, int, int]]) -> None:
    meter, expected = Meter(), dict[str, Carried]()
    for day, up, down in carried:
        meter.add(day, Carried(up, down))
        if up or down:
            expected[day] = expected.get(day, Carried()) + Carried(up, down)
            for old in sorted(expected, reverse=True)[KEPT_DAYS:]:
                del expected[old]
    assert meter.days == expected
    assert parse_meter(meter.encoded()).days == expected


def test_a_day_more_than_a_month_ago_is_forgotten() -> None:
    meter = Meter()
    first = date(2026, 11, 1)
    for number in range(KEPT_DAYS + 3):
        meter.add((first + timedelta(days=number)).isoformat(), Carried(1, 1))
    assert len(meter.days) == KEPT_DAYS
    assert min(meter.days) == "2026-11-04"


@pytest.mark.parametrize("data", [None, b"", b"\xff\x00", b"\x01", b"\x91\x01"])
def test_a_damaged_figure_keeps_nobody_from_starting(data: bytes | None) -> None:
    assert parse_meter(data).days == {}


class Wire:
    """A connection that has carried this much."""

    def __init__(self) -> None:
        self.total = Carried()

    def __call__(self) -> Carried:
        return self.total


async def test_what_was_carried_is_there_after_a_restart(tmp_path: Path) -> None:
    wire = Wire()
    async with annexe_in(tmp_path) as store:
        ledger = Ledger(store, lambda: "2026-11-27")
        await ledger.load()
        with ledger.counting(wire):
            wire.total = Carried(500, 70)
            assert ledger.days == {"2026-11-27": Carried(500, 70)}
            wire.total = Carried(800, 90)
        await ledger.save()
    async with annexe_in(tmp_path) as store:
        ledger = Ledger(store, lambda: "2026-11-28")
        await ledger.load()
        wire.total = Carried()
        with ledger.counting(wire):
            wire.total = Carried(1, 1)
        assert ledger.days == {"2026-11-28": Carried(1, 1), "2026-11-27": Carried(800, 90)}


async def test_a_connection_over_midnight_counts_to_both_days(tmp_path: Path) -> None:
    wire, today = Wire(), ["2026-11-27"]
    async with annexe_in(tmp_path) as store:
        ledger = Ledger(store, lambda: today[0])
        with ledger.counting(wire):
            wire.total = Carried(100, 10)
            ledger.look()
            today[0] = "2026-11-28"
            wire.total = Carried(150, 15)
        assert ledger.days == {"2026-11-28": Carried(50, 5), "2026-11-27": Carried(100, 10)}


async def test_nothing_is_written_while_nothing_is_carried(tmp_path: Path) -> None:
    async with annexe_in(tmp_path) as store:
        ledger = Ledger(store, lambda: "2026-11-27")
        await ledger.load()
        await ledger.save()
        async with store.reading() as reader:
            assert await reader.rows("SELECT name FROM checkpoints WHERE name = ?", (METER,)) == []
