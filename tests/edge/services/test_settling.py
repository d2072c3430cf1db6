"""What follows a decision by itself: once, in time, whatever fails beside it, and never by a clock that is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.press.documents import CertificateData
from edge.services import certificates, decisions, requests, settling, status
from edge.services.office import Office
from edge.services.sealing import usable_seals
from edge.services.setbacks import FIRST_MS, LONGEST_MS
from edge.store.rebuild import rebuild_views
from protocol.errors import OperatorError, PersonError
from protocol.office.casework import State
from tests.edge.press.papers import SEALS_FROM_MS
from tests.edge.services.support import (
    DAY,
    Clock,
    StandInPress,
    account,
    asked,
    authority,
    case_of,
    completed,
    decided,
    enquired,
    office_in,
    ready_to_decide,
    records,
    state_of,
)

YEAR = 365 * DAY
TIMED_OUT = PersonError("not now", status=503)


async def several(office: Office, number: int) -> list[bytes]:
    """Requests of one person that wait for the agent."""
    owner = await account(office)
    cases = [(await asked(office, owner)).case for _ in range(number)]
    for case in cases:
        await completed(office, case)
        await enquired(office, case)
    return cases


async def is_sealed(office: Office, case: bytes) -> bool:
    return (await case_of(office, case)).certificate is not None


async def test_a_grant_is_sealed_once_when_its_delay_is_over(office: Office, clock: Clock, press: StandInPress) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms - 1
    assert await settling.settle_decisions(office) == 0
    clock.ms += 1
    assert await settling.settle_decisions(office) == 1
    before = await records(office)
    for _ in range(3):
        clock.ms += DAY
        assert await settling.settle_decisions(office) == 0
    assert len(press.papers) == 1
    assert await records(office) == before
    assert len(office.agenda) == 0


async def test_what_is_settled_is_never_opened_again(office: Office, clock: Clock) -> None:
    """A hundred refusals of the past cost nothing at each look, and hide no new one."""
    await office.agenda.begin(office.store)
    agent = await authority(office)
    owner = await account(office)
    for _ in range(12):
        case = (await asked(office, owner)).case
        await completed(office, case)
        await enquired(office, case)
        await decided(office, case, "refused", agent)
        clock.ms += office.settings.undo_ms
        assert await settling.settle_decisions(office) == 1
        await settling.settle_decisions(office)
        assert len(office.agenda) == 0


async def test_a_restart_loses_no_decision_and_repeats_none(tmp_path: Path, clock: Clock) -> None:
    async with office_in(tmp_path, clock) as office:
        granted, refused, done, undone = await several(office, 4)
        agent = await authority(office)
        await decided(office, done, "refused", agent)
        clock.ms += office.settings.undo_ms
        assert await settling.settle_decisions(office) == 1
        await decided(office, granted, "approved", agent)
        await decided(office, refused, "refused", agent)
        await decided(office, undone, "approved", agent)
        await decisions.undo(office, office.command(), undone, agent.staff)
    clock.ms += office.settings.undo_ms
    async with office_in(tmp_path, clock) as office:
        assert await settling.settle_decisions(office) == 2
        assert await is_sealed(office, granted)
        assert len((await case_of(office, refused)).messages) == 1
        assert len((await case_of(office, done)).messages) == 1
        assert await state_of(office, undone) is State.UNDER_DECISION
    async with office_in(tmp_path, clock) as office:
        assert await settling.settle_decisions(office) == 0
        await rebuild_views(office.store)
        assert await settling.settle_decisions(office) == 0


async def test_a_decision_taken_back_and_taken_again_gets_its_whole_delay(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    await decided(office, case, "approved", agent)
    await settling.settle_decisions(office)
    clock.ms += office.settings.undo_ms - 1
    await decisions.undo(office, office.command(), case, agent.staff)
    await decided(office, case, "refused", agent)
    clock.ms += office.settings.undo_ms - 1
    assert await settling.settle_decisions(office) == 0
    await decisions.undo(office, office.command(), case, agent.staff)
    assert await settling.settle_decisions(office) == 0
    await decided(office, case, "approved", agent)
    clock.ms += office.settings.undo_ms
    assert await settling.settle_decisions(office) == 1
    assert await is_sealed(office, case)


async def test_two_looks_at_once_seal_one_paper(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    await asyncio.gather(*(settling.settle_decisions(office) for _ in range(3)))
    known = await case_of(office, case)
    assert [step.kind for step in known.history].count("certificate.sealed") == 1


async def test_a_request_that_changed_while_its_paper_was_printed_is_not_sealed_with_it(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    """The undo delay ends by the clock; a clock set back by a little opens it again while the press works."""
    case = await ready_to_decide(office)
    agent = await authority(office)
    await decided(office, case, "approved", agent)

    async def meanwhile() -> None:
        press.meanwhile = None
        clock.ms -= 500
        await decisions.undo(office, office.command(), case, agent.staff)
        await decided(office, case, "approved", agent)

    press.meanwhile = meanwhile
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    assert not await is_sealed(office, case)
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    assert await is_sealed(office, case)


async def test_a_press_that_fails_is_tried_again_later_and_does_not_spin(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    press.failures = [TIMED_OUT] * 2
    before = await records(office)
    for _ in range(5):
        assert await settling.settle_decisions(office) == 0
        clock.ms += FIRST_MS // 10
    assert len(press.papers) == 1
    clock.ms += FIRST_MS
    assert await settling.settle_decisions(office) == 0
    clock.ms += FIRST_MS
    assert await settling.settle_decisions(office) == 0
    assert len(press.papers) == 2
    assert await records(office) == before
    clock.ms += FIRST_MS
    assert await settling.settle_decisions(office) == 1
    assert await is_sealed(office, case)


async def test_a_press_that_cannot_work_now_is_not_asked_for_every_paper_in_a_row(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    for case in await several(office, 3):
        await decided(office, case)
    clock.ms += office.settings.undo_ms
    press.broken = lambda _data: TIMED_OUT
    await settling.settle_decisions(office)
    assert len(press.papers) == 1


async def test_one_paper_that_cannot_be_made_keeps_no_other_back(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    cases = await several(office, 3)
    for case in cases:
        await decided(office, case)
    clock.ms += office.settings.undo_ms
    poison = (await requests.dossier(office, cases[0])).case.reference

    def broken(data: CertificateData) -> Exception | None:
        return OperatorError("a font is missing") if data.reference == poison else None

    press.broken = broken
    assert await settling.settle_decisions(office) == 2
    assert [await is_sealed(office, case) for case in cases] == [False, True, True]
    for _ in range(30):
        clock.ms += LONGEST_MS // 10
        await settling.settle_decisions(office)
    assert len(press.papers) < 12
    press.broken = lambda _data: None
    clock.ms += LONGEST_MS
    assert await settling.settle_decisions(office) == 1


async def test_refusals_are_told_while_the_press_is_broken(office: Office, clock: Clock, press: StandInPress) -> None:
    granted, refused = await several(office, 2)
    await decided(office, granted)
    await decided(office, refused, "refused")
    clock.ms += office.settings.undo_ms
    press.broken = lambda _data: TIMED_OUT
    assert await settling.settle_decisions(office) == 1
    assert [message.state for message in (await case_of(office, refused)).messages] == ["queued"]


async def held(office: Office, press: StandInPress, case: bytes, clock: Clock) -> str:
    """Nothing is sealed now; returns what the administration page says of it."""
    await settling.settle_decisions(office)
    assert press.papers == []
    assert not await is_sealed(office, case)
    (why,) = [each.why for each in (await status.summary(office)).devices if each.device == "seal"]
    clock.ms += LONGEST_MS
    return why


async def test_nothing_is_sealed_without_seals(office: Office, clock: Clock, press: StandInPress) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    seals, office.seals = office.seals, None
    assert "no seals" in await held(office, press, case, clock)
    office.seals = seals
    assert await settling.settle_decisions(office) == 1
    assert "seal" not in {each.device for each in (await status.summary(office)).devices}


async def test_nothing_is_sealed_by_a_clock_that_is_not_to_be_believed(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    office.clock = lambda: "unknown"
    assert "clock" in await held(office, press, case, clock)
    office.clock = lambda: "estimated"
    assert await settling.settle_decisions(office) == 1


async def test_nothing_is_sealed_before_the_seals_hold(office: Office, clock: Clock, press: StandInPress) -> None:
    """A certificate that says it was sealed before its seal was made would be refused wherever it is verified."""
    now, clock.ms = clock.ms, SEALS_FROM_MS - 3 * DAY
    case = await ready_to_decide(office, on="2026-11-08")
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    assert "set it right" in await held(office, press, case, clock)
    clock.ms = now
    assert await settling.settle_decisions(office) == 1
    assert press.papers[0].issued_ms == now


async def test_nothing_is_sealed_after_the_seals_have_ended(office: Office, clock: Clock, press: StandInPress) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += 4 * YEAR
    assert "new ones" in await held(office, press, case, clock)


async def test_the_seals_hold_from_their_first_to_their_last_moment(office: Office, clock: Clock) -> None:
    clock.ms = SEALS_FROM_MS
    assert usable_seals(office) is office.seals
    clock.ms = SEALS_FROM_MS + 3 * YEAR
    assert usable_seals(office) is office.seals
    for wrong in (SEALS_FROM_MS - 1, SEALS_FROM_MS + 3 * YEAR + 1):
        clock.ms = wrong
        with pytest.raises(OperatorError):
            usable_seals(office)


async def test_a_clock_that_was_years_ahead_keeps_no_decision_waiting_for_years(office: Office, clock: Clock) -> None:
    now = clock.ms
    case = await ready_to_decide(office)
    clock.ms += 2 * YEAR
    await decided(office, case)
    await settling.settle_decisions(office)
    clock.ms = now
    assert await settling.settle_decisions(office) == 1


async def test_only_sealed_certificates_are_printed(office: Office, clock: Clock) -> None:
    first, second = await several(office, 2)
    await decided(office, first)
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    await decided(office, second)
    assert [row.case for row in await certificates.to_print(office)] == [first]
    assert (await certificates.pdf(office, first)).startswith(b"%PDF")
