"""Closed msgpack: every value has one encoding, and every other byte string is refused.

- Types: nil, booleans, integers from -2^63 to 2^64-1, text, bytes, arrays, maps whose keys are text. No floats, no
  extension types. A boolean is never taken for an integer.
- Every integer, length and count has its shortest form. Map keys stand in the order of their UTF-8 bytes, each once.
- A reader walks the bytes before it builds anything: nesting and size are bounded, and a count that promises more items than
  bytes follow is refused, so no input makes the reader allocate more than a small multiple of its own size.
- What was read is written again and must give the same bytes. So a hash or a signature over an encoding is one over its
  meaning, and two readers can't see two things in the same bytes.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgpack

from protocol.errors import CallerError
from protocol.records.refusals import NotCanonical, TooDeep, TooLarge

Value: TypeAlias = "None | bool | int | str | bytes | list[Value] | dict[str, Value]"

MAX_VALUE: Final = 1 << 20
"""Bytes of one value. The largest is a batch of records on a slow link, some hundreds of KiB; smaller places pass their own."""

MAX_DEPTH: Final = 16
"""Arrays and maps around a value. A catalogue's document, the deepest of ours, has seven; a recursive reader stays safe."""

INT_MIN: Final = -(1 << 63)
INT_MAX: Final = (1 << 64) - 1


def encode(value: Value) -> bytes:
    """The one encoding of a value. Raises CallerError for anything that has none (a float, a tuple, a key that is no text)."""
    try:
        packed: bytes = msgpack.packb(_ordered(value, 0), use_bin_type=True, strict_types=True)
    except UnicodeEncodeError as error:
        raise CallerError("Text with a lone surrogate has no UTF-8 form and cannot be encoded.") from error
    return packed


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


def _ordered(value: Value, depth: int) -> Value:
    """The same value with its maps in order; refuses what has no encoding.

    Python compares text by code points, which is the order of the UTF-8 bytes.
    """
    kind = type(value)
    if kind is str or kind is bytes or value is None or kind is bool:
        return value
    if depth > MAX_DEPTH - 1 and kind in (list, dict):
        raise CallerError(f"The value is nested deeper than {MAX_DEPTH}.")
    if isinstance(value, dict) and kind is dict:
        _check_keys(value)
        return {key: _ordered(value[key], depth + 1) for key in sorted(value)}
    if isinstance(value, list) and kind is list:
        return [_ordered(item, depth + 1) for item in value]
    return _integer(value)


def _integer(value: Value) -> int:
    if type(value) is not int:
        raise CallerError(f"A value of type {type(value).__name__} has no encoding here.")
    if not INT_MIN <= value <= INT_MAX:
        raise CallerError("The integer does not fit into 64 bits.")
    return value


def _check_keys(value: dict[str, Value]) -> None:
    for key in value:
        if type(key) is not str:
            raise CallerError("Map keys are text.")


# What a head byte announces: how many bytes of payload follow, how many length bytes say it, or how many items.
_SCALAR, _SIZED, _COUNTED, _REFUSED = range(4)


def _heads() -> list[tuple[int, int, int]]:
    """For each head byte: (class, bytes that follow or width of the length, items per count or fixed count)."""
    table = [(_REFUSED, 0, 0)] * 256
    for head in (*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3):
        table[head] = (_SCALAR, 0, 0)
    for low in range(16):
        table[0x80 | low] = (_SCALAR, 0, 2 * low)
        table[0x90 | low] = (_SCALAR, 0, low)
    for low in range(32):
        table[0xA0 | low] = (_SCALAR, low, 0)
    for head, width in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8), (0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)):
        table[head] = (_SCALAR, width, 0)
    for head, width in ((0xC4, 1), (0xC5, 2), (0xC6, 4), (0xD9, 1), (0xDA, 2), (0xDB, 4)):
        table[head] = (_SIZED, width, 0)
    for head, width, each in ((0xDC, 2, 1), (0xDD, 4, 1), (0xDE, 2, 2), (0xDF, 4, 2)):
        table[head] = (_COUNTED, width, each)
    return table


_HEADS: Final = tuple(_heads())
_CONTAINERS: Final = frozenset((*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF))


def _walk(data: bytes) -> None:
    """Read only heads and lengths: one value, whole, nothing after it, not too deep, no count beyond the bytes left."""
    at, size, open_items = 0, len(data), [1]
    while open_items:
        if not open_items[-1]:
            open_items.pop()
            continue
        open_items[-1] -= 1
        if at >= size:
            raise NotCanonical("The value is cut short.")
        head = data[at]
        form, width, items = _HEADS[head]
        at += 1
        if form == _SCALAR:
            at += width
        elif form == _REFUSED:
            raise NotCanonical("The value holds a float, an extension type or a reserved byte.")
        else:
            announced = int.from_bytes(data[at : at + width], "big")
            at += width + (announced if form == _SIZED else 0)
            items *= announced if form == _COUNTED else 0
        if head in _CONTAINERS:
            if len(open_items) > MAX_DEPTH:
                raise TooDeep(f"The value is nested deeper than {MAX_DEPTH}.")
            if items > size - at:
                raise NotCanonical("The value is cut short: it announces more items than bytes follow.")
            open_items.append(items)
        if at > size:
            raise NotCanonical("The value is cut short.")
    if at != size:
        raise NotCanonical("Bytes follow after the value's end.")
