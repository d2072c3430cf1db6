"""Closed msgpack: identity or refusal, and nothing allocated that the bytes do not hold."""

from __future__ import annotations

import tracemalloc
from typing import Any

import msgpack  # type: ignore[import-untyped]  # has no stubs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.records.encoding import MAX_DEPTH, MAX_VALUE, Value, decode, encode
from protocol.records.refusals import NotCanonical, TooDeep, TooLarge

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.binary(max_size=40)
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(KEYS, inner, max_size=20), max_leaves=40
)

# What msgpack writes when nobody holds it to one form: floats, extensions, unsorted maps, keys of any type.
LOOSE = st.recursive(
    SCALARS | st.floats() | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.integers(0, 9) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)


def same(one: Value, other: Value) -> bool:
    """Equal, and of the same types all the way down: 1 is not True."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


@given(VALUES)
def test_what_is_encoded_decodes_to_the_same_value(value: Value) -> None:
    assert same(decode(encode(value)), value)


def in_order(value: Value) -> Value:
    """The same value, its maps in the order of their keys' UTF-8 bytes."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value, key=str.encode)}
    return [in_order(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
@example({"\uffff": 1, "\U00010000": 2, "z": 3, "": 4})
def test_the_encoding_is_msgpacks_own_with_maps_in_order(value: Value) -> None:
    assert encode(value) == msgpack.packb(in_order(value), use_bin_type=True)


@given(st.binary(max_size=60))
@example(b"\x82\xa1b\x01\xa1a\x02")
@example(b"\xdc\xff\xff")
def test_bytes_are_the_encoding_of_what_they_decode_to_or_are_refused(data: bytes) -> None:
    try:
        value = decode(data)
    except PeerError:
        return
    assert encode(value) == data


@given(LOOSE)
def test_looser_msgpack_is_refused_unless_it_happens_to_be_canonical(value: Any) -> None:
    try:
        data = msgpack.packb(value, use_bin_type=True, unicode_errors="surrogatepass")
        decoded = decode(data)
    except PeerError:
        return
    assert encode(decoded) == data


@given(VALUES, st.data())
def test_any_change_of_a_byte_gives_another_value_or_a_refusal(value: Value, data: st.DataObject) -> None:
    encoded = bytearray(encode(value))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        changed = decode(bytes(encoded))
    except PeerError:
        return
    assert not same(changed, value)


@given(st.dictionaries(KEYS, st.integers(0, 9), max_size=12))
def test_the_order_in_which_a_map_was_filled_does_not_show(value: dict[str, Value]) -> None:
    backwards = dict(reversed(value.items()))
    assert encode(backwards) == encode(value)
    decoded = decode(encode(value))
    assert isinstance(decoded, dict)
    assert list(decoded) == sorted(value, key=str.encode)


def test_a_boolean_is_never_taken_for_an_integer() -> None:
    assert encode(True) != encode(1)
    assert decode(encode([True, 1])) == [True, 1]
    assert decode(encode(True)) is True


class Text(str):
    """Text by another name."""

    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        (1, 2),
        {1, 2},
        bytearray(b"x"),
        pytest.param(memoryview(b"x"), id="memoryview"),
        pytest.param(object(), id="object"),
        msgpack.ExtType(1, b""),
        Text("x"),
        {1: "x"},
        {b"x": 1},
        {Text("x"): 1},
        {None: 1},
        {"a": {2: 3}},
        1 << 64,
        -(1 << 63) - 1,
        "\ud800",
        {"\ud800": 1},
    ],
    ids=repr,
)
def test_a_value_without_an_encoding_is_the_callers_mistake(value: Any) -> None:
    wraps: list[Any] = [value, [value], {"a": [value]}]
    for wrapped in wraps:
        with pytest.raises(CallerError):
            encode(wrapped)


def nested(depth: int, innermost: Value) -> Value:
    value = innermost
    for _ in range(depth):
        value = [value]
    return value


def test_the_deepest_value_has_sixteen_levels() -> None:
    deepest = nested(MAX_DEPTH, 1)
    assert decode(encode(deepest)) == deepest
    with pytest.raises(CallerError):
        encode(nested(MAX_DEPTH + 1, 1))
    with pytest.raises(TooDeep):
        decode(b"\x91" * (MAX_DEPTH + 1) + b"\x01")


def test_a_value_larger_than_its_place_is_refused_before_it_is_read() -> None:
    fits = encode(bytes(MAX_VALUE - 5))
    assert len(fits) == MAX_VALUE
    assert decode(fits) == bytes(MAX_VALUE - 5)
    with pytest.raises(TooLarge):
        decode(encode(bytes(MAX_VALUE - 4)))
    with pytest.raises(TooLarge):
        decode(b"\xc1" * 11, max_size=10)


@pytest.mark.parametrize(
    "data",
    [
        b"\xdd\x7f\xff\xff\xff",
        b"\xdc\xff\xff" * 15,
        b"\xdd\x00\x0f\xff\xff" * 15 + bytes(1000),
        b"\xdf\x7f\xff\xff\xff",
        b"\xc6\x7f\xff\xff\xff",
        b"\xdb\x7f\xff\xff\xff",
    ],
    ids=["array", "arrays in arrays", "counts beyond the bytes", "map", "bytes", "text"],
)
def test_a_count_that_the_bytes_do_not_keep_allocates_nothing(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NotCanonical):
            decode(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000
