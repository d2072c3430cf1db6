"""Vectors of boxed batches: logs with the boxes that carry them, and contents that are no batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from protocol.errors import PeerError
from protocol.records.clock import Timestamp
from protocol.records.encoding import Value, decode, encode
from protocol.records.envelope import Record, pad, unpad, write_record
from protocol.records.keys import seal_to, subject_of
from protocol.sync.batches import Stored, read_stored, stored_record
from protocol.sync.boxed import parse_boxed, write_boxed
from protocol.sync.frames import unpack
from tests.vectors.values import DATA_KEY, OTHER_KEY, READER, SIGNER, Json, fixed

STREAM = "berkane-05/cases"
SEGMENT = fixed("segment", 8)
EPHEMERAL = fixed("box ephemeral")
START = Timestamp(1_767_225_600_000, 7)


def log(*keys: bytes | None, steps: Sequence[int] = ()) -> list[Stored]:
    """A stretch of a segment, a record under each key; `steps`: milliseconds to each from the last, 0 counts on."""
    found: list[Stored] = []
    prev, time = fixed("previous record"), START
    for place, key in enumerate(keys):
        step = steps[place] if steps else 0
        time = Timestamp(time.ms + step, 0) if step else Timestamp(time.ms, time.counter + 1)
        record = _record(place, prev, time, key)
        found.append(stored_record(record))
        prev = record.hash
    return found


def _record(place: int, prev: bytes, time: Timestamp, key: bytes | None) -> Record:
    event: dict[str, Value] = {"kind": "account.viewed", "by": {"id": "guichet1", "role": "clerk"}, "reason": "السكنى"}
    if key is None:
        event = {"kind": "clock.changed", "label": "trusted", "ms": time.ms}
    return write_record(
        stream=STREAM, segment=SEGMENT, seq=3 + place, prev=prev, time=time, event=event, key=key, signing=SIGNER
    )


def damaged(records: list[Stored], place: int, change: Callable[[bytes], bytes]) -> list[Stored]:
    """The same log on a disk that has changed one record."""
    one = records[place]
    return [*records[:place], read_stored(STREAM, SEGMENT, one.seq, change(one.encoded)), *records[place + 1 :]]


def of_later_version(stored: Stored) -> Stored:
    """A record as a later release may write it."""
    if stored.record is None:
        raise ValueError("There is no record.")
    return stored_record(replace(stored.record, version=2))


BOTH = (DATA_KEY, OTHER_KEY)
GOOD: list[tuple[str, list[Stored], tuple[bytes, ...]]] = [
    ("one record and its key", log(DATA_KEY), (DATA_KEY,)),
    ("two under one key, one under another", log(DATA_KEY, OTHER_KEY, DATA_KEY), BOTH),
    ("an unsealed record between two", log(DATA_KEY, None, DATA_KEY), (DATA_KEY,)),
    ("a clock that counts, steps, stands and is set back", log(
        *(DATA_KEY,) * 5, steps=(0, 1, 0, 300_000, -2000)), (DATA_KEY,)),
    ("a key that is held no more", log(DATA_KEY, OTHER_KEY, DATA_KEY), (DATA_KEY,)),
    ("no key at all", log(DATA_KEY), ()),
    ("a key without a record", log(DATA_KEY), (OTHER_KEY, DATA_KEY)),
    ("a body that the disk has changed", damaged(
        log(DATA_KEY, DATA_KEY, DATA_KEY), 1, lambda data: data[:-80] + bytes([data[-80] ^ 1]) + data[-79:]),
        (DATA_KEY,)),
    ("a signature that the disk has changed", damaged(
        log(DATA_KEY, DATA_KEY), 0, lambda data: data[:-1] + bytes([data[-1] ^ 1])), (DATA_KEY,)),
    ("bytes that are no record", damaged(
        log(DATA_KEY, DATA_KEY, DATA_KEY), 1, lambda _: b"no record"), (DATA_KEY,)),
    ("a record of a later version", [of_later_version(log(DATA_KEY)[0])], (DATA_KEY,)),
]  # fmt: skip


def _box(frame: bytes) -> bytes:
    _, (_, box) = unpack(frame)
    if not isinstance(box, bytes):
        raise TypeError("A box is bytes.")
    return box


def _with(change: Callable[[list[Any]], object]) -> bytes:
    """A good content, changed, and padded as it should be."""
    frame = write_boxed(
        1, STREAM, log(DATA_KEY, OTHER_KEY), [(subject_of(one), one) for one in BOTH], READER.public, EPHEMERAL
    )
    content = decode(unpad(READER.open(_box(frame))))
    if not isinstance(content, list):
        raise TypeError("A content is a list.")
    change(content)
    return pad(encode(content))


def _set(place: int, value: Value) -> Callable[[list[Any]], object]:
    return lambda content: content[2][0].__setitem__(place, value)


def _bodies(change: Callable[[list[Any]], object]) -> Callable[[list[Any]], object]:
    return lambda content: change(content[2][0][9])


REFUSED: list[tuple[str, bytes]] = [
    ("no padding", encode([b"", b"", []])),
    ("padding of a block too many", pad(encode([b"", b"", []])) + bytes(16)),
    ("a list of another width", _with(lambda content: content.append(1))),
    ("bytes behind the content", pad(encode([b"", b"", []]) + b"\0")),
    ("half a key", _with(lambda content: content.__setitem__(0, content[0][:-16]))),
    ("half a signature", _with(lambda content: content.__setitem__(1, content[1][:-32]))),
    ("a signature too few", _with(lambda content: content.__setitem__(1, content[1][:-64]))),
    ("a signature too many", _with(lambda content: content.__setitem__(1, content[1] + bytes(64)))),
    ("a run of another width", _with(lambda content: content[2][0].append(1))),
    ("a run without a record", _with(lambda content: content[2].append([*content[2][0][:8], [], []]))),
    ("a tick too few", _with(_set(8, []))),
    ("a tick too many", _with(_set(8, [0, 0]))),
    ("a tick back", _with(_set(8, [-1]))),
    ("a time beyond all", _with(_set(8, [(1 << 53) - 1]))),
    ("a truth for a tick", _with(_set(8, [True]))),
    ("a stream with no name", _with(_set(0, ""))),
    ("a key that is not there", _with(_bodies(lambda bodies: bodies.__setitem__(1, [2, bodies[1]])))),
    ("more bodies than keys", _with(lambda content: content.__setitem__(0, content[0][:32]))),
    ("a subject of another size", _with(_bodies(lambda bodies: bodies.__setitem__(1, [bytes(15), bodies[1]])))),
    ("nothing in a body", _with(_bodies(lambda bodies: bodies.__setitem__(1, b"")))),
    ("a body of two blocks' frame", _with(_bodies(lambda bodies: bodies.__setitem__(1, b"\2\0" + bodies[1][2:])))),
    ("a body of another width", _with(_bodies(lambda bodies: bodies.__setitem__(1, [0, b"x", 1])))),
    ("an open body of a later version", _with(_set(1, 2))),
]  # fmt: skip


def boxed() -> Json:
    """The file."""
    return {
        "reader seed": READER.seed.hex(),
        "ephemeral": EPHEMERAL.hex(),
        "stream": STREAM,
        "good": [_good(number, *case) for number, case in enumerate(GOOD, start=1)],
        "refused": [{"name": name, "content": content.hex(), "kind": _kind(content)} for name, content in REFUSED],
    }


def _good(number: int, name: str, records: list[Stored], keys: Sequence[bytes]) -> Json:
    ephemeral = fixed(f"box ephemeral {number}")
    frame = write_boxed(number, STREAM, records, [(subject_of(key), key) for key in keys], READER.public, ephemeral)
    batch = parse_boxed(number, _box(frame), READER)
    return {
        "name": name,
        "number": number,
        "ephemeral": ephemeral.hex(),
        "keys": [key.hex() for key in keys],
        "stored": [{"segment": one.segment.hex(), "seq": one.seq, "encoded": one.encoded.hex()} for one in records],
        "opened": [one.opened.hex() if one.opened is not None else None for one in batch.records],
        "content": READER.open(_box(frame)).hex(),
        "frame": frame.hex(),
    }


def _kind(content: bytes) -> str:
    try:
        parse_boxed(1, seal_to(READER.public, content, EPHEMERAL), READER)
    except PeerError as error:
        return error.kind
    raise ValueError("A bad content was taken.")
