"""What time brings by itself: marks in their order, silence that grants nothing, a request that lapses, each once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from edge.services import deadlines, decisions, delays, lists, messages, missing, notices, requests
from edge.services.office import Office
from edge.store.rebuild import rebuild_views
from edge.store.store import Transaction
from protocol.office.calendar import local_date
from protocol.office.casework import State
from protocol.office.events import Holiday
from protocol.records.encoding import Value
from tests.edge.services.support import (
    CLERK,
    DAY,
    Clock,
    ScriptedModem,
    asked,
    authority,
    case_of,
    completed,
    decided,
    office_in,
    ready_to_decide,
    records,
    state_of,
)
from tests.edge.web.support import publish_holidays

DELAY = 60
"""Days of the delay of the residence certificate in these tests."""


async def marks_of(office: Office, case: bytes) -> tuple[int, ...]:
    return (await case_of(office, case)).marks


@pytest.mark.parametrize(("day", "marks"), [(29, ()), (30, (50,)), (47, (50,)), (48, (50, 80)), (60, (50, 80))])
async def test_a_mark_is_noted_on_its_day_and_once(
    office: Office, clock: Clock, day: int, marks: tuple[int, ...]
) -> None:
    case = await ready_to_decide(office)
    clock.ms += day * DAY
    assert await deadlines.keep_time(office) == len(marks[:1])
    assert await marks_of(office, case) == marks
    before = await records(office)
    assert await deadlines.keep_time(office) == 0
    assert await records(office) == before


async def test_while_nothing_is_due_nothing_is_opened(office: Office, clock: Clock) -> None:
    await ready_to_decide(office)
    await asked(office, cnie="FB7")
    clock.ms += 29 * DAY
    assert await deadlines.keep_time(office) == 0


async def test_after_a_long_power_cut_the_missed_marks_come_in_order_then_the_silence(
    tmp_path: Path, clock: Clock, modem: ScriptedModem
) -> None:
    async with office_in(tmp_path, clock, modem=modem) as office:
        case = await ready_to_decide(office)
    clock.ms += (DELAY + 1) * DAY
    async with office_in(tmp_path, clock, modem=modem) as office:
        assert await deadlines.keep_time(office) == 1
        found = await case_of(office, case)
        assert found.marks == (50, 80, 100)
        assert found.silent
        assert found.state is State.UNDER_DECISION, "silence grants nothing"
    async with office_in(tmp_path, clock, modem=modem) as office:
        before = await records(office)
        assert await deadlines.keep_time(office) == 0
        await rebuild_views(office.store)
        assert await deadlines.keep_time(office) == 0
        assert await records(office) == before


async def test_silence_calls_the_citizen_without_a_name_or_a_kind(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await ready_to_decide(office)
    clock.ms += (DELAY + 1) * DAY
    await deadlines.keep_time(office)
    await messages.send_due(office)
    [(_, text)] = modem.handed
    reference = (await case_of(office, case)).reference
    assert reference in text
    assert "pas de réponse" in text
    for secret in ("Fatima", "Benali", "résidence", "Résidence"):
        assert secret not in text


async def test_a_call_about_silence_is_not_sent_once_the_answer_is_there(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await ready_to_decide(office)
    clock.ms += (DELAY + 1) * DAY
    await deadlines.keep_time(office)
    await decided(office, case)
    await messages.send_due(office)
    assert modem.handed == []
    assert (await requests.dossier(office, case)).told == ""


async def test_a_clock_of_which_nothing_is_known_notes_nothing(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    office.clock = lambda: "unknown"
    clock.ms += 10 * 365 * DAY
    assert await deadlines.keep_time(office) == 0
    assert await marks_of(office, case) == ()
    office.clock = lambda: "estimated"
    clock.ms -= 10 * 365 * DAY
    assert await deadlines.keep_time(office) == 0


async def test_what_is_answered_has_no_marks_any_more(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    await decided(office, case, "refused")
    clock.ms += 2 * DELAY * DAY
    assert await deadlines.keep_time(office) == 0
    assert await marks_of(office, case) == ()


async def test_a_dossier_that_is_not_complete_has_no_delay(office: Office, clock: Clock) -> None:
    case = (await asked(office)).case
    clock.ms += 2 * DELAY * DAY
    assert await deadlines.keep_time(office) == 0
    assert await state_of(office, case) is State.SUBMITTED


async def test_one_request_that_cannot_be_moved_keeps_no_other_back(office: Office, clock: Clock) -> None:
    """A row that the disk tore cannot be opened; the other's marks are noted."""
    case = await ready_to_decide(office)
    other = await ready_to_decide(office, cnie="FB7")

    async def tear(tx: Transaction) -> Value:
        tx.write("UPDATE cases SET details = zeroblob(8) WHERE subject = ?", (case,))
        return None

    await office.store.perform(tear)
    clock.ms += 30 * DAY
    assert await deadlines.keep_time(office) == 1
    assert await marks_of(office, other) == (50,)


