"""A request is withdrawn by whoever wants it no more, said twice, while nobody has answered it."""

from __future__ import annotations

import pytest

from edge.services import deadlines, messages, missing, withdrawals
from edge.services.office import Office
from protocol.errors import PersonError
from protocol.office.casework import State
from protocol.office.events import Actor
from tests.edge.services.support import (
    CITIZEN,
    CLERK,
    DAY,
    Clock,
    ScriptedModem,
    asked,
    decided,
    ready_to_decide,
    records,
    state_of,
)


@pytest.mark.parametrize("who", [CITIZEN, CLERK])
async def test_it_is_withdrawn_once_it_is_confirmed(office: Office, clock: Clock, who: Actor) -> None:
    case = await ready_to_decide(office)
    with pytest.raises(PersonError) as unsure:
        await withdrawals.withdraw(office, office.command(), case, False, who)
    assert unsure.value.field == "sure"
    command = office.command()
    await withdrawals.withdraw(office, command, case, True, who)
    before = await records(office)
    await withdrawals.withdraw(office, command, case, True, who)
    assert await records(office) == before
    assert await state_of(office, case) is State.WITHDRAWN
    clock.ms += 90 * DAY
    assert await deadlines.keep_time(office) == 0


async def test_what_is_answered_or_withdrawn_stays(office: Office) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    with pytest.raises(PersonError) as late:
        await withdrawals.withdraw(office, office.command(), case, True, CITIZEN)
    assert late.value.status == 409
    assert await state_of(office, case) is State.APPROVED


async def test_an_agent_withdraws_nobodys_request(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = Actor(role="authority", id="youssef", name="Youssef Tahiri")
    with pytest.raises(PersonError) as refused:
        await withdrawals.withdraw(office, office.command(), case, True, agent)
    assert refused.value.status == 403


async def test_a_call_that_waits_is_not_sent_for_what_was_withdrawn(office: Office, modem: ScriptedModem) -> None:
    case = (await asked(office)).case
    await missing.ask(office, office.command(), case, ["bill"], CLERK)
    await withdrawals.withdraw(office, office.command(), case, True, CITIZEN)
    await messages.send_due(office)
    assert modem.handed == []
