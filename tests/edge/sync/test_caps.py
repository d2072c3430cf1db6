"""Which bound holds at which minute of the office's day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sync.caps import DAY_MIN, LEAST, Cap, CapRefused, parse_cap, rate_at, rate_text

MINUTES = st.integers(0, DAY_MIN - 1)
CAPS = st.builds(Cap, MINUTES, MINUTES, st.integers(LEAST, 1 << 30))


@pytest.mark.parametrize(
    ("line", "cap"),
    [
        ("08:00-16:00 4 KiB/s", Cap(480, 960, 4096)),
        ("22:30-06:15  64KiB/s", Cap(1350, 375, 65536)),
        ("00:00-24:00 3000 B/s", Cap(0, 0, 3000)),
        ("00:00-00:00 2 MB/s", Cap(0, 0, 2_000_000)),
    ],
)
def test_a_line_of_the_settings_says_when_and_how_much(line: str, cap: Cap) -> None:
    assert parse_cap(line) == cap


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("8:00-16:00 4 KiB/s", "is no cap"),
        ("08:00-16:00 4 KiB", "is no cap"),
        ("08:00-16:00 4 Kib/s", "is no cap"),
        ("08:00-16:00 -4 KiB/s", "is no cap"),
        ("08:00-16:60 4 KiB/s", "no day has"),
        ("24:00-08:00 4 KiB/s", "no day has"),
        ("08:00-24:01 4 KiB/s", "no day has"),
        ("08:00-16:00 2047 B/s", "the least is 2048"),
        ("", "is no cap"),
    ],
)
def test_what_is_no_cap_is_refused_with_how_it_should_be(line: str, why: str) -> None:
    with pytest.raises(CapRefused, match=why):
        parse_cap(line)


@given(CAPS)
def test_what_is_written_reads_the_same(cap: Cap) -> None:
    assert parse_cap(str(cap)) == cap


@given(MINUTES, MINUTES, MINUTES)
def test_a_cap_and_its_complement_share_the_day(begins: int, ends: int, minute: int) -> None:
    one, other = Cap(begins, ends, LEAST), Cap(ends, begins, LEAST)
    assert one.holds_at(begins)
    if begins != ends:
        assert one.holds_at(minute) != other.holds_at(minute)


@given(st.lists(CAPS, max_size=5), MINUTES)
def test_of_two_caps_the_lower_counts(caps: list[Cap], minute: int) -> None:
    rate = rate_at(caps, minute)
    holding = [cap.rate for cap in caps if cap.holds_at(minute)]
    assert rate == (min(holding) if holding else None)


def test_a_rate_is_shown_as_it_is_written() -> None:
    assert [rate_text(rate) for rate in (1 << 20, 4096, 3000)] == ["1 MiB/s", "4 KiB/s", "3000 B/s"]
    assert str(parse_cap("00:00-24:00 1024 KiB/s")) == "00:00-24:00 1 MiB/s"
