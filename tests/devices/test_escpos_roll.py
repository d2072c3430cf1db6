"""Our own ESC/POS printer: what it understands, in any portions, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.escpos_encoding import escpos_of
from devices.escpos_roll import LINE_DOTS, NotEscPos, Roll, Ticket
from tests.devices.bench import picture

BLACK_ROW = b"\x1dv0\x00\x48\x00\x01\x00" + b"\xff" * 72


def printed(data: bytes) -> list[Ticket]:
    tickets: list[Ticket] = []
    Roll(tickets.append).feed(data)
    return tickets


def test_a_cut_hands_over_what_was_printed_and_begins_a_new_ticket() -> None:
    first, second = printed(b"\x1b@" + BLACK_ROW + b"\x1dV\x00" + b"\x1bd\x02\x1dV\x42\x05")
    assert first.rows == (b"\xff" * 72,)
    assert second.blank
    assert len(second.rows) == 2 * LINE_DOTS + 5


def test_a_narrow_picture_stands_at_the_left() -> None:
    (ticket,) = printed(b"\x1dv0\x00\x01\x00\x02\x00\xf0\x0f\n\x1bJ\x03\x1dV\x01")
    assert [row[:2] for row in ticket.rows[:3]] == [b"\xf0\x00", b"\x0f\x00", b"\x00\x00"]
    assert len(ticket.rows) == 2 + LINE_DOTS + 3


@given(st.lists(st.integers(1, 400), max_size=30))
def test_the_same_bytes_in_any_portions_print_the_same(portions: list[int]) -> None:
    data = escpos_of(picture(height=20))
    whole, pieces = printed(data), list[Ticket]()
    roll, at = Roll(pieces.append), 0
    for size in [*portions, len(data)]:
        roll.feed(data[at : at + size])
        at += size
    assert [ticket.rows for ticket in pieces] == [ticket.rows for ticket in whole]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"Bonjour", "code page"),
        ("سلام".encode("cp1256"), "code page"),
        (b"%PDF-1.7", "code page"),
        (b"\x1bX", "ESC 0x58"),
        (b"\x1b", ""),
        (b"\x1dv1", ""),
        (b"\x1dv1\x00\x01\x00\x01\x00", "GS v"),
        (b"\x1dv0\x00\x49\x00\x01\x00", "584 by 1 dots"),
        (b"\x1dv0\x00\x01\x00\x00\x00", "8 by 0 dots"),
        (b"\x1dVA\x01\x1dVz", "cut"),
        (b"\x1dk", "GS 0x6b"),
        (b"\x10\x05", "DLE"),
        (b"\x10\x04\x09", "DLE EOT"),
        (b"\x1bd\xff" * 90, "nobody cuts"),
    ],
)
def test_what_is_no_ticket_is_refused_where_it_stands(data: bytes, why: str) -> None:
    if not why:  # only begun: nothing to refuse yet
        assert printed(data) == []
        return
    with pytest.raises(NotEscPos, match=why):
        printed(data)


def test_after_a_refusal_it_begins_anew() -> None:
    tickets: list[Ticket] = []
    roll = Roll(tickets.append)
    with pytest.raises(NotEscPos):
        roll.feed(BLACK_ROW + b"text")
    roll.feed(BLACK_ROW + b"\x1dV\x00")
    assert [len(ticket.rows) for ticket in tickets] == [1]


@given(st.binary(max_size=300))
def test_any_bytes_are_printed_or_refused_and_never_more_than_a_refusal(data: bytes) -> None:
    try:
        tickets = printed(data)
    except NotEscPos:
        return
    assert all(len(row) == 72 for ticket in tickets for row in ticket.rows)
