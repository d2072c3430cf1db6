"""The list of void certificates as a stranger checks it: whole, signed by the prefecture, and nothing else passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.revocation_list import RevocationList, Voided, newest_whole, put_together, read_list, write_list
from protocol.errors import PeerError
from protocol.office.events import CataloguePublished, RevocationsPublished, VoidSince, to_value
from protocol.records.clock import Timestamp
from protocol.records.encoding import Value, decode, encode
from protocol.records.envelope import parse_record, write_record
from protocol.records.keys import SigningKey
from tests.central.support import PREFECTURE
from tests.protocol.sync.support import NOW, make_prefecture, seed

CHAIN = [PREFECTURE.root, *reversed(PREFECTURE.identity("centre", "prefecture").chain)]
CENTRE = SigningKey(seed("prefecture"))
ANNEXE = SigningKey(seed("berkane-05"))


def part(number: int = 1, part: int = 0, parts: int = 1, **changes: Any) -> RevocationsPublished:
    held: dict[str, Any] = {"annulled": [VoidSince("aaaa", 5)], "replaced": [VoidSince(f"bbbb{part}", 6)]}
    held |= {"issued_ms": NOW, "next_update_ms": NOW + 9}
    return RevocationsPublished(number=number, part=part, parts=parts, **{**held, **changes})


def signed(event: Any, signing: SigningKey = CENTRE, stream: str = "all") -> bytes:
    return write_record(
        stream=stream, segment=b"segment1", seq=1, prev=bytes(32), time=Timestamp(NOW, 0),
        event=to_value(event), key=None, signing=signing,
    ).encoded()  # fmt: skip


def listed(*events: Any) -> bytes:
    return write_list(CHAIN, [signed(event) for event in events])


def test_a_list_is_read_with_the_root_alone() -> None:
    held = read_list(listed(part()), PREFECTURE.root)
    assert held == RevocationList(1, NOW, NOW + 9, {"aaaa": Voided("annulled", 5), "bbbb0": Voided("replaced", 6)})
    assert not held.overdue(NOW + 9)
    assert held.overdue(NOW + 10)


def test_a_long_list_comes_in_parts_in_any_order() -> None:
    held = read_list(listed(part(2, 1, 2), part(2, 0, 2)), PREFECTURE.root)
    assert held.void.keys() == {"aaaa", "bbbb0", "bbbb1"}


@pytest.mark.parametrize(
    "events",
    [
        [],
        [part(1, 0, 2)],
        [part(1, 0, 2), part(2, 1, 2)],
        [part(1, 0, 2), part(1, 1, 2, next_update_ms=5)],
        [CataloguePublished(id="x", version=1, document={})],
    ],
)
def test_what_is_not_one_whole_list_is_refused(events: Sequence[Any]) -> None:
    with pytest.raises(PeerError):
        read_list(listed(*events), PREFECTURE.root)


def test_only_the_prefecture_signs_a_list() -> None:
    chain = [*CHAIN, PREFECTURE.credential("annexe", "berkane-05")]
    for data in (
        write_list(chain, [signed(part(), ANNEXE)]),
        write_list(CHAIN, [signed(part(), SigningKey(b"s" * 32))]),
        write_list(CHAIN, [signed(part(), stream="to/berkane-05")]),
        write_list(CHAIN[1:], [signed(part())])[:-1] + b"\0",
    ):
        with pytest.raises(PeerError):
            read_list(data, PREFECTURE.root)


def test_another_prefectures_root_reads_nothing_of_it() -> None:
    stranger = make_prefecture(name="elsewhere").root
    with pytest.raises(PeerError):
        read_list(listed(part()), stranger)


def test_no_byte_of_a_list_can_change() -> None:
    data = listed(part())
    for place in range(0, len(data), 3):
        flipped = bytearray(data)
        flipped[place] ^= 1
        with pytest.raises(PeerError):
            read_list(bytes(flipped), PREFECTURE.root)


@pytest.mark.parametrize("value", [b"", [], {}, {"chain": [], "records": [1]}, {"chain": [1], "records": []}])
def test_a_value_that_is_no_list_is_refused(value: Value) -> None:
    with pytest.raises(PeerError):
        read_list(encode(value), PREFECTURE.root)


@given(st.dictionaries(st.text("abc234", min_size=1, max_size=16), st.integers(0, NOW)), st.integers(1, 4))
def test_what_was_cut_into_parts_is_put_together_again(since: dict[str, int], parts: int) -> None:
    named = [VoidSince(serial, ms) for serial, ms in since.items()]
    cut = [part(3, one, parts, annulled=[], replaced=named[one::parts]) for one in range(parts)]
    assert {serial: void.since_ms for serial, void in put_together(cut).void.items()} == since


def test_parts_of_two_lists_of_one_number_are_never_put_together() -> None:
    """A prefecture that was put back published another list under the number that it had used: it publishes anew."""
    other = [part(3, one, 2) for one in range(2)]
    lost = [part(3, one, 2, issued_ms=NOW + 1) for one in range(2)]
    assert newest_whole([lost[0], other[1]]) is None
    assert newest_whole([*other, lost[0]]) == put_together(other)
    assert newest_whole([*other, *lost]) == put_together(lost)
    assert newest_whole([part(2), lost[0]]) == put_together([part(2)])


def test_a_list_is_the_records_of_the_feed_as_they_are() -> None:
    value = decode(listed(part()))
    assert isinstance(value, dict)
    assert [parse_record(one).stream for one in value["records"] if isinstance(one, bytes)] == ["all"]  # type: ignore[union-attr]  # a list, as written
