"""What is prepared of a batch when it arrives: a shorter way to what ingest finds by itself, and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from central.store import schema
from central.store.prepared import Prepared, together
from protocol.office.casework import State
from protocol.records.envelope import EncodedEvent
from protocol.records.keys import OpeningKey
from protocol.sync.batches import Batch, Stored
from protocol.sync.boxed import parse_boxed, write_boxed
from protocol.sync.frames import MAX_FRAME, unpack
from tests.central.store.support import ANNEXE, CASE, CASE_KEY, CASES, ready, submitted
from tests.protocol.sync.support import seed

PREFECTURE_KEY = OpeningKey(seed("prefecture/x"))


def carried(records: Sequence[Stored], number: int = 1) -> Batch:
    """These records and their key, as the prefecture has them after the way in a box."""
    frame = write_boxed(number, CASES, records, [(CASE, CASE_KEY)], PREFECTURE_KEY.public, bytes([number]) * 32)
    _, (_, box) = unpack(frame, max_size=MAX_FRAME)
    assert isinstance(box, bytes)
    return parse_boxed(number, box, PREFECTURE_KEY)


async def test_what_was_prepared_is_kept_and_folded_as_if_it_had_not_been(tmp_path: Path) -> None:
    receipts, rows = [], []
    for folder, is_prepared in (("plain", False), ("prepared", True)):
        async with ready(tmp_path / folder) as (centre, log):
            log.append(CASES, submitted(), CASE_KEY)
            batch = carried(log.streams[CASES])
            prepared = centre.ingest.prepare(ANNEXE, batch.keys, batch.records)
            assert list(prepared.events) == [batch.records[1].hash]
            receipt = await centre.ingest.take(ANNEXE, batch.keys, batch.records, *([prepared] if is_prepared else []))
            receipts.append((receipt.held, [one.outcome for one in receipt.judged]))
            await centre.folder.fold(ANNEXE)
            assert (await centre.queries.counts())[State.SUBMITTED] == 1
            async with centre.store.database.read() as connection:
                rows.append((await connection.execute(select(schema.records.c.encoded))).scalars().all())
                (kept,) = (await connection.execute(select(schema.data_keys.c.sealed))).scalars()
            assert centre.store.vault.unwrap(ANNEXE, CASE, kept) == CASE_KEY
    assert receipts[0] == receipts[1]
    assert rows[0] == rows[1]


async def test_an_event_that_is_none_is_not_prepared_and_ingest_says_what_is_wrong(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, EncodedEvent("request.submitted", b"\xc4\x00no map"), CASE_KEY)
        log.append(CASES, submitted(), CASE_KEY)
        batch = carried(log.streams[CASES])
        prepared = centre.ingest.prepare(ANNEXE, batch.keys, batch.records)
        assert list(prepared.events) == [batch.records[2].hash]
        receipt = await centre.ingest.take(ANNEXE, batch.keys, batch.records, prepared)
        assert [(hole.seq, hole.why) for hole in receipt.held[0].holes] == [(1, "body")]


async def test_what_was_prepared_takes_no_signatures_place(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        opening, good = log.streams[CASES]
        assert good.record is not None
        forged = replace(good.record, signature=bytes(64))
        batch = carried([opening, Stored(forged.segment, forged.seq, forged.encoded(), forged)])
        prepared = centre.ingest.prepare(ANNEXE, batch.keys, batch.records)
        receipt = await centre.ingest.take(ANNEXE, batch.keys, batch.records, prepared)
        assert [(hole.seq, hole.why) for hole in receipt.held[0].holes] == [(1, "signature")]


def test_what_was_prepared_of_several_batches_is_all_there() -> None:
    parts = [
        Prepared(frozenset({b"1"}), {b"1": b"event"}, {b"a": b"key"}),
        Prepared(frozenset({b"2"}), {b"2": b"other"}, {}),
    ]
    assert together(parts) == Prepared(frozenset({b"1", b"2"}), {b"1": b"event", b"2": b"other"}, {b"a": b"key"})
    assert together([]) == Prepared()
