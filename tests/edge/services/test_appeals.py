"""An appeal is taken in time or late, once, and answered with a reason; a request that is reopened starts anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.press.notices import AppealReceipt, RefusalNotice
from edge.services import appeals, deadlines, decisions, lists, messages, notices, settling
from edge.services.office import Office
from protocol.errors import PersonError, PersonErrors
from protocol.office.appeals import appeal_until, is_late
from protocol.office.calendar import local_date
from protocol.office.casework import State
from protocol.office.events import Actor
from tests.edge.services.support import (
    CITIZEN,
    CLERK,
    DAY,
    Clock,
    ScriptedModem,
    StandInPress,
    case_of,
    decided,
    ready_to_decide,
    records,
    state_of,
)

SUPERVISOR = Actor(role="supervisor", id="nadia", name="Nadia Filali", name_ar="نادية الفيلالي")
GROUNDS = "J’habite à cette adresse depuis 2019, mes voisins le confirment."
REASON = "Les voisins ont été entendus."


async def refused(office: Office, clock: Clock) -> bytes:
    """A request that was refused, and its citizen told."""
    case = await ready_to_decide(office)
    await decided(office, case, "refused")
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    await messages.send_due(office)
    return case


async def lodged(office: Office, clock: Clock) -> bytes:
    case = await refused(office, clock)
    await appeals.lodge(office, office.command(), case, GROUNDS, CITIZEN)
    return case


async def test_the_refusal_says_until_when_and_the_appeal_gets_a_receipt(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    case = await refused(office, clock)
    until = local_date(clock.ms) + timedelta(days=30)
    await notices.pdf(office, case, notices.REFUSED, "fr")
    await appeals.lodge(office, office.command(), case, f"  {GROUNDS} ", CITIZEN)
    await notices.pdf(office, case, notices.APPEALED, "fr")
    notice, receipt = press.notices
    assert isinstance(notice, RefusalNotice)
    assert (notice.until, notice.reason.fr) == (until, "L’enquête n’a pas établi la résidence à l’adresse déclarée")
    assert isinstance(receipt, AppealReceipt)
    assert (receipt.grounds, receipt.late, receipt.helper) == (GROUNDS, False, None)
    assert receipt.decided_ms < receipt.lodged_ms
    assert [one.subject for one in (await lists.appealed(office, 9)).dossiers] == [case]


@pytest.mark.parametrize(("days", "late"), [(30, False), (31, True), (400, True)])
async def test_a_late_appeal_is_taken_and_marked(office: Office, clock: Clock, days: int, late: bool) -> None:
    case = await refused(office, clock)
    clock.ms += days * DAY
    await appeals.lodge(office, office.command(), case, GROUNDS, CLERK)
    assert is_late(await case_of(office, case)) is late


async def test_while_nobody_was_told_no_time_runs(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office, phone="")
    await decided(office, case, "refused")
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    assert appeal_until(await case_of(office, case)) is None
    clock.ms += 90 * DAY
    await messages.told_in_person(office, office.command(), case, CLERK)
    assert appeal_until(await case_of(office, case)) == local_date(clock.ms) + timedelta(days=30)
    await appeals.lodge(office, office.command(), case, GROUNDS, CITIZEN)
    assert not is_late(await case_of(office, case))


async def test_before_the_agents_minute_is_over_nothing_can_be_appealed_against(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    await decided(office, case, "refused")
    with pytest.raises(PersonError, match="not final yet"):
        await appeals.lodge(office, office.command(), case, GROUNDS, CITIZEN)
    clock.ms += office.settings.undo_ms
    await appeals.lodge(office, office.command(), case, GROUNDS, CITIZEN)


async def test_only_a_refusal_and_only_once_and_only_with_grounds(office: Office, clock: Clock) -> None:
    waiting = await ready_to_decide(office, cnie="FB7")
    with pytest.raises(PersonError, match="Only a refusal"):
        await appeals.lodge(office, office.command(), waiting, GROUNDS, CITIZEN)
    case = await refused(office, clock)
    for grounds in ("", "   non   ", "x" * 601):
        with pytest.raises(PersonError) as wrong:
            await appeals.lodge(office, office.command(), case, grounds, CITIZEN)
        assert wrong.value.field == "grounds"
    command = office.command()
    await appeals.lodge(office, command, case, GROUNDS, CITIZEN)
    before = await records(office)
    await appeals.lodge(office, command, case, GROUNDS, CITIZEN)
    assert await records(office) == before
    with pytest.raises(PersonError, match="administrative court"):
        await appeals.lodge(office, office.command(), case, GROUNDS, CITIZEN)


async def test_a_supervisor_rejects_with_a_reason_and_the_citizen_is_called_once(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await lodged(office, clock)
    modem.handed.clear()
    await appeals.answer(office, office.command(), case, "rejected", REASON, SUPERVISOR)
    await settling.settle_decisions(office)
    await messages.send_due(office)
    [(_, text)] = modem.handed
    assert "recours" in text
    assert "Un recours est possible" not in text, "there is no second one"
    found = await case_of(office, case)
    assert (found.state, found.appeal and found.appeal.outcome) == (State.REFUSED, "rejected")
    assert (await lists.appealed(office, 9)).total == 0
    assert await settling.settle_decisions(office) == 0


async def test_what_is_reopened_has_a_whole_delay_and_its_history(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await lodged(office, clock)
    clock.ms += 300 * DAY
    await appeals.answer(office, office.command(), case, "reopened", REASON, SUPERVISOR)
    assert await deadlines.keep_time(office) == 0, "the old delay is over, the new one begins"
    [row] = await decisions.waiting(office)
    assert (row.case, row.days_left, row.appeal) == (case, 60, True)
    found = await case_of(office, case)
    assert found.appeal is not None
    assert (found.appeal.grounds, found.appeal.against_code) == (GROUNDS, "not_resident")
    assert "pas trouvé" in found.appeal.against_text
    modem.handed.clear()
    await messages.send_due(office)
    assert len(modem.handed) == 1
    await decided(office, case)
    assert await state_of(office, case) is State.APPROVED


async def test_nobody_else_answers_and_not_without_a_reason(office: Office, clock: Clock) -> None:
    case = await lodged(office, clock)
    for who in (CLERK, CITIZEN, Actor(role="authority", id="youssef", name="Youssef")):
        with pytest.raises(PersonError) as refusal:
            await appeals.answer(office, office.command(), case, "rejected", REASON, who)
        assert refusal.value.status == 403
    with pytest.raises(PersonErrors) as wrong:
        await appeals.answer(office, office.command(), case, "granted", "no", SUPERVISOR)
    assert {error.field for error in wrong.value.errors} == {"outcome", "reason_text"}
    await appeals.answer(office, office.command(), case, "rejected", REASON, SUPERVISOR)
    with pytest.raises(PersonError, match="no appeal to answer"):
        await appeals.answer(office, office.command(), case, "reopened", REASON, SUPERVISOR)
