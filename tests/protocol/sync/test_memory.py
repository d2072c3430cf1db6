"""What is remembered of sticks is read as it was kept, also as earlier releases kept it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PeerError
from protocol.records.encoding import encode
from protocol.sync.blob_flow import Want
from protocol.sync.memory import Asked, Memory, parse_memory
from protocol.sync.packing import Unfinished
from protocol.sync.scan_frames import MAX_LISTED, read_wants, want_rows

wants = st.lists(st.builds(Want, st.binary(min_size=32, max_size=32), st.integers(0, 1024)), max_size=5).map(tuple)


@given(wants, wants)
def test_scans_that_are_wanted_or_left_are_remembered(wanted: tuple[Want, ...], rest: tuple[Want, ...]) -> None:
    memory = Memory(3, (Asked(b"n" * 32, 7),), b"h" * 32, Unfinished(b"r" * 8, 3, 2, ()), (1, 2), wanted, rest)
    assert parse_memory(memory.encoded()) == memory
    assert memory.owed(go_on=True) == rest
    assert memory.owed(go_on=False) == wanted


def test_what_earlier_releases_kept_is_read_and_nothing_is_said_of_no_scans() -> None:
    assert parse_memory(None) == Memory()
    assert parse_memory(encode([4, [], None, None])) == Memory(4)
    assert parse_memory(encode([4, [], None, None, [2, 1]])) == Memory(4, heard_at=(2, 1))
    assert Memory(4, heard_at=(2, 1)).encoded() == encode([4, [], None, None, [2, 1]])


def test_a_list_that_is_too_long_is_refused() -> None:
    with pytest.raises(PeerError):
        read_wants(want_rows([Want(b"w" * 32)] * (MAX_LISTED + 1)))
