"""The agent's decision: only what he read, as he signed it, on the dossier as it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import msgspec
import pytest

from edge.services import certificates, decisions, settling, staff
from edge.services.office import Office
from edge.services.staff import StaffForm
from edge.store.rows import StaffView
from protocol.errors import PersonError
from protocol.office.casework import State
from protocol.office.decision import parse_sheet, sheet_bytes, sign_sheet
from protocol.records.encoding import decode
from protocol.records.keys import SigningKey
from tests.edge.services.support import (
    CLERK,
    DAY,
    PASSWORD,
    Agent,
    Clock,
    account,
    asked,
    authority,
    case_of,
    completed,
    decided,
    enquired,
    ready_to_decide,
    records,
    state_of,
)

REASON = ("not_resident", "L’enquête ne l’a pas trouvé à cette adresse.")


async def refused(
    office: Office, case: bytes, sheet: bytes, agent: Agent, *, signature: bytes | None = None, status: int
) -> PersonError:
    """Send a sheet that must not be taken: an error with this status, and nothing written."""
    before = await records(office)
    signed = sign_sheet(sheet, agent.signing) if signature is None else signature
    with pytest.raises(PersonError) as caught:
        await decisions.take(office, office.command(), case, sheet, signed, agent.staff)
    assert caught.value.status == status
    assert await records(office) == before
    return caught.value


async def drawn(office: Office, case: bytes, agent: Agent, outcome: str = "approved") -> bytes:
    reason = ("", "") if outcome == "approved" else REASON
    return await decisions.draw_sheet(office, case, agent.staff, outcome, *reason)


async def test_the_sheet_holds_all_that_the_decision_rests_on(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = parse_sheet(await drawn(office, case, agent, "refused"))
    known = await case_of(office, case)
    assert (sheet.annexe, sheet.case, sheet.reference) == ("berkane-05", case, known.reference)
    assert tuple(sheet.follows) == known.heads
    assert (sheet.identity.cnie, sheet.identity.name_fr) == ("FA123456", "Fatima Zahra Benali")
    assert sheet.enquiry is not None
    assert sheet.enquiry.outcome == "favourable"
    assert set(sheet.pieces) == {"cnie", "bill"}
    assert (sheet.outcome, sheet.reason_code, sheet.reason_text) == ("refused", *REASON)
    assert (sheet.agent, sheet.credential, sheet.claimed_ms) == ("youssef", agent.signing.id, clock.ms)


async def test_the_decision_keeps_sheet_and_signature_byte_for_byte(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = await drawn(office, case, agent)
    signature = sign_sheet(sheet, agent.signing)
    await decisions.take(office, office.command(), case, sheet, signature, agent.staff)
    decision = (await case_of(office, case)).decision
    assert decision is not None
    assert (decision.sheet, decision.signature, decision.signer) == (sheet, signature, agent.signing.public)
    assert await decisions.waiting(office) == []


async def test_a_decision_sent_twice_is_one_and_taken_twice_is_refused(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = await drawn(office, case, agent)
    signature, command = sign_sheet(sheet, agent.signing), office.command()
    sends = [decisions.take(office, command, case, sheet, signature, agent.staff) for _ in range(3)]
    await asyncio.gather(*sends)
    await refused(office, case, sheet, agent, status=409)
    with pytest.raises(PersonError) as caught:
        await drawn(office, case, agent)
    assert caught.value.status == 409


async def test_a_sheet_made_by_hand_for_a_decided_case_decides_nothing(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = parse_sheet(await drawn(office, case, agent, "refused"))
    await decided(office, case, "approved", agent)
    by_hand = msgspec.structs.replace(sheet, follows=list((await case_of(office, case)).heads))
    await refused(office, case, sheet_bytes(by_hand), agent, status=409)


async def test_a_sheet_of_another_case_decides_nothing(office: Office) -> None:
    owner = await account(office)
    cases = [(await asked(office, owner)).case for _ in range(2)]
    for case in cases:
        await completed(office, case)
        await enquired(office, case)
    agent = await authority(office)
    await refused(office, cases[0], await drawn(office, cases[1], agent), agent, status=409)


async def test_a_dossier_that_changed_since_it_was_read_is_read_again(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    stale = await drawn(office, case, agent)
    await decided(office, case, "approved", agent)
    await decisions.undo(office, office.command(), case, agent.staff)
    await refused(office, case, stale, agent, status=409)
    await decided(office, case, "approved", agent)


async def test_another_key_decides_nothing(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = await drawn(office, case, agent)
    await refused(office, case, sheet, Agent(agent.staff, SigningKey(b"x" * 32)), status=400)


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\1" * 63, b"\1" * 65])
async def test_what_is_no_signature_decides_nothing(office: Office, signature: bytes) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    await refused(office, case, await drawn(office, case, agent), agent, signature=signature, status=400)


async def test_an_outcome_swapped_on_the_way_decides_nothing(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = await drawn(office, case, agent, "refused")
    swapped = msgspec.structs.replace(parse_sheet(sheet), outcome="approved", reason_code="", reason_text="")
    signature = sign_sheet(sheet, agent.signing)
    await refused(office, case, sheet_bytes(swapped), agent, signature=signature, status=400)


@pytest.mark.parametrize(
    "changes",
    [
        {"annexe": "oujda-01"},
        {"reference": "B05-7K3MQ-2X9RT"},
        {"procedure_version": 2},
        {"answers": {}},
        {"pieces": ["cnie"]},
        {"enquiry": None},
        {"follows": []},
        {"agent": "somebody"},
        {"credential": b"c" * 16},
        {"reason_code": "other"},
        {"reason_text": "granted, and a word beside"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_sheet_that_says_something_else_than_the_dossier_decides_nothing(
    office: Office, changes: dict[str, object]
) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    other = msgspec.structs.replace(parse_sheet(await drawn(office, case, agent)), **changes)
    await refused(office, case, sheet_bytes(other), agent, status=409)


async def test_a_refusal_without_its_reason_decides_nothing(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = parse_sheet(await drawn(office, case, agent, "refused"))
    for code, text, field in (
        ("", "", "reason_code"),
        ("whim", REASON[1], "reason_code"),
        (REASON[0], " ", "reason_text"),
    ):
        with pytest.raises(PersonError) as caught:
            await decisions.draw_sheet(office, case, agent.staff, "refused", code, text)
        assert caught.value.field == field
        bare = sheet_bytes(msgspec.structs.replace(sheet, reason_code=code, reason_text=text))
        error = await refused(office, case, bare, agent, status=422)
        assert error.field == field


async def test_bytes_that_are_no_sheet_decide_nothing(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    value = decode(await drawn(office, case, agent))
    assert isinstance(value, dict)
    disordered = msgspec.msgpack.encode(dict(reversed(value.items())))
    bigger = msgspec.msgpack.encode({**value, "extra": 1})
    for bytes_ in (b"", b"\xc0", b"hello", disordered, bigger, b"\x90" * 20_000):
        await refused(office, case, bytes_, agent, status=400)


async def test_only_the_authority_agent_decides(office: Office) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    sheet = await drawn(office, case, agent)
    clerk = replace(agent.staff, role="clerk")
    await refused(office, case, sheet, Agent(clerk, agent.signing), status=403)
    for attempt in (
        decisions.draw_sheet(office, case, clerk, "approved", "", ""),
        decisions.undo(office, office.command(), case, clerk),
        decisions.enrol_key(office, office.command(), clerk, agent.signing.public),
    ):
        with pytest.raises(PersonError) as caught:
            await attempt
        assert caught.value.status == 403


async def test_an_agent_without_a_key_is_told_how_to_make_one(office: Office) -> None:
    case = await ready_to_decide(office)
    await staff.add(office, office.command(), StaffForm("amine", "Amine Alaoui", "أمين العلوي", "authority", PASSWORD))
    keyless = await staff.by_login(office, "amine")
    with pytest.raises(PersonError) as caught:
        await decisions.draw_sheet(office, case, keyless, "approved", "", "")
    assert caught.value.status == 409
    other = await authority(office)
    await refused(office, case, await drawn(office, case, other), Agent(keyless, other.signing), status=409)


@pytest.mark.parametrize(
    "public", [b"", b"\0" * 32, b"\1" + b"\0" * 31, b"k" * 31], ids=["none", "zero", "one", "short"]
)
async def test_a_key_that_cannot_be_used_is_not_enrolled(office: Office, public: bytes) -> None:
    agent = await authority(office)
    before = await records(office)
    with pytest.raises(PersonError) as caught:
        await decisions.enrol_key(office, office.command(), agent.staff, public)
    assert caught.value.status == 400
    assert await records(office) == before


async def test_a_key_is_enrolled_once_and_a_new_tablet_takes_its_place(office: Office) -> None:
    agent = await authority(office)
    before = await records(office)
    await decisions.enrol_key(office, office.command(), agent.staff, agent.signing.public)
    assert await records(office) == before
    case = await ready_to_decide(office)
    old_sheet = await drawn(office, case, agent)
    tablet = SigningKey(b"t" * 32)
    await decisions.enrol_key(office, office.command(), agent.staff, tablet.public)
    known: StaffView = await staff.by_login(office, "youssef")
    await refused(office, case, old_sheet, agent, status=400)
    await decided(office, case, "approved", Agent(known, tablet))


@pytest.mark.parametrize("outcome", ["", "maybe", "APPROVED"])
async def test_a_decision_is_to_grant_or_to_refuse(office: Office, outcome: str) -> None:
    case = await ready_to_decide(office)
    agent = await authority(office)
    with pytest.raises(PersonError) as caught:
        await decisions.draw_sheet(office, case, agent.staff, outcome, *REASON)
    assert caught.value.field == "outcome"


async def test_only_who_took_a_decision_takes_it_back_and_in_time(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    agent, other = await authority(office), await authority(office, "hassan")
    with pytest.raises(PersonError) as caught:
        await decisions.undo(office, office.command(), case, agent.staff)
    assert caught.value.status == 409
    await decided(office, case, "refused", agent)
    with pytest.raises(PersonError) as caught:
        await decisions.undo(office, office.command(), case, other.staff)
    assert caught.value.status == 403
    clock.ms += office.settings.undo_ms
    with pytest.raises(PersonError) as caught:
        await decisions.undo(office, office.command(), case, agent.staff)
    assert caught.value.status == 409
    assert await state_of(office, case) is State.REFUSED


async def test_what_waits_is_ordered_by_deadline_and_shows_how_much_of_it_is_used(office: Office, clock: Clock) -> None:
    owner = await account(office)
    first = (await asked(office, owner)).case
    await completed(office, first)
    await enquired(office, first)
    clock.ms += 30 * DAY
    second = (await asked(office, owner)).case
    await completed(office, second)
    await enquired(office, second)
    rows = await decisions.waiting(office)
    assert [row.case for row in rows] == [first, second]
    assert [(row.days_left, row.share_used) for row in rows] == [(30, 50), (60, 0)]
    clock.ms += 40 * DAY
    late = (await decisions.waiting(office))[0]
    assert (late.days_left, late.share_used) == (-10, 100)


async def test_a_certificate_is_handed_over_step_by_step(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)

    async def ready(printed: bool = True, stamped: bool = True) -> None:
        await certificates.confirm_ready(office, office.command(), case, printed, stamped, CLERK)

    for attempt, status in ((ready(), 409), (certificates.pdf(office, case), 404)):
        with pytest.raises(PersonError) as caught:
            await attempt
        assert caught.value.status == status
    clock.ms += office.settings.undo_ms
    await settling.settle_decisions(office)
    before = await records(office)
    for attempt in (ready(stamped=False), ready(printed=False)):
        with pytest.raises(PersonError) as caught:
            await attempt
        assert caught.value.field == "stamped"
    with pytest.raises(PersonError) as caught:
        await certificates.hand_over(office, office.command(), case, True, CLERK)
    assert caught.value.status == 409
    assert await records(office) == before
    await ready()
    with pytest.raises(PersonError) as caught:
        await ready()
    assert caught.value.status == 409
    with pytest.raises(PersonError) as caught:
        await certificates.hand_over(office, office.command(), case, False, CLERK)
    assert caught.value.field == "card_seen"
    await certificates.hand_over(office, office.command(), case, True, CLERK)
    with pytest.raises(PersonError) as caught:
        await certificates.hand_over(office, office.command(), case, True, CLERK)
    assert caught.value.status == 409
