"""What the prefecture leaves on its disk, and what it does with a damaged one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from central.store import schema
from protocol.errors import OperatorError
from protocol.office.events import (
    RequestWithdrawn,
    to_value,
)
from protocol.records.keys import subject_of
from protocol.records.refusals import CannotOpen
from tests.central.store.support import (
    ANNEXE,
    CASE,
    CASE_KEY,
    CASES,
    CITIZEN,
    OFFICE,
    OFFICE_KEY,
    arrived,
    decide,
    enrol,
    ready,
    sealed,
    send,
    submitted,
)
from tests.central.support import open_centre

TYPED = ("Salma Idrissi", "FA123456", "+212612345678", "rue de Saïdia", "B05-7K3MQ-2X9RT", "k.bennani", "سلمى")


def whole(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_nothing_typed_is_in_clear_on_the_disk(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decide(log)
        await send(centre, log, CASES, CASE_KEY)
        assert (await centre.queries.requests())[0].case.applicant.name_fr == "Salma Idrissi"
        everything = whole(tmp_path)
    for word in TYPED:
        for form in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
            assert form not in everything
    assert CASE_KEY not in everything


async def test_a_view_moved_to_another_case_does_not_open(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
        async with centre.store.database.write() as connection:
            await connection.execute(update(schema.case_views).values(annexe="berkane-06"))
            await centre.store.put_keys(connection, "berkane-06", {CASE: CASE_KEY})
        with pytest.raises(CannotOpen):
            await centre.queries.request("berkane-06", CASE)


async def test_a_dossier_that_the_disk_damaged_is_counted_and_holds_back_no_other(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        other = b"o" * 32
        log.append(CASES, submitted(), CASE_KEY)
        log.append(CASES, submitted(), other)
        await send(centre, log, CASES, CASE_KEY, other)
        damaged = update(schema.case_views).where(schema.case_views.c.subject == CASE).values(sealed=b"x" * 80)
        async with centre.store.database.write() as connection:
            await connection.execute(damaged)
        page = await centre.queries.page()
        assert ([row.subject for row in page.rows], page.unreadable) == ([subject_of(other)], 1)


async def test_a_key_moved_to_another_annexe_does_not_open(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
    async with ready(tmp_path) as (centre, _), centre.store.database.write() as connection:
        await connection.execute(update(schema.data_keys).values(annexe="berkane-06"))
        assert not await centre.store.keys_of(connection, "berkane-06", [CASE])


async def test_a_damaged_key_is_asked_for_again_and_holds_no_other_case_back(tmp_path: Path) -> None:
    other = b"d" * 32
    async with ready(tmp_path) as (centre, log):
        head = log.append(CASES, submitted(), CASE_KEY).hash
        await send(centre, log, CASES, CASE_KEY)
        async with centre.store.database.write() as connection:
            await connection.execute(update(schema.data_keys).values(sealed=b"damaged"))
    async with ready(tmp_path) as (centre, _):
        log.append(CASES, {"kind": "request.teleported", "follows": [head]}, CASE_KEY)
        log.append(CASES, submitted("B05-00000-00000"), other)
        receipt = await send(centre, log, CASES, other)
        assert [hole.why for hole in receipt.held[0].holes] == ["key"]
        assert await centre.queries.request(ANNEXE, subject_of(other)) is not None
        receipt = await send(centre, log, CASES, CASE_KEY)
        assert not receipt.held[0].holes
        assert {row.subject for row in await centre.queries.requests()} == {CASE, subject_of(other)}


async def test_a_damaged_record_freezes_its_own_case_and_holds_no_other_back(tmp_path: Path) -> None:
    other = b"d" * 32
    async with ready(tmp_path) as (centre, log):
        head = log.append(CASES, submitted(), CASE_KEY).hash
        log.append(CASES, to_value(RequestWithdrawn(follows=[head], by=CITIZEN)), CASE_KEY)
        log.append(CASES, submitted("B05-00000-00000"), other)
        await centre.ingest.take(ANNEXE, sealed(CASE_KEY, other), arrived(CASES, log.streams[CASES]))
        async with centre.store.database.write() as connection:
            damaged = update(schema.records).where(schema.records.c.seq == 2).values(encoded=b"damaged")
            await connection.execute(damaged)
    async with ready(tmp_path) as (centre, _):  # it starts all the same, and folds what waits
        rows = {row.subject: row.case for row in await centre.queries.requests()}
        assert (rows[CASE].frozen, rows[subject_of(other)].frozen) == (True, False)
        assert await centre.folder.fold(ANNEXE) == 0


async def test_the_centres_key_must_be_its_own_and_closed_to_others(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
    key = tmp_path / "centre.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(OperatorError, match="chmod"):
        await open_centre(tmp_path)
    key.unlink()
    with pytest.raises(OperatorError, match="backup"):
        await open_centre(tmp_path)


async def test_the_disk_is_told_to_keep_what_it_acknowledged(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, _), centre.store.database.read() as connection:
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"


async def test_a_database_of_another_release_is_refused(tmp_path: Path) -> None:
    async with ready(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "central.sqlite")) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
        connection.commit()
    with pytest.raises(OperatorError, match="schema 99"):
        await open_centre(tmp_path)


def test_the_annexe_is_in_every_key() -> None:
    for table in schema.metadata.tables.values():
        if table.name != "schema_version":
            assert "annexe" in table.primary_key.columns
