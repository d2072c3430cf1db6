"""Calling citizens: once, with patience, and saying so when nobody could be reached."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices.modem import Outcome, SendReport, SimulatedModem
from edge.services import certificates, messages, requests, settling, status, untold
from edge.services.messages import LOST
from edge.services.office import Office, Settings
from edge.store.store import Transaction
from protocol.errors import PersonError
from protocol.office.events import AppealLodged, MessageAttempted
from protocol.records.encoding import Value
from tests.edge.services.support import (
    CITIZEN,
    CLERK,
    DAY,
    MINUTE,
    Clock,
    ScriptedModem,
    account,
    asked,
    case_of,
    completed,
    decided,
    enquired,
    office_in,
    ready_to_decide,
    records,
    unreachable,
)


async def refused(office: Office, clock: Clock, who: bytes | None = None, **changes: object) -> bytes:
    """A request that was refused, its message queued."""
    case = (await asked(office, who, **changes)).case
    await completed(office, case)
    await enquired(office, case)
    await decided(office, case, "refused")
    clock.ms += office.settings.undo_ms
    assert await settling.settle_decisions(office) == 1
    return case


async def ready(office: Office, clock: Clock) -> bytes:
    """A certificate that is ready, the call to its owner queued."""
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    await certificates.confirm_ready(office, office.command(), case, True, True, CLERK)
    return case


async def told(office: Office, case: bytes) -> str:
    return (await requests.dossier(office, case)).told


async def to_tell(office: Office) -> list[bytes]:
    return [each.subject for each in await untold.could_not_be_told(office)]


async def test_a_message_that_left_leaves_once(office: Office, clock: Clock, modem: ScriptedModem) -> None:
    case = await refused(office, clock)
    assert await told(office, case) == "queued"
    assert await messages.send_due(office) == 1
    assert await told(office, case) == "sent"
    before = await records(office)
    for _ in range(3):
        clock.ms += DAY
        assert await messages.send_due(office) == 0
    assert len(modem.handed) == 1
    assert await records(office) == before


async def test_two_looks_at_once_send_one_message(office: Office, clock: Clock, modem: ScriptedModem) -> None:
    await refused(office, clock)
    await asyncio.gather(*(messages.send_due(office) for _ in range(3)))
    assert len(modem.handed) == 1


async def test_the_attempt_is_in_the_log_before_the_modem_is_asked(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await refused(office, clock)
    seen: list[str] = []

    async def meanwhile() -> None:
        seen.append(await told(office, case))

    modem.meanwhile = meanwhile
    await messages.send_due(office)
    assert seen == ["sending"]


async def test_whoever_cannot_be_reached_is_tried_less_and_less_then_told_in_person(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await refused(office, clock)
    waits = office.settings.retries_ms
    modem.script = unreachable(len(waits) + 1)
    assert await messages.send_due(office) == 1
    for number, wait in enumerate(waits, 1):
        assert await told(office, case) == "waiting"
        clock.ms += wait - 1
        assert await messages.send_due(office) == 0
        clock.ms += 1
        assert await messages.send_due(office) == 1
        assert len(modem.handed) == number + 1
    assert await told(office, case) == "failed"
    assert await to_tell(office) == [case]
    clock.ms += 30 * DAY
    assert await messages.send_due(office) == 0
    with pytest.raises(PersonError) as caught:
        await messages.told_in_person(office, office.command(), case, CITIZEN)
    assert caught.value.status == 403
    await messages.told_in_person(office, office.command(), case, CLERK)
    assert await to_tell(office) == []
    assert await told(office, case) == "told"


async def test_an_unplugged_modem_sends_once_it_is_plugged_in(tmp_path: Path, clock: Clock) -> None:
    modem = SimulatedModem(clock)
    async with office_in(tmp_path, clock, modem=modem) as office:
        case = await refused(office, clock)
        modem.unplugged = True
        await messages.send_due(office)
        modem.unplugged = False
        assert await messages.send_due(office) == 0
        clock.ms += office.settings.retries_ms[0]
        assert await messages.send_due(office) == 1
        assert await told(office, case) == "sent"
        assert len(modem.messages) == 1


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN])
async def test_what_may_have_left_or_never_will_is_not_sent_again(
    office: Office, clock: Clock, modem: ScriptedModem, outcome: Outcome
) -> None:
    case = await refused(office, clock)
    modem.script = [SendReport(outcome, "why")]
    await messages.send_due(office)
    assert await to_tell(office) == [case]
    clock.ms += 30 * DAY
    assert await messages.send_due(office) == 0


async def test_a_modem_whose_driver_fails_leaves_it_unknown_and_stops_nothing(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    owner = await account(office)
    first, second = await refused(office, clock, owner), await refused(office, clock, owner)
    modem.script = [RuntimeError("no such device: +212612345621")]
    assert await messages.send_due(office) == 2
    assert [await told(office, case) for case in (first, second)] == ["failed", "sent"]
    (message,) = (await case_of(office, first)).messages
    assert "RuntimeError" in message.why
    assert "212" not in message.why


async def test_a_modem_that_never_answers_leaves_it_unknown(office: Office, clock: Clock, modem: ScriptedModem) -> None:
    case = await refused(office, clock)
    modem.script = [None]
    sending = asyncio.create_task(messages.send_due(office, answer_s=0.01))
    assert await sending == 1
    assert await told(office, case) == "failed"


async def test_a_crash_between_attempt_and_outcome_sends_nothing_again(tmp_path: Path, clock: Clock) -> None:
    modem = ScriptedModem(script=[None])
    async with office_in(tmp_path, clock, modem=modem) as office:
        case = await refused(office, clock)
        asked_for = asyncio.Event()

        async def meanwhile() -> None:
            asked_for.set()

        modem.meanwhile = meanwhile
        sending = asyncio.create_task(messages.send_due(office))
        await asked_for.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert await told(office, case) == "sending"
    async with office_in(tmp_path, clock, modem=modem) as office:
        assert await messages.settle_unknown(office) == 1
        assert await messages.settle_unknown(office) == 0
        clock.ms += 30 * DAY
        assert await messages.send_due(office) == 0
        assert len(modem.handed) == 1
        assert await to_tell(office) == [case]
        assert (await case_of(office, case)).messages[0].why == LOST


async def test_new_messages_are_not_held_up_by_those_that_wait(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    owner = await account(office)
    stuck = [await refused(office, clock, owner) for _ in range(3)]
    modem.script = unreachable(3)
    await messages.send_due(office)
    fresh = await refused(office, clock, owner)
    modem.script = [SendReport(Outcome.SENT)]
    clock.ms -= 30_000
    assert await messages.send_due(office) == 1
    assert await told(office, fresh) == "sent"
    assert {await told(office, case) for case in stuck} == {"waiting"}


async def test_whoever_has_his_certificate_already_is_not_called(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await ready(office, clock)
    await certificates.hand_over(office, office.command(), case, True, CLERK)
    await messages.send_due(office)
    assert modem.handed == []
    assert await to_tell(office) == []
    clock.ms += DAY
    before = await records(office)
    await messages.send_due(office)
    assert await records(office) == before


async def test_whoever_was_told_in_person_is_not_called(office: Office, clock: Clock, modem: ScriptedModem) -> None:
    case = await ready(office, clock)
    await messages.told_in_person(office, office.command(), case, CLERK)
    assert await messages.send_due(office) == 0
    assert modem.handed == []


async def test_a_citizen_who_was_told_while_the_modem_worked_is_no_conflict(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await ready(office, clock)

    async def meanwhile() -> None:
        await messages.told_in_person(office, office.command(), case, CLERK)

    modem.meanwhile = meanwhile
    await messages.send_due(office)
    known = await case_of(office, case)
    assert all(step.lawful for step in known.history)
    assert await told(office, case) in ("sent", "told")


async def test_who_collects_after_he_could_not_be_told_is_off_the_clerks_list(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await ready(office, clock)
    modem.script = [SendReport(Outcome.REFUSED, "no such number")]
    await messages.send_due(office)
    assert await to_tell(office) == [case]
    await certificates.hand_over(office, office.command(), case, True, CLERK)
    assert await to_tell(office) == []


@pytest.mark.parametrize("phone", ["", "0536612345"], ids=["no phone", "a landline"])
async def test_without_a_mobile_a_clerk_tells_the_person(
    office: Office, clock: Clock, modem: ScriptedModem, phone: str
) -> None:
    case = await refused(office, clock, phone=phone)
    assert await to_tell(office) == [case]
    assert await messages.send_due(office) == 0
    assert modem.handed == []


async def test_a_short_list_of_waits_and_none_at_all(tmp_path: Path, clock: Clock) -> None:
    modem = ScriptedModem(script=unreachable(1))
    async with office_in(tmp_path, clock, modem=modem, settings=Settings(retries_ms=())) as office:
        case = await refused(office, clock)
        await messages.send_due(office)
        assert await told(office, case) == "failed"


async def test_a_clock_set_back_by_years_keeps_no_message_waiting_for_years(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await refused(office, clock)
    modem.script = unreachable(1)
    await messages.send_due(office)
    clock.ms -= 1000 * DAY
    assert await messages.send_due(office) == 1
    assert await told(office, case) == "sent"


async def test_each_event_of_a_message_follows_the_one_before(office: Office, clock: Clock) -> None:
    """Several events in one transaction make a line, not branches: each names the heads that it left."""
    case = await ready(office, clock)
    await messages.send_due(office)
    known = await case_of(office, case)
    assert len(known.heads) == 1
    assert [step.kind for step in known.history][-4:] == [
        "certificate.ready",
        "message.queued",
        "message.attempted",
        "message.sent",
    ]
    landline = await refused(office, clock, cnie="FB2", phone="0536612345")
    assert len((await case_of(office, landline)).heads) == 1


async def test_the_administrator_sees_the_newest_messages_by_masked_number(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    owner = await account(office)
    cases = [await refused(office, clock, owner) for _ in range(4)]
    await messages.send_due(office)
    lines = await messages.outbox(office, 2)
    references = [(await case_of(office, case)).reference for case in cases[-2:]]
    assert [line.reference for line in lines] == references
    assert all("45621" not in line.number_masked and line.row.state == "sent" for line in lines)
    assert (await status.summary(office)).outbox == {"sent": 4}


async def test_a_request_that_waits_for_an_upgrade_keeps_no_other_message_back(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    owner = await account(office)
    first, second = await refused(office, clock, owner), await refused(office, clock, owner)
    await freeze(office, first)
    with capture_logs() as said:
        assert await messages.send_due(office) == 1
        assert await told(office, second) == "sent"
        for _ in range(3):
            assert await messages.send_due(office) == 0
    assert [line["event"] for line in said] == ["messages.put_off"]
    clock.ms += MINUTE
    with capture_logs() as said:
        await messages.send_due(office)
    assert len(said) == 1


async def test_a_lost_attempt_of_a_frozen_request_does_not_stop_the_start(office: Office, clock: Clock) -> None:
    case = await refused(office, clock)
    known = await case_of(office, case)
    message = known.messages[0].message

    async def attempted(tx: Transaction) -> Value:
        event = MessageAttempted(follows=list(known.heads), message=message, attempt=1, by=CITIZEN)
        await tx.append("cases", event, key_of=case)
        return None

    await office.store.execute(office.command(), attempted)
    await freeze(office, case)
    assert await messages.settle_unknown(office) == 0


async def freeze(office: Office, case: bytes) -> None:
    """An event that follows what is not here yet: another branch of the log, whose rest is to come."""

    async def orphan(tx: Transaction) -> Value:
        await tx.append("cases", AppealLodged(follows=[b"?" * 32], grounds="—", by=CLERK), key_of=case)
        return None

    await office.store.execute(office.command(), orphan)
    assert (await case_of(office, case)).frozen
