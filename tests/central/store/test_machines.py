"""The machines that write in an annexe's name: whose epoch counts, and what becomes of the others' records."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from central.centre import Centre
from central.store import schema
from central.store.machines import KnownMachine, came_back, in_force, machines_of
from protocol.records.keys import SigningKey
from protocol.sync.intake import Outcome
from tests.central.store.support import ANNEXE, CASE_KEY, CASES, arrived, ready, sealed, send, submitted
from tests.central.support import PREFECTURE, centre_in
from tests.protocol.sync.support import Writer, seed

FIRST = PREFECTURE.credential("annexe", ANNEXE)
STANDBY = PREFECTURE.credential("annexe", ANNEXE, "standby", epoch=2)


def promoted(log: Writer) -> Writer:
    """The standby's log: what it held, and a segment of its own behind it."""
    standby = Writer(SigningKey(seed("standby")))
    standby.streams = {stream: list(records) for stream, records in log.streams.items()}
    standby._segments = 100
    standby.append(CASES, submitted("B05-9TH1M-KFANQ"), CASE_KEY)
    return standby


async def flags(centre: Centre) -> list[str]:
    query = select(schema.records.c.flags).order_by(schema.records.c.position)
    async with centre.store.database.read() as connection:
        return list((await connection.execute(query)).scalars())


async def known(centre: Centre) -> list[KnownMachine]:
    async with centre.store.database.read() as connection:
        return await machines_of(connection, ANNEXE)


async def test_what_the_replaced_machine_had_alone_is_kept_acknowledged_folded_and_flagged(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        centre.trust.add(STANDBY)
        log.append(CASES, submitted(), CASE_KEY)
        standby = promoted(log)
        assert (await send(centre, standby, CASES, CASE_KEY)).count(Outcome.ACCEPTED) == 4
        assert await flags(centre) == [""] * 4
        log.append(CASES, submitted("B05-9BCVF-ZEKR0"), CASE_KEY)
        receipt = await send(centre, log, CASES, CASE_KEY)
        assert receipt.count(Outcome.REFUSED) == 0
        assert len(receipt.held[0].leaves) == 2
        assert await flags(centre) == [*[""] * 4, "superseded"]
        assert (await centre.queries.annexe(ANNEXE)).records == 5
        assert (await centre.queries.annexe(ANNEXE)).branches[0].is_succession


async def test_it_is_flagged_as_well_after_a_start_of_the_server(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        centre.trust.add(STANDBY)
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, promoted(log), CASES, CASE_KEY)
        log.append(CASES, submitted("B05-9BCVF-ZEKR0"), CASE_KEY)
    async with centre_in(tmp_path) as centre:
        for credential in (FIRST, STANDBY):
            centre.trust.add(credential)
        await centre.ingest.take(ANNEXE, sealed(CASE_KEY), arrived(CASES, log.streams[CASES]))
        assert (await flags(centre))[-1] == "superseded"


async def test_the_prefecture_knows_which_machine_is_connected_and_that_an_old_one_is_back(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        centre.trust.add(STANDBY)
        await centre.ingest.greet(ANNEXE, software="", flags="", machine=FIRST)
        assert [one.epoch for one in await known(centre)] == [1]
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, promoted(log), CASES, CASE_KEY)
        machines = await known(centre)
        assert [(one.epoch, one.contact_ms is None) for one in machines] == [(2, True), (1, False)]
        assert came_back(machines) == []
        await centre.ingest.greet(ANNEXE, software="", flags="", machine=FIRST)
        assert [one.epoch for one in came_back(await known(centre))] == [1]


@pytest.mark.parametrize(
    ("heard", "chosen"), [((), FIRST), ((FIRST,), FIRST), ((FIRST, STANDBY), STANDBY)], ids=["none", "first", "both"]
)
def test_a_credential_that_was_made_in_advance_is_not_in_force(heard: tuple[object, ...], chosen: object) -> None:
    machines = [KnownMachine(one.id, one.epoch, 1, None) for one in (STANDBY, FIRST) if one in heard]
    assert in_force([STANDBY, FIRST], machines) is chosen


def test_of_no_credential_none_is_in_force() -> None:
    assert in_force([], []) is None