async def test_what_never_comes_lapses_after_its_last_day_and_the_citizen_is_told(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = (await asked(office)).case
    await missing.ask(office, office.command(), case, ["bill"], CLERK)
    await messages.send_due(office)
    clock.ms += missing.DAYS * DAY
    assert await deadlines.keep_time(office) == 0, "the last day is the citizen's"
    clock.ms += DAY
    assert await deadlines.keep_time(office) == 1
    assert await state_of(office, case) is State.LAPSED
    await messages.send_due(office)
    assert [("incomplet" in text, "close" in text) for _, text in modem.handed] == [(True, False), (False, True)]
    assert await deadlines.keep_time(office) == 0


async def test_what_came_in_time_does_not_lapse_and_has_its_whole_delay(office: Office, clock: Clock) -> None:
    case = (await asked(office)).case
    await missing.ask(office, office.command(), case, ["bill"], CLERK)
    clock.ms += 59 * DAY
    await completed(office, case)
    clock.ms += 2 * DAY
    assert await deadlines.keep_time(office) == 0
    found = await case_of(office, case)
    assert found.due == local_date(clock.ms - 2 * DAY) + timedelta(days=DELAY)


async def test_whoever_answers_sees_the_share_the_mark_and_the_last_working_day(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    due = (await case_of(office, case)).due
    assert due is not None
    [row] = await decisions.waiting(office)
    assert (row.share_used, row.mark, row.days_left) == (0, 0, DELAY)
    assert row.answer_by is not None
    before = row.answer_by
    await publish_holidays(office.store, [Holiday(day=before.isoformat(), name_ar="عيد", name_fr="fête")])
    [row] = await decisions.waiting(office)
    assert row.answer_by is not None
    assert row.answer_by < before
    clock.ms += 48 * DAY
    [row] = await decisions.waiting(office)
    assert (row.share_used, row.mark, row.days_left) == (80, 80, 12)
    clock.ms += 13 * DAY
    [row] = await decisions.waiting(office)
    assert (row.share_used, row.mark, row.days_left) == (100, 100, -1)


async def test_a_later_calendar_of_a_year_takes_the_place_of_the_earlier(office: Office) -> None:
    first = Holiday(day="2027-03-10", name_ar="عيد الفطر", name_fr="Aïd al-Fitr")
    second = Holiday(day="2027-03-11", name_ar="عيد الفطر", name_fr="Aïd al-Fitr")
    await publish_holidays(office.store, [first], [second])
    assert (await delays.today(office)).holidays == {date(2027, 3, 11)}


async def test_a_supervisor_sees_what_is_late_the_nearest_end_first(office: Office, clock: Clock) -> None:
    first = await ready_to_decide(office)
    clock.ms += 5 * DAY
    second = await ready_to_decide(office, on="2026-11-30", cnie="FB7")
    clock.ms += 50 * DAY
    await deadlines.keep_time(office)
    assert [one.subject for one in (await lists.late(office, 9)).dossiers] == [first, second]
    await decided(office, first, agent=await authority(office))
    found = await lists.late(office, 0)
    assert (found.dossiers, found.total) == ([], 1), "only what is shown is opened"


async def test_the_proof_of_silence_is_given_only_while_there_is_silence(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    assert notices.papers_of(await case_of(office, case)) == []
    clock.ms += (DELAY + 1) * DAY
    await deadlines.keep_time(office)
    assert notices.papers_of(await case_of(office, case)) == [notices.SILENT]
    assert (await notices.pdf(office, case, notices.SILENT, "fr")).startswith(b"%PDF")
    await decided(office, case)
    assert notices.papers_of(await case_of(office, case)) == []
