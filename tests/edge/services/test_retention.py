"""How long scans are kept: for ever unless somebody says how long, and never shorter because a clock has jumped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.services.office import Office, Settings
from edge.services.retention import LOOK_MS, Retention
from edge.services.withdrawals import withdraw
from edge.store.feeds import accept
from tests.edge.services.support import CLERK, DAY, Clock, asked, case_of, office_in
from tests.edge.services.test_scans import leaving, scanned
from tests.edge.web.support import feed_of

TERM = 90


@pytest.fixture
async def office(tmp_path: Path, clock: Clock) -> AsyncIterator[Office]:
    settings = Settings(scans_kept_days=TERM)
    async with office_in(tmp_path, clock, settings=settings, documents=(leaving("bill"),)) as office:
        yield office


async def over(office: Office, **who: Any) -> bytes:
    """A request with two scans that its citizen has withdrawn."""
    case = (await asked(office, **who)).case
    await scanned(office, case)
    await scanned(office, case, b"%PDF-1.7 the second page")
    await withdraw(office, office.command(), case, True, CLERK)
    return case


async def heard_of(office: Office, at_ms: int) -> None:
    """The prefecture writes a record at this time, by its own clock."""
    records, trust = feed_of([], segment=at_ms.to_bytes(8, "big"), at_ms=at_ms)
    await accept(office.store, "berkane-05", records, trust)


async def test_scans_of_a_request_that_is_over_are_deleted_after_their_term(
    office: Office, clock: Clock, tmp_path: Path
) -> None:
    case = await over(office)
    clock.ms += TERM * DAY + LOOK_MS
    await heard_of(office, clock.ms)
    assert await Retention().delete_due(office) == 2
    found = await case_of(office, case)
    assert [scan.removed for scan in found.scans] == ["retention"] * 2
    assert list((tmp_path / "scans").iterdir()) == []
    assert found.history[-1].by is not None
    assert found.history[-1].by.role == "system"


async def test_nothing_is_deleted_early_nor_while_a_request_is_open(office: Office, clock: Clock) -> None:
    await over(office)
    waiting = (await asked(office, cnie="FA765432", phone="0612345622")).case
    await scanned(office, waiting)
    clock.ms += (TERM - 1) * DAY
    await heard_of(office, clock.ms)
    assert await Retention().delete_due(office) == 0
    clock.ms += 2 * DAY
    await heard_of(office, clock.ms)
    assert await Retention().delete_due(office) == 2
    assert len((await case_of(office, waiting)).scans_held) == 1


async def test_a_clock_that_jumped_deletes_nothing(office: Office, clock: Clock) -> None:
    await over(office)
    await heard_of(office, clock.ms + DAY)
    clock.ms += 3650 * DAY
    assert await Retention().delete_due(office) == 0


async def test_without_a_term_scans_are_kept(tmp_path: Path, clock: Clock) -> None:
    async with office_in(tmp_path, clock, documents=(leaving("bill"),)) as office:
        case = await over(office)
        clock.ms += 3650 * DAY
        await heard_of(office, clock.ms)
        assert await Retention().delete_due(office) == 0
        assert len((await case_of(office, case)).scans_held) == 2


async def test_it_looks_once_an_hour(office: Office, clock: Clock) -> None:
    retention = Retention()
    assert await retention.delete_due(office) == 0
    await over(office)
    clock.ms += TERM * DAY + LOOK_MS
    await heard_of(office, clock.ms)
    clock.ms += 1
    assert await retention.delete_due(office) == 2
    await over(office, cnie="FA765432", phone="0612345622")
    assert await retention.delete_due(office) == 0
