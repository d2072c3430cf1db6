"""Volumes: the committed vectors, and what is left of a file that was cut or damaged anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PeerError
from protocol.records.keys import OpeningKey
from protocol.sync.events import BatchArrived
from protocol.sync.volume import VolumeEvent, VolumeOpening, VolumeReader, VolumeWriter
from tests.vectors.make import path_of
from tests.vectors.volume_vectors import EPHEMERAL, KEY, WRITER_OPENING, file_of, frames

raw = bytes.fromhex
VECTORS: Any = json.loads(path_of("volumes").read_text("utf-8"))
FILE = raw(VECTORS["file"])


def read(data: bytes, block: int = 1 << 20) -> tuple[VolumeReader, list[VolumeEvent]]:
    reader = VolumeReader(OpeningKey(raw(VECTORS["opening seed"])))
    found = [event for at in range(0, len(data), block) for event in reader.feed(data[at : at + block])]
    return reader, found


def changed(case: dict[str, Any]) -> bytes:
    data = bytearray(FILE)[: case.get("keep")] + raw(case.get("append", ""))
    if "flip" in case:
        position, mask = case["flip"]
        data[position] ^= mask
    return bytes(data)


@pytest.mark.parametrize("block", [1, 100, 1 << 20])
def test_the_file_is_read_to_its_records_and_made_from_its_frames(block: int) -> None:
    writer = VolumeWriter(raw(VECTORS["key"]))
    head = VolumeWriter.head(WRITER_OPENING.public, raw(VECTORS["key"]), raw(VECTORS["ephemeral"]))
    assert head + b"".join(writer.add(raw(one)) for one in VECTORS["frames"]) == FILE
    reader, (opening, batch, nothing) = read(FILE, block)
    assert isinstance(opening, VolumeOpening)
    assert (opening.run, opening.part, opening.before) == (2, 3, 16_777_000)
    assert opening.frame() == raw(VECTORS["frames"][0])
    assert isinstance(batch, BatchArrived)
    assert [one.encoded for one in batch.records] == [raw(one) for one in VECTORS["records"]]
    assert nothing == BatchArrived(2, (), ())
    assert reader.key == KEY


@pytest.mark.parametrize("case", VECTORS["sound"], ids=lambda case: case["name"])
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_of_a_changed_file_what_is_sound_is_read(case: dict[str, Any], block: int) -> None:
    reader, _ = read(changed(case), block)
    assert (reader.entries, reader.sound, reader.damaged) == (case["entries"], case["sound"], case["damaged"])


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_a_file_without_its_beginning_is_refused_for_the_reason_named(case: dict[str, Any]) -> None:
    with pytest.raises(PeerError) as caught:
        read(changed(case))
    assert caught.value.kind == case["kind"]


@pytest.mark.parametrize("case", VECTORS["contents"], ids=lambda case: case["name"])
def test_frames_that_no_volume_holds_are_refused_for_the_reason_named(case: dict[str, Any]) -> None:
    with pytest.raises(PeerError) as caught:
        read(file_of([raw(one) for one in case["frames"]]))
    assert caught.value.kind == case["kind"]


@given(cut=st.integers(0, len(FILE)), rest=st.binary(max_size=80))
def test_who_goes_on_behind_a_torn_end_writes_a_sound_file(cut: int, rest: bytes) -> None:
    try:
        reader, _ = read(FILE[:cut] + rest)
    except PeerError:  # nothing of it is sound: it is begun again
        return
    if not reader.entries:
        return
    writer = VolumeWriter(reader.key, reader.entries)
    again, found = read((FILE[:cut] + rest)[: reader.sound] + writer.add(frames()[2]))
    assert again.entries == reader.entries + 1
    assert again.damaged == reader.damaged == 0
    assert found[-1] == BatchArrived(2, (), ())


def test_nothing_of_a_record_stands_in_the_clear() -> None:
    assert EPHEMERAL not in FILE
    for record in VECTORS["records"]:
        assert raw(record)[20:40] not in FILE
