"""Records that travel in one box with their keys: what comes out is what the sender's log holds, whatever that is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.records.clock import Timestamp
from protocol.records.encoding import encode
from protocol.records.envelope import open_compressed, pad, parse_record, write_record
from protocol.records.keys import OpeningKey, SigningKey, seal_to, subject_of
from protocol.sync.batches import Batch, OpenedKey, Stored, read_stored, stored_record
from protocol.sync.boxed import parse_boxed, write_boxed
from protocol.sync.frames import unpack
from protocol.sync.refusals import BoxRefused
from protocol.sync.sealed_keys import Opener
from tests.protocol.sync.support import seed
from tests.vectors.make import path_of

CASES = "berkane-05/cases"
READER = OpeningKey(seed("prefecture/x"))
SIGNING = SigningKey(seed("berkane-05"))
VECTORS: Any = json.loads(path_of("boxed").read_text("utf-8"))
raw = bytes.fromhex


def key(number: int) -> bytes:
    return bytes([number]) * 32


def logged(steps: list[tuple[int | None, int]], *, texts: list[str] | None = None) -> list[Stored]:
    """A segment: for each record its key, and what the clock did: 0 counted on, otherwise so many ms, back too."""
    found: list[Stored] = []
    prev, time = bytes(32), Timestamp(1_000_000, 0)
    for seq, (number, step) in enumerate(steps):
        time = Timestamp(time.ms + step, 0) if step else Timestamp(time.ms, time.counter + 1)
        event: Any = {"kind": "clock.changed", "label": "trusted", "ms": seq}
        if number is not None:
            event = {"kind": "request.submitted", "number": seq, "text": texts[seq] if texts else ""}
        record = write_record(
            stream=CASES,
            segment=bytes(8),
            seq=seq,
            prev=prev,
            time=time,
            event=event,
            key=None if number is None else key(number),
            signing=SIGNING,
        )
        found.append(stored_record(record))
        prev = record.hash
    return found


def held_for(records: list[Stored]) -> list[tuple[bytes, bytes]]:
    keys = {subject_of(key(number)): key(number) for number in range(1, 9)}
    subjects = dict.fromkeys(one.record.subject for one in records if one.record and one.record.subject in keys)
    return [(subject, keys[subject]) for subject in subjects if subject is not None]


def framed(records: list[Stored], held: list[tuple[bytes, bytes]] | None = None) -> bytes:
    return write_boxed(7, CASES, records, held_for(records) if held is None else held, READER.public, seed("once"))


def carried(frame: bytes, opening: OpeningKey = READER) -> Batch:
    tag, (number, box) = unpack(frame)
    assert tag == "boxed"
    assert isinstance(number, int)
    assert isinstance(box, bytes)
    return parse_boxed(number, box, opening)


STEPS = st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 4)), st.integers(-3, 90_000)), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.sets(st.integers(1, 4)))
def test_what_comes_out_is_what_went_in_byte_for_byte_with_the_keys_that_are_held(steps: Any, erased: Any) -> None:
    records = logged(steps)
    held = [pair for pair in held_for(records) if pair[1][0] not in erased]
    batch = carried(framed(records, held))
    assert batch.number == 7
    assert [(one.stream, one.segment, one.seq, one.encoded) for one in batch.records] == [
        (CASES, one.segment, one.seq, one.encoded) for one in records
    ]
    opener = Opener(READER)
    assert {one.subject: opener.open(one) for one in batch.keys} == dict(held)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 8), st.integers(0, 2000), st.integers(1, 255))
def test_a_damaged_record_arrives_as_it_is_stored_and_damages_no_other(index: Any, at: Any, flip: Any) -> None:
    records = logged([(1, 0), (2, 5), (1, 0), (None, 1), (3, 0), (2, 0), (4, 9), (4, 0), (1, 2)])
    good = records[index].encoded
    at %= len(good)
    changed = good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :]
    records[index] = read_stored(CASES, records[index].segment, index, changed)
    batch = carried(framed(records))
    assert [one.encoded for one in batch.records] == [one.encoded for one in records]
    assert [one.seq for one in batch.records] == list(range(9))


def test_a_body_comes_opened_where_its_key_comes_and_sealed_where_it_does_not() -> None:
    records = logged([(1, 0), (2, 0), (1, 0)])
    first, erased = held_for(records)
    batch = carried(framed(records, [first]))
    assert [one.opened is None for one in batch.records] == [False, True, False]
    assert batch.records[0].record is not None
    assert batch.records[0].opened == open_compressed(batch.records[0].record, first[1])
    assert erased[0] not in {one.subject for one in batch.keys}


def test_a_record_of_a_later_release_travels_sealed_beside_its_key() -> None:
    (one,) = logged([(1, 0)])
    assert one.record is not None
    fields: Any = [2, CASES, bytes(8), 0, bytes(32), [5, 0], one.record.subject, SIGNING.id, b"later", bytes(64)]
    later = stored_record(parse_record(encode(fields)))
    batch = carried(framed([later]))
    assert batch.records[0].encoded == later.encoded
    assert batch.records[0].opened is None
    assert batch.keys == (OpenedKey(key(1)),)


def test_a_long_run_costs_what_it_seals_its_keys_its_signatures_and_three_bytes_a_record() -> None:
    records = logged([(number % 8 + 1, 0) for number in range(200)])
    sealed = [one.record for one in records if one.record]
    seals = [len(open_compressed(one, key(number % 8 + 1))) - 7 for number, one in enumerate(sealed)]
    # here most keys come back, so that their places are said
    assert len(framed(records)) < sum(seals) + (64 + 3 + 2) * len(records) + 8 * 32 + 250


def test_a_batch_of_one_tells_no_more_of_its_size_than_the_sealed_body() -> None:
    sizes = {len(framed(logged([(1, 0)], texts=[bytes(range(33, 33 + size)).decode()]))) % 16 for size in range(40)}
    assert len(sizes) == 1, "the box grows by sixteens"


def test_a_box_opens_to_its_reader_alone_and_only_unchanged() -> None:
    frame = framed(logged([(1, 0), (2, 0)]))
    with pytest.raises(BoxRefused):
        carried(frame, OpeningKey(seed("somebody else")))
    box: Any = unpack(frame)[1][1]
    for at in range(len(box)):
        with pytest.raises(BoxRefused):
            parse_boxed(7, box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :], READER)
    for cut in range(0, len(box), 7):
        with pytest.raises(BoxRefused):
            parse_boxed(7, box[:cut], READER)
    with pytest.raises(BoxRefused):
        parse_boxed(7, box + b"\0", READER)


@given(st.binary(max_size=200))
def test_noise_in_a_box_is_refused_with_a_typed_error(noise: Any) -> None:
    with pytest.raises(BoxRefused):
        parse_boxed(1, seal_to(READER.public, noise, seed("once")), READER)
    with pytest.raises(BoxRefused):
        parse_boxed(1, seal_to(READER.public, pad(noise), seed("once")), READER)


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["name"])
def test_the_boxes_of_the_vectors_are_made_and_read_as_written_there(case: Any) -> None:
    reader = OpeningKey(raw(VECTORS["reader seed"]))
    records = [
        read_stored(VECTORS["stream"], raw(one["segment"]), one["seq"], raw(one["encoded"])) for one in case["stored"]
    ]
    held = [(subject_of(raw(one)), raw(one)) for one in case["keys"]]
    frame = raw(case["frame"])
    assert write_boxed(case["number"], VECTORS["stream"], records, held, reader.public, raw(case["ephemeral"])) == frame
    assert frame == encode(
        ["boxed", case["number"], seal_to(reader.public, raw(case["content"]), raw(case["ephemeral"]))]
    )
    batch = carried(frame, reader)
    assert [one.encoded for one in batch.records] == [one.encoded for one in records]
    assert [one.opened.hex() if one.opened else None for one in batch.records] == case["opened"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_a_content_that_is_no_batch_is_refused_for_the_reason_named(case: Any) -> None:
    reader = OpeningKey(raw(VECTORS["reader seed"]))
    with pytest.raises(BoxRefused) as caught:
        parse_boxed(1, seal_to(reader.public, raw(case["content"]), raw(VECTORS["ephemeral"])), reader)
    assert caught.value.kind == case["kind"]
