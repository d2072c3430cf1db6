"""Closed msgpack: every value has one encoding, and every other byte string is refused.

- Types: nil, booleans, integers from -2^63 to 2^64-1, text, bytes, arrays, maps whose keys are text. No floats, no
  extension types. A boolean is never taken for an integer.
- Every integer, length and count has its shortest form. Map keys stand in the order of their UTF-8 bytes, each once.
- A reader walks the bytes before it builds anything: nesting and size are bounded, and a count that promises more items
  than bytes follow is refused, so no input makes the reader allocate more than a small multiple of its own size.
- What was read is written again and must give the same bytes. So a hash or a signature over an encoding is one over its
  meaning, and two readers can't see two things in the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgpack  # type: ignore[import-untyped]  # has no stubs; every result is given a type where it is taken
import msgspec

from protocol.errors import CallerError
from protocol.records.refusals import NotCanonical, TooDeep, TooLarge

pack: Final = msgspec.msgpack.Encoder(order="sorted").encode
"""`encode` for values whose types are known: it looks at none of them. It sorts the keys of maps as text, which is the
order of their UTF-8 bytes, and gives every integer and length its shortest form."""

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value] | None"

MAX_VALUE: Final = 1 << 20
"""Bytes of one value. The largest is a batch of records, some hundreds of KiB; smaller places pass their own bound."""

MAX_DEPTH: Final = 16
"""Arrays and maps around a value. A catalogue's document, the deepest of ours, has seven; recursion stays safe."""


def encode(value: Value) -> bytes:
    """The one encoding of a value. Raises CallerError for what has none: a float, a tuple, a key that is no text."""
    _check(value, 0)
    try:
        return pack(value)
    except (UnicodeEncodeError, OverflowError) as error:
        raise CallerError("The value holds an integer beyond 64 bits, or text with a lone surrogate.") from error


def decode(data: bytes, *, max_size: int = MAX_VALUE) -> Value:
    """The value that these bytes encode. Raises NotCanonical, TooLarge or TooDeep; nothing else, whatever the bytes."""
    if len(data) > max_size:
        raise TooLarge(f"The value has {len(data)} bytes where {max_size} are allowed.")
    _walk(data)
    try:
        value: Value = msgpack.unpackb(data, raw=False, strict_map_key=True)
        again = encode(value)
    except (ValueError, CallerError) as error:
        raise NotCanonical("The bytes hold text that is not UTF-8, or a map key that is no text.") from error
    if again != data:
        raise NotCanonical("The value has another, canonical encoding; these bytes are not it.")
    return value


_SCALAR_TYPES: Final = frozenset({str, bytes, bool, int, type(None)})
_TEXT: Final = frozenset({str})


def _check(value: Value, depth: int) -> None:
    """Refuse what has no encoding."""
    kind = type(value)
    if kind in _SCALAR_TYPES:
        return
    if depth >= MAX_DEPTH:
        raise CallerError(f"The value is nested deeper than {MAX_DEPTH}, or has no encoding.")
    if isinstance(value, dict) and kind is dict:
        _check_keys(value)
        _check_items(value.values(), depth)
    elif isinstance(value, list) and kind is list:
        _check_items(value, depth)
    else:
        raise CallerError(f"A value of type {kind.__name__} has no encoding here.")


def _check_items(items: Iterable[Value], depth: int) -> None:
    for item in items:
        if type(item) not in _SCALAR_TYPES:
            _check(item, depth + 1)


def _check_keys(value: dict[str, Value]) -> None:
    if not _TEXT.issuperset(map(type, value)):
        raise CallerError("Map keys are text.")


# What a head byte announces: scalars by their size with the head, and what else needs its length or count read.
_SIZED: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}  # head: bytes of length
_COUNTED: Final = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}  # head: bytes of count, values an item
_FIXED: Final = {0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}  # head: bytes in all
_SINGLE: Final = (*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3)
_SHORT_TEXT: Final = range(0xA0, 0xC0)


def _scalar_sizes() -> bytes:
    """For each head byte the bytes that a scalar takes, head included; 0 for all that is not as simple."""
    sizes = bytearray(256)
    for head in _SINGLE:
        sizes[head] = 1
    for head in _SHORT_TEXT:
        sizes[head] = 1 + (head & 0x1F)
    for head, size in _FIXED.items():
        sizes[head] = size
    return bytes(sizes)


_SCALARS: Final = _scalar_sizes()


def _walk(data: bytes) -> None:
    """Read only heads and lengths: one value, whole, not too deep, nothing after it."""
    at, size, left = 0, len(data), 1
    outer: list[int] = []  # for each container around the current one, how many of its values are still to come
    while left or outer:
        if not left:
            left = outer.pop()
            continue
        left -= 1
        if at >= size:
            raise NotCanonical("The value is cut short.")
        if scalar := _SCALARS[data[at]]:
            at += scalar
            continue
        at, items = _past_head(data, at)
        if items >= 0:
            if len(outer) >= MAX_DEPTH:
                raise TooDeep(f"The value is nested deeper than {MAX_DEPTH}.")
            outer.append(left)
            left = items
    if at != size:
        raise NotCanonical("The value is cut short, or bytes follow after its end.")


def _past_head(data: bytes, at: int) -> tuple[int, int]:
    """Where to go on, and how many values a container announces; -1 for long text and bytes, which are passed."""
    head = data[at]
    at += 1
    if head < 0x90:
        return at, 2 * (head & 0x0F)
    if head < 0xA0:
        return at, head & 0x0F
    if (width := _SIZED.get(head)) is not None:
        return at + width + int.from_bytes(data[at : at + width], "big"), -1
    if head in _COUNTED:
        width, each = _COUNTED[head]
        return at + width, each * int.from_bytes(data[at : at + width], "big")
    raise NotCanonical("The value holds a float, an extension type or a reserved byte.")
