"""The committed vectors of bundles against the code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from protocol.errors import PeerError
from protocol.records.credentials import Trust, parse_credential
from protocol.records.keys import OpeningKey
from protocol.sync.bundle import BundleEnded, BundleOpened, BundleReader
from protocol.sync.events import BatchArrived
from protocol.sync.pieces import PieceWriter
from protocol.sync.scan_frames import WantsArrived
from tests.protocol.sync.bundles import events
from tests.vectors.make import path_of

raw = bytes.fromhex
VECTORS: Any = json.loads(path_of("bundles").read_text("utf-8"))


def reader() -> BundleReader:
    opening = OpeningKey(raw(VECTORS["reader"]["opening seed"]))
    return BundleReader("centre", VECTORS["reader"]["id"], opening, Trust([parse_credential(raw(VECTORS["root"]))]))


def scan_reader() -> BundleReader:
    opening = OpeningKey(raw(VECTORS["reader"]["opening seed"]))
    trust = Trust([parse_credential(raw(VECTORS["root"]))])
    return BundleReader("centre", VECTORS["reader"]["id"], opening, trust, scans=True)


def sealed(plain: bytes) -> bytes:
    sealing = parse_credential(raw(VECTORS["reader"]["credential"])).sealing
    assert sealing is not None
    writer = PieceWriter(sealing, raw(VECTORS["key"]), raw(VECTORS["ephemeral"]))
    return writer.add(plain) + writer.end()


def test_the_file_is_read_to_its_records_and_made_from_its_contents() -> None:
    assert sealed(raw(VECTORS["plain"])) == raw(VECTORS["file"])
    opened, batch, ended = events(reader(), raw(VECTORS["file"]), 1 << 20)
    assert isinstance(opened, BundleOpened)
    assert isinstance(batch, BatchArrived)
    assert (opened.opening.sender, opened.opening.number, opened.opening.part) == ("berkane-05", 2, 1)
    assert [one.encoded for one in batch.records] == [raw(one) for one in VECTORS["records"]]
    assert ended == BundleEnded(more=False)


@pytest.mark.parametrize("case", VECTORS["changed"], ids=lambda case: case["name"])
@pytest.mark.parametrize("block", [1000, 1 << 20])
def test_a_changed_file_is_refused_for_the_reason_named(case: dict[str, Any], block: int) -> None:
    data = bytearray(raw(VECTORS["file"]))[: case.get("keep")] + raw(case.get("append", ""))
    if "flip" in case:
        position, mask = case["flip"]
        data[position] ^= mask
    with pytest.raises(PeerError) as caught:
        events(reader(), bytes(data), block)
    assert caught.value.kind == case["kind"]


@pytest.mark.parametrize("case", VECTORS["contents"], ids=lambda case: case["name"])
def test_contents_that_are_no_bundle_are_refused_for_the_reason_named(case: dict[str, Any]) -> None:
    with pytest.raises(PeerError) as caught:
        events(reader(), sealed(raw(case["plain"])), 1 << 20)
    assert caught.value.kind == case["kind"]


def test_a_file_of_scans_is_read_to_what_it_wants_and_gives_and_is_no_file_of_records() -> None:
    scans = VECTORS["scans"]
    opened, wants, *pieces, ended = events(scan_reader(), sealed(raw(scans["plain"])), 1000)
    assert isinstance(opened, BundleOpened)
    assert isinstance(wants, WantsArrived)
    assert [[one.address.hex(), one.place] for one in wants.wants] == scans["wants"]
    assert [[one.address.hex(), one.place, one.data.hex()] for one in pieces] == scans["pieces"]  # type: ignore[union-attr]  # pieces alone
    assert ended == BundleEnded(more=True)
    with pytest.raises(PeerError) as caught:
        events(reader(), sealed(raw(scans["plain"])), 1000)
    assert caught.value.kind == "turn"


@pytest.mark.parametrize("case", VECTORS["scans"]["contents"], ids=lambda case: case["name"])
def test_contents_that_no_file_of_scans_has_are_refused_for_the_reason_named(case: dict[str, Any]) -> None:
    with pytest.raises(PeerError) as caught:
        events(scan_reader(), sealed(raw(case["plain"])), 1 << 20)
    assert caught.value.kind == case["kind"]
