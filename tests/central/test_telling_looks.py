"""What an annexe is told of who looked at the prefecture: once, and as soon as it can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from central.centre import Centre
from central.store.looks import Look, note_look
from central.store.schema import segments
from central.telling_looks import PutOff, tell_looks
from protocol.office.events import AccountReadAtPrefecture, IdentityVerified, from_value, to_value
from protocol.records.envelope import open_body
from protocol.records.keys import SigningKey, subject_of
from protocol.sync.outbound import Pull
from tests.central.store.support import (
    ANNEXE,
    CASE,
    CASE_KEY,
    CASES,
    CLERK,
    arrived,
    ready,
    sealed,
    send,
    submitted,
)
from tests.central.support import PREFECTURE
from tests.protocol.sync.support import NOW, Writer, seed

ACCOUNT_KEY, SECOND_KEY = b"a" * 32, b"s" * 32
ACCOUNT, SECOND = subject_of(ACCOUNT_KEY), subject_of(SECOND_KEY)
BEFORE = "berkane-06"
"""An annexe whose turn comes before the other's."""


async def look(centre: Centre, case: bytes = CASE, annexe: str = ANNEXE) -> None:
    await note_look(centre.store, annexe, case, Look("", "karim", "Karim Zerouali", "كريم الزروالي", NOW))


def ask(log: Writer, key: bytes = CASE_KEY) -> None:
    log.append(CASES, {**submitted(), "account": ACCOUNT}, key)


def open_account(log: Writer) -> None:
    """Something is known of the account, so its key comes."""
    log.append(CASES, {**to_value(IdentityVerified(by=CLERK))}, ACCOUNT_KEY)


async def told(centre: Centre) -> list[Any]:
    """What stands in the annexe's feed, opened with the account's key."""
    records = await centre.outgoing.read(Pull(f"to/{ANNEXE}", (), (), 1 << 20))
    assert all(one.record is not None and one.record.subject in (None, ACCOUNT) for one in records)
    return [from_value(open_body(one.record, ACCOUNT_KEY)) for one in records if one.record and one.record.subject]


async def test_an_account_whose_key_has_not_come_is_told_of_when_it_has(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        ask(log)
        await send(centre, log, CASES, CASE_KEY)
        await look(centre)
        assert await tell_looks(centre, PutOff()) == 0
        open_account(log)
        await send(centre, log, CASES, ACCOUNT_KEY)
        assert await tell_looks(centre, PutOff()) == 1
        assert await tell_looks(centre, PutOff()) == 0
        assert await told(centre) == [AccountReadAtPrefecture(days=["2025-10-09"])]


async def test_two_requests_of_one_person_are_told_of_together(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        open_account(log)
        ask(log)
        ask(log, SECOND_KEY)
        await send(centre, log, CASES, CASE_KEY, SECOND_KEY, ACCOUNT_KEY)
        await look(centre)
        await look(centre, SECOND)
        assert await tell_looks(centre, PutOff()) == 1
        assert await told(centre) == [AccountReadAtPrefecture(days=["2025-10-09"])]


async def test_nothing_is_told_where_nobody_looked(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        open_account(log)
        ask(log)
        await send(centre, log, CASES, CASE_KEY, ACCOUNT_KEY)
        assert await tell_looks(centre, PutOff()) == 0
        assert await told(centre) == []


async def test_an_annexe_that_cannot_be_told_holds_up_no_other_and_is_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with ready(tmp_path) as (centre, log):
        open_account(log)
        ask(log)
        await send(centre, log, CASES, CASE_KEY, ACCOUNT_KEY)
        await look(centre)
        centre.trust.add(PREFECTURE.credential("annexe", BEFORE))
        other = Writer(SigningKey(seed(BEFORE)))
        other.append(f"{BEFORE}/cases", {**to_value(IdentityVerified(by=CLERK))}, ACCOUNT_KEY)
        other.append(f"{BEFORE}/cases", {**submitted(), "account": ACCOUNT}, CASE_KEY)
        records = arrived(f"{BEFORE}/cases", other.streams[f"{BEFORE}/cases"])
        await centre.ingest.take(BEFORE, sealed(CASE_KEY, ACCOUNT_KEY), records)
        await centre.folder.fold(BEFORE)
        await look(centre, annexe=BEFORE)
        await damage_feed(centre, BEFORE)
        put_off = PutOff()
        assert await tell_looks(centre, put_off) == 1
        assert await told(centre) == [AccountReadAtPrefecture(days=["2025-10-09"])]
        assert await tell_looks(centre, put_off) == 0
    assert [BEFORE in record.getMessage() for record in caplog.records] == [True]


async def damage_feed(centre: Centre, annexe: str) -> None:
    """The disk has damaged where an annexe's feed ends: nothing can be written behind it."""
    row = {"annexe": "prefecture", "stream": f"to/{annexe}", "segment": bytes(8), "seq": 0, "hash": b"cut short"}
    async with centre.store.database.write() as connection:
        await connection.execute(insert(segments).values(time_ms=NOW, time_counter=0, **row))
