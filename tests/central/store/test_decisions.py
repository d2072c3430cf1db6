"""How the prefecture checks what an annexe's agent signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from central.store.decision_check import DecisionCheck
from protocol.office.casework import State
from protocol.office.decision import EnquiryLine, Identity
from protocol.office.events import (
    DecisionUndone,
)
from protocol.records.keys import SigningKey
from tests.central.store.support import (
    CAID,
    CASE_KEY,
    CASES,
    ENQUIRY,
    OFFICE,
    OFFICE_KEY,
    PERSON,
    STRANGER,
    append,
    decide,
    enrol,
    ready,
    send,
)
from tests.protocol.sync.support import seed


async def test_an_agents_decision_is_checked_against_the_key_that_the_annexe_vouches_for(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        decide(log)
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.case.state is State.APPROVED
        assert row.decision is DecisionCheck.UNKNOWN_KEY
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        (row,) = await centre.queries.requests()
        assert row.decision is DecisionCheck.VERIFIED


@pytest.mark.parametrize(
    ("swap", "expected"),
    [
        ({"outcome": "refused"}, DecisionCheck.MISMATCH),
        ({"agent": "somebody"}, DecisionCheck.MISMATCH),
        ({"signing": SigningKey(seed("thief"))}, DecisionCheck.UNKNOWN_KEY),
        ({"annexe": "berkane-06"}, DecisionCheck.MISMATCH),
        ({"case": bytes(16)}, DecisionCheck.MISMATCH),
        ({"reference": "B05-00000-00000"}, DecisionCheck.MISMATCH),
        ({"follows": [bytes(32)]}, DecisionCheck.MISMATCH),
        ({"credential": bytes(16)}, DecisionCheck.MISMATCH),
        ({"answers": {"purpose": "bank"}}, DecisionCheck.MISMATCH),
        ({"pieces": ["card", "lease"]}, DecisionCheck.MISMATCH),
        ({"enquiry": None}, DecisionCheck.MISMATCH),
        ({"enquiry": EnquiryLine(**ENQUIRY | {"outcome": "unfavourable"})}, DecisionCheck.MISMATCH),
        ({"identity": Identity(**PERSON | {"name_fr": "Somebody Else"})}, DecisionCheck.MISMATCH),
        ({"identity": Identity(**PERSON | {"document": "residence_card"})}, DecisionCheck.MISMATCH),
        ({"represented_by": STRANGER}, DecisionCheck.MISMATCH),
    ],
)
async def test_a_swapped_decision_is_shown_as_such(
    tmp_path: Path, swap: dict[str, Any], expected: DecisionCheck
) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decide(log, **swap)
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.decision is expected


async def test_a_decision_that_was_taken_back_does_not_count_when_its_sheet_is_entered_again(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decision, head = decide(log)
        head = append(log, DecisionUndone(follows=[head], by=CAID))
        append(log, structs.replace(decision, follows=[head]))
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.case.state is State.APPROVED
        assert row.decision is DecisionCheck.MISMATCH


async def test_nor_does_it_when_it_is_entered_beside_the_first(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decision, head = decide(log)
        append(log, DecisionUndone(follows=[head], by=CAID))
        append(log, structs.replace(decision, by=structs.replace(CAID, name="K. Bennani")))
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.decision in (DecisionCheck.NONE, DecisionCheck.MISMATCH)
