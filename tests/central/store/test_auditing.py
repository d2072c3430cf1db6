"""What an audit finds in a request: all of it proved, or each step that is not, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import delete, update

from central.centre import Centre
from central.store import schema
from central.store.auditing import Fault, Step, audit
from central.store.decision_check import DecisionCheck
from protocol.records.keys import SigningKey
from tests.central.store.support import (
    AGENT,
    ANNEXE,
    CASE,
    CASE_KEY,
    CASES,
    OFFICE,
    OFFICE_KEY,
    append,
    decide,
    enrol,
    ready,
    send,
)
from tests.protocol.sync.support import seed

KINDS = ["request.submitted", "dossier.completed", "enquiry.reported", "decision.taken"]


async def audited(centre: Centre) -> list[Step]:
    return await audit(centre.store, centre.trust, ANNEXE, CASE)


async def decided(centre: Centre, log: Any, **changes: Any) -> list[Step]:
    """A request that was decided, as it is found after it came to the prefecture."""
    enrol(log)
    decide(log, **changes)
    await send(centre, log, OFFICE, OFFICE_KEY)
    await send(centre, log, CASES, CASE_KEY)
    return await audited(centre)


async def test_each_step_says_who_did_it_when_and_with_which_key(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        steps = await decided(centre, log)
    assert [step.kind for step in steps] == KINDS
    assert [step.by.id for step in steps if step.by] == ["kiosk", "n.amrani", "n.amrani", "k.bennani"]
    assert {step.signer.holder for step in steps if step.signer} == {ANNEXE}
    assert all(step.verifies and step.key == log.signing.id for step in steps)
    last = steps[-1].decision
    assert last is not None
    assert (last.key, last.login, last.check) == (AGENT.id, "k.bennani", DecisionCheck.VERIFIED)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"signing": SigningKey(seed("thief"))}, DecisionCheck.UNKNOWN_KEY),
        ({"outcome": "refused"}, DecisionCheck.MISMATCH),
        ({"agent": "somebody"}, DecisionCheck.MISMATCH),
        ({"case": bytes(16)}, DecisionCheck.MISMATCH),
    ],
)
async def test_a_decision_that_another_signed_or_that_says_another_thing_is_not_proven(
    tmp_path: Path, changes: dict[str, Any], found: DecisionCheck
) -> None:
    async with ready(tmp_path) as (centre, log):
        steps = await decided(centre, log, **changes)
    assert [step.verifies for step in steps] == [True, True, True, False]
    assert steps[-1].decision is not None
    assert steps[-1].decision.check is found


async def test_a_signature_that_is_entered_again_after_it_was_taken_back_is_not_proven(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        decision, head = decide(log)
        append(log, structs.replace(decision, follows=[head]))
        await send(centre, log, OFFICE, OFFICE_KEY)
        await send(centre, log, CASES, CASE_KEY)
        steps = await audited(centre)
    assert [step.verifies for step in steps] == [True, True, True, True, False]


async def changed(centre: Centre, seq: int, **values: Any) -> None:
    """Change a record of the case on the prefecture's disk."""
    table = schema.records
    async with centre.store.database.write() as connection:
        await connection.execute(update(table).where(table.c.subject == CASE, table.c.seq == seq).values(**values))


async def test_a_record_that_somebody_changed_on_the_disk_is_found_and_hides_no_other(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        steps = await decided(centre, log)
        whole = next(one.encoded for one in log.streams[CASES] if one.seq == steps[1].seq)
        await changed(centre, steps[1].seq, encoded=whole[:-1] + bytes([whole[-1] ^ 1]))
        await changed(centre, steps[2].seq, encoded=b"nothing that can be read")
        steps = await audited(centre)
    assert [step.faults for step in steps] == [(), (Fault.BROKEN,), (Fault.BROKEN,), ()]
    assert steps[2].kind is None


async def test_a_record_that_is_gone_leaves_a_gap_that_is_told(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        steps = await decided(centre, log)
        table = schema.records
        async with centre.store.database.write() as connection:
            await connection.execute(delete(table).where(table.c.hash == steps[1].hash))
        steps = await audited(centre)
    assert [step.faults for step in steps] == [(), (Fault.GAP, Fault.ORPHAN), ()]


async def test_what_was_erased_still_shows_that_it_was_signed_and_not_what_it_said(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        await decided(centre, log)
        table = schema.data_keys
        async with centre.store.database.write() as connection:
            await connection.execute(delete(table).where(table.c.subject == CASE))
    async with ready(tmp_path) as (centre, _):
        steps = await audited(centre)
    assert [step.faults for step in steps] == [(Fault.SEALED,)] * 4
    assert {(step.kind, step.by) for step in steps} == {(None, None)}
