"""What a batch carries, what it leaves out, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import CallerError
from protocol.records.encoding import decode, encode
from protocol.records.keys import OpeningKey, SigningKey, subject_of
from protocol.records.refusals import CannotOpen
from protocol.sync.batches import SealedKey, parse_batch, read_stored, write_batch
from protocol.sync.frames import unpack
from protocol.sync.refusals import FrameRefused
from protocol.sync.sealed_keys import Opener, seal_alone, seal_together
from tests.protocol.sync.support import Writer, seed

CASES = "berkane-05/cases"


def written(events: list[tuple[int | None, bool]]) -> Writer:
    log = Writer(SigningKey(seed("berkane-05")))
    for number, (key, restarts) in enumerate(events):
        if restarts:
            log.restart()
        if key is None:
            log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": number})
        else:
            log.append(CASES, {"kind": "request.submitted", "number": number}, bytes([key]) * 32)
    return log


def carried(frame: bytes) -> Any:
    tag, fields = unpack(frame)
    assert tag == "batch"
    return parse_batch(fields)


def keys_for(log: Writer) -> list[SealedKey]:
    return [SealedKey(subject, bytes(80)) for subject in log.keys]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 4)), st.booleans()), max_size=12), st.booleans())
def test_what_comes_out_is_what_went_in_byte_for_byte(events: Any, with_keys: Any) -> None:
    log = written(events)
    stored = log.streams.get(CASES, [])
    batch = carried(write_batch(3, CASES, stored, keys_for(log) if with_keys else []))
    assert batch.number == 3
    assert [one.encoded for one in batch.records] == [one.encoded for one in stored]
    assert all(one.record is not None for one in batch.records)


def test_a_long_run_costs_little_more_than_its_bodies_and_signatures() -> None:
    log = written([(1, False)] * 100)
    stored = log.streams[CASES]
    bare = sum(len(one.record.body) + len(one.record.signature) for one in stored if one.record)
    frame = write_batch(1, CASES, stored, keys_for(log))
    assert len(frame) - bare < 15 * len(stored) + 300
    assert len(frame) < 0.75 * sum(len(one.encoded) for one in stored)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(0, 400), st.integers(1, 255))
def test_a_damaged_record_damages_no_other(index: Any, at: Any, flip: Any) -> None:
    log = written([(1, False)] * 9)
    good = log.streams[CASES][index].encoded
    at %= len(good)
    log.corrupt(CASES, index, good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :])
    batch = carried(write_batch(1, CASES, log.streams[CASES], keys_for(log)))
    assert [one.encoded for one in batch.records] == [one.encoded for one in log.streams[CASES]]
    others = [one.encoded for place, one in enumerate(batch.records) if place != index]
    assert good not in others
    assert [one.seq for one in batch.records] == list(range(10))


def test_bytes_that_are_no_record_travel_with_their_place() -> None:
    log = written([(1, False)] * 3)
    log.corrupt(CASES, 2, b"not a record")
    batch = carried(write_batch(1, CASES, log.streams[CASES], []))
    assert (batch.records[2].seq, batch.records[2].encoded, batch.records[2].record) == (2, b"not a record", None)
    assert batch.records[3].record is not None


def test_a_record_of_another_place_is_none_of_this_one() -> None:
    log = written([(1, False)] * 3)
    one = log.streams[CASES][1]
    assert read_stored(CASES, one.segment, one.seq + 1, one.encoded).record is None
    assert read_stored("berkane-06/cases", one.segment, one.seq, one.encoded).record is None


FAULTS = {
    "a key of the wrong size": lambda b: b[2].append([bytes(15), bytes(80)]),
    "a sealed key of the wrong size": lambda b: b[2].append([bytes(16), bytes(79)]),
    "a run that is no list": lambda b: b[3].append(7),
    "a run of another width": lambda b: b[3].append([CASES, 1]),
    "a negative seq": lambda b: b[3].append([CASES, bytes(8), -1, b"raw"]),
    "a stream with no name": lambda b: b[3].append(["", bytes(8), 0, b"raw"]),
    "a key that is not there": lambda b: b[3][0][6].append([1, 0, 9, b"body", bytes(64)]),
    "a time before 1970": lambda b: b[3][0][6].append([-(1 << 60), 0, None, b"body", bytes(64)]),
    "a truth for a number": lambda b: b[3][0][6].append([True, 0, None, b"body", bytes(64)]),
    "a short signature": lambda b: b[3][0][6].append([1, 0, None, b"body", bytes(63)]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_batch_of_the_wrong_shape_is_refused(fault: Any) -> None:
    log = written([(1, False)] * 2)
    value = decode(write_batch(1, CASES, log.streams[CASES], keys_for(log)))
    FAULTS[fault](value)
    with pytest.raises(FrameRefused):
        carried(encode(value))


def test_a_record_whose_fields_are_impossible_stays_bytes_and_the_next_is_read() -> None:
    log = written([(1, False)] * 2)
    value: Any = decode(write_batch(1, CASES, log.streams[CASES], keys_for(log)))
    value[3][0][6].append([1, 0, None, bytes(100_000), bytes(64)])
    batch = carried(encode(value))
    assert batch.records[-1].record is None
    assert subject_of(bytes([1]) * 32) == batch.records[1].record.subject


def test_keys_that_travel_together_come_out_as_they_went_in_from_one_box() -> None:
    log = written([(1, False), (2, False), (3, False)])
    reader = OpeningKey(seed("prefecture/x"))
    keys = seal_together(reader.public, list(log.keys.items()), lambda size: bytes(range(size)))
    batch = carried(write_batch(1, CASES, log.streams[CASES], keys))
    opener = Opener(reader)
    assert {one.subject: opener.open(one) for one in batch.keys} == log.keys
    assert len({one.sealed for one in batch.keys}) == 1
    assert [one.encoded for one in batch.records] == [one.encoded for one in log.streams[CASES]]


def test_a_reader_takes_keys_that_travel_alone_as_well() -> None:
    log = written([(1, False), (2, False)])
    reader = OpeningKey(seed("prefecture/x"))
    chance = iter((b"a" * 32, b"b" * 32))
    keys = seal_alone(reader.public, list(log.keys.items()), lambda _size: next(chance))
    batch = carried(write_batch(1, CASES, log.streams[CASES], keys))
    opener = Opener(reader)
    assert {one.subject: opener.open(one) for one in batch.keys} == log.keys


def test_a_box_of_another_size_than_its_subjects_and_an_empty_one_are_refused() -> None:
    log = written([(1, False), (2, False)])
    subjects: list[Any] = list(log.keys)
    boxes: list[list[Any]] = [
        [subjects, bytes(48 + 32)], [[], bytes(48)], [subjects[:1], bytes(48 + 64)], [subjects, b""],
    ]  # fmt: skip
    for keys in boxes:
        with pytest.raises(FrameRefused):
            carried(encode(["batch", 1, keys, []]))


def test_a_box_that_does_not_open_opens_no_key_of_it() -> None:
    log = written([(1, False), (2, False)])
    keys = seal_together(
        OpeningKey(seed("other/x")).public, list(log.keys.items()), lambda size: bytes(size - 1) + b"1"
    )
    opener = Opener(OpeningKey(seed("prefecture/x")))
    for key in keys:
        with pytest.raises(CannotOpen):
            opener.open(key)


def test_keys_of_two_boxes_are_no_batch() -> None:
    log = written([(1, False), (2, False)])
    first, second = (SealedKey(subject, bytes(112), place) for place, subject in enumerate(log.keys))
    with pytest.raises(CallerError):
        write_batch(1, CASES, [], [second, first])
