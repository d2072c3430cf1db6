"""Blobs, and changes to them.

A file of `size` bytes holds the bytes 0, 1, ... 250, 0, 1, ... A good vector gives the list, whose hashes fix every
byte of every chunk, and the whole blob where it is short. A bad one takes the blob of `size`, changes it in the order
of its fields, and reads it at `address` (that of the good blob, unless it has its own) as a file of `size` bytes:

- `swap` [i, j]: the chunks i and j change places; `repeat` [i, j]: the chunk i takes the place of j, as long;
- `relist`: the list is made anew over the chunks that stand there now, and the address over that list;
- `keep`: only so many bytes of the blob are there; `flip` [byte, mask]; `append`: bytes behind it;
- `read_size`: the size that it is read with, where it is another.
"""

from __future__ import annotations

from protocol.records.blobs import CHUNK, BlobWriter, ChunkList, split_blob
from protocol.records.hashing import digest
from tests.vectors.values import DATA_KEY, OTHER_KEY, Json

SIZES = (1, 1000, CHUNK, CHUNK + 1, 3 * CHUNK + 5)
SHOWN = 2000  # bytes of a blob that is written out
LONG = 3 * CHUNK + 5


def pattern(size: int) -> bytes:
    """The made-up file of this size."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def make_blob(key: bytes, plain: bytes) -> tuple[ChunkList, bytes]:
    """The list and the whole blob of a file."""
    writer = BlobWriter(key)
    chunks = writer.feed(plain)
    last, made = writer.finish()
    return made, b"".join([*chunks, last]) + made.encoded()


def changed(case: dict[str, Json]) -> tuple[bytes, bytes, int]:
    """The address, the bytes and the size that a bad vector is read with."""
    size = _number(case["size"])
    made, blob = make_blob(DATA_KEY, pattern(size))
    _, chunks = split_blob(made.address, size, blob)
    if "swap" in case:
        one, other = _pair(case["swap"])
        chunks[one], chunks[other] = chunks[other], chunks[one]
    if "repeat" in case:
        one, other = _pair(case["repeat"])
        chunks[other] = chunks[one]
    if case.get("relist"):
        made = ChunkList(tuple(digest("blob-chunk", chunk) for chunk in chunks))
    data = b"".join(chunks) + made.encoded()
    data = data[: _number(case.get("keep", len(data)))]
    if "flip" in case:
        place, mask = _pair(case["flip"])
        data = data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]
    return made.address, data + bytes.fromhex(str(case.get("append", ""))), _number(case.get("read_size", size))


def _number(value: Json) -> int:
    if not isinstance(value, int):
        raise TypeError("A number is expected here.")
    return value


def _pair(value: Json) -> tuple[int, int]:
    if not isinstance(value, list):
        raise TypeError("Two numbers are expected here.")
    one, other = value
    return _number(one), _number(other)


def blobs() -> Json:
    """Files as blobs, and the ways in which they do not open."""
    list_at = LONG + 4 * 40
    bad: list[tuple[str, dict[str, Json], str]] = [
        ("cut inside a chunk", {"keep": 100}, "not-a-blob"),
        ("cut before the list", {"keep": list_at}, "not-a-blob"),
        ("cut by a byte", {"keep": list_at + 4 * 32 - 1}, "not-a-blob"),
        ("one byte more", {"append": "00"}, "not-a-blob"),
        ("a smaller file said", {"read_size": LONG - 1}, "not-a-blob"),
        ("a chunk more said", {"read_size": LONG + CHUNK}, "not-a-blob"),
        ("an empty file said", {"read_size": 0}, "not-a-blob"),
        ("a chunk changed", {"flip": [50, 1]}, "blob-damaged"),
        ("the last chunk changed", {"flip": [list_at - 1, 128]}, "blob-damaged"),
        ("the list changed", {"flip": [list_at, 1]}, "blob-damaged"),
        ("chunks swapped", {"swap": [0, 1]}, "blob-damaged"),
        ("chunks swapped, listed anew", {"swap": [0, 1], "relist": True}, "cannot-open"),
        ("a chunk repeated, listed anew", {"repeat": [0, 2], "relist": True}, "cannot-open"),
        ("a chunk changed, listed anew", {"flip": [50, 1], "relist": True}, "blob-damaged"),
        ("another key", {"key": OTHER_KEY.hex()}, "cannot-open"),
    ]
    return {
        "key": DATA_KEY.hex(),
        "good": [_good(size) for size in SIZES],
        "bad": [
            {"name": name, "key": DATA_KEY.hex(), "size": LONG, **change, "kind": kind} for name, change, kind in bad
        ],
    }


def _good(size: int) -> Json:
    made, blob = make_blob(DATA_KEY, pattern(size))
    known: dict[str, Json] = {
        "name": f"{size} bytes",
        "size": size,
        "address": made.address.hex(),
        "list": made.encoded().hex(),
    }
    return {**known, "blob": blob.hex()} if len(blob) <= SHOWN else known
