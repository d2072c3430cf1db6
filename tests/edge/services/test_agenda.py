"""What waits for its answer, and what failed and rests."""

from __future__ import annotations

from edge.services import decisions, settling
from edge.services.office import Office
from edge.services.setbacks import FIRST_MS, LONGEST_MS, Setbacks
from tests.edge.services.support import Clock, authority, decided, ready_to_decide


async def test_a_decision_that_can_still_be_taken_back_is_opened_once_and_then_left_alone(
    office: Office, clock: Clock
) -> None:
    await settling.settle_decisions(office)
    case = await ready_to_decide(office)
    await decided(office, case)
    undo_ms = office.settings.undo_ms
    assert [entry.subject for entry in office.agenda.due(undo_ms, clock.ms)] == [case]
    await settling.settle_decisions(office)
    assert office.agenda.due(undo_ms, clock.ms) == []
    assert [entry.subject for entry in office.agenda.due(undo_ms, clock.ms + undo_ms)] == [case]


async def test_a_decision_that_came_while_an_older_one_was_looked_at_is_not_lost(office: Office, clock: Clock) -> None:
    await office.agenda.begin(office.store)
    case, agent = await ready_to_decide(office), await authority(office)
    await decided(office, case, "approved", agent)
    (seen,) = office.agenda.due(office.settings.undo_ms, clock.ms)
    await decisions.undo(office, office.command(), case, agent.staff)
    await decided(office, case, "refused", agent)
    office.agenda.decided(seen, clock.ms)
    office.agenda.done(seen)
    assert [entry.subject for entry in office.agenda.due(office.settings.undo_ms, clock.ms)] == [case]


async def test_beginning_twice_is_beginning_once(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    await decided(office, case, "refused")
    for _ in range(2):
        await office.agenda.begin(office.store)
        assert len(office.agenda) == 1
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    await settling.settle_decisions(office)
    await office.agenda.begin(office.store)
    assert len(office.agenda) == 0


def test_what_fails_rests_longer_each_time_up_to_a_bound() -> None:
    setbacks = Setbacks()
    now, rests = 0, []
    for _ in range(8):
        setbacks.failed("press", now)
        rest = next(ms for ms in range(0, 10 * LONGEST_MS, 1_000) if not setbacks.resting("press", now + ms))
        rests.append(rest)
        now += rest
    assert rests[:4] == [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS, 8 * FIRST_MS]
    assert rests[-1] == rests[-2] == LONGEST_MS
    assert not setbacks.resting("another", now)
    setbacks.cleared("press")
    setbacks.failed("press", now)
    assert not setbacks.resting("press", now + FIRST_MS)
