"""Missing pieces are asked for once, by name, with a day; what was asked is on the receipt, and ends when brought."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.press.notices import IncompleteReceipt
from edge.services import messages, missing, notices, requests, untold
from edge.services.office import Office
from protocol.errors import PersonError
from protocol.office.calendar import local_date
from protocol.office.casework import State
from tests.edge.services.support import (
    CITIZEN,
    CLERK,
    Clock,
    ScriptedModem,
    StandInPress,
    asked,
    authority,
    case_of,
    completed,
    decided,
    ready_to_decide,
    records,
    state_of,
)


async def test_a_clerk_asks_once_and_the_citizen_is_called(
    office: Office, clock: Clock, modem: ScriptedModem, press: StandInPress
) -> None:
    case = (await asked(office)).case
    await missing.ask(office, office.command(), case, ["bill"], CLERK)
    found = await case_of(office, case)
    assert (found.state, found.asked) == (State.AWAITING_PIECES, ("bill",))
    assert found.asked_until == local_date(clock.ms) + timedelta(days=60)
    await messages.send_due(office)
    [(_, text)] = modem.handed
    assert found.reference in text
    assert "résidence" not in text
    await notices.pdf(office, case, notices.INCOMPLETE, "ar")
    [receipt] = press.notices
    assert isinstance(receipt, IncompleteReceipt)
    assert [label.fr for label in receipt.missing] == ["Une facture d’eau, d’électricité ou de téléphone fixe"]
    assert receipt.until == found.asked_until


async def test_a_second_time_is_refused_also_after_the_first_was_brought(office: Office) -> None:
    case = (await asked(office)).case
    await missing.ask(office, office.command(), case, ["bill"], CLERK)
    with pytest.raises(PersonError) as refused:
        await missing.ask(office, office.command(), case, ["cnie"], CLERK)
    assert refused.value.status == 409
    await completed(office, case)
    agent = await authority(office)
    with pytest.raises(PersonError, match=r"field|asked|citizen"):
        await missing.ask(office, office.command(), case, ["cnie"], CLERK)
    assert agent.staff.role == "authority"
    assert (await case_of(office, case)).asked == ("bill",)


async def test_the_agent_asks_while_he_decides_and_the_enquiry_is_not_made_again(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    by = CLERK.__class__(role="authority", id=agent.staff.login, name=agent.staff.name_fr)
    await missing.ask(office, office.command(), case, ["bill"], by)
    assert await state_of(office, case) is State.AWAITING_PIECES
    await completed(office, case)
    assert await state_of(office, case) is State.UNDER_DECISION
    with pytest.raises(PersonError, match="once only"):
        await missing.ask(office, office.command(), case, ["bill"], by)
    await decided(office, case, agent=agent)


@pytest.mark.parametrize("named", [[], ["bill", "passport"]])
async def test_only_pieces_of_the_catalogue_and_at_least_one(office: Office, named: list[str]) -> None:
    case = (await asked(office)).case
    with pytest.raises(PersonError) as refused:
        await missing.ask(office, office.command(), case, named, CLERK)
    assert refused.value.field == "pieces"
    assert await state_of(office, case) is State.SUBMITTED


async def test_the_citizen_asks_himself_for_nothing_and_a_clerk_not_in_the_agents_place(office: Office) -> None:
    case = (await asked(office)).case
    for who, at in ((CITIZEN, case), (CLERK, await ready_to_decide(office, cnie="FB7"))):
        with pytest.raises(PersonError) as refused:
            await missing.ask(office, office.command(), at, ["bill"], who)
        assert refused.value.status == 403


async def test_a_form_sent_twice_asks_once(office: Office) -> None:
    case = (await asked(office)).case
    command = office.command()
    await missing.ask(office, command, case, ["bill"], CLERK)
    before = await records(office)
    await missing.ask(office, command, case, ["bill"], CLERK)
    assert await records(office) == before


async def test_who_has_no_phone_is_told_by_a_clerk_until_he_has_brought_it(office: Office) -> None:
    case = (await asked(office, phone="")).case
    await missing.ask(office, office.command(), case, ["bill"], CLERK)
    assert [one.subject for one in await untold.could_not_be_told(office)] == [case]
    await completed(office, case)
    assert await untold.could_not_be_told(office) == []
    assert (await requests.dossier(office, case)).told == ""
