"""Certificates that count no more: annulled by the agent, or replaced at the counter; sealed anew once, and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.services import certificates, messages, requests, settling, void_certificates
from edge.services.office import Office
from edge.services.sms import TEXTS
from edge.store.feeds import accept
from edge.store.rebuild import rebuild_views
from protocol.errors import PersonError
from protocol.office.casework import State
from protocol.office.events import RevocationsPublished, VoidSince, to_value
from tests.edge.services.support import (
    CLERK,
    DAY,
    Clock,
    ScriptedModem,
    StandInPress,
    authority,
    case_of,
    decided,
    office_in,
    ready_to_decide,
    records,
    state_of,
)
from tests.edge.web.support import feed_of

WRONG = ("address", "L’adresse est celle de l’ancien logement.")


async def sealed(office: Office, clock: Clock, **changes: str) -> bytes:
    """A request whose certificate is sealed."""
    case = await ready_to_decide(office, **changes)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    assert await settling.settle_decisions(office) == 1
    return case


async def handed_over(office: Office, clock: Clock) -> bytes:
    case = await sealed(office, clock)
    await certificates.confirm_ready(office, office.command(), case, True, True, CLERK)
    await messages.send_due(office)
    await certificates.hand_over(office, office.command(), case, True, CLERK)
    return case


async def serial_of(office: Office, case: bytes) -> str:
    certificate = (await case_of(office, case)).certificate
    assert certificate is not None
    return certificate.serial


async def annul(office: Office, case: bytes, serial: str = "", reason: tuple[str, str] = WRONG) -> None:
    agent = await authority(office)
    await void_certificates.annul(
        office, office.command(), case, serial or await serial_of(office, case), *reason, agent.staff
    )


async def replace(office: Office, case: bytes, serial: str = "", cause: str = "lost", seen: bool = True) -> None:
    serial = serial or await serial_of(office, case)
    await void_certificates.replace(office, office.command(), case, serial, cause, seen, CLERK)


async def test_a_lost_certificate_is_sealed_anew_at_once_and_ends_with_the_first(
    office: Office, clock: Clock, press: StandInPress, modem: ScriptedModem
) -> None:
    case = await handed_over(office, clock)
    first = await serial_of(office, case)
    clock.ms += 20 * DAY
    await replace(office, case)
    assert await state_of(office, case) is State.APPROVED
    with pytest.raises(PersonError, match="not sealed yet"):
        await certificates.pdf(office, case)
    assert await settling.settle_decisions(office) == 1
    assert await settling.settle_decisions(office) == 0
    one, other = press.papers
    assert other.replaces is not None
    assert (other.replaces.serial, other.replaces.duplicate) == (first, True)
    assert other.expires_ms == one.expires_ms
    assert other.issued_ms > one.issued_ms
    again = await serial_of(office, case)
    assert again != first
    assert (await certificates.pdf(office, case)).endswith(again.encode())
    await certificates.confirm_ready(office, office.command(), case, True, True, CLERK)
    assert await messages.send_due(office) == 1
    assert len(modem.handed) == 2
    await certificates.hand_over(office, office.command(), case, True, CLERK)
    opened = await case_of(office, case)
    assert [(void.serial, void.cause) for void in opened.void] == [(first, "lost")]
    assert all(step.lawful for step in opened.history)


async def test_a_duplicate_of_a_duplicate_still_ends_with_the_first(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    case = await handed_over(office, clock)
    for cause in ("damaged", "lost"):
        clock.ms += 5 * DAY
        await replace(office, case, cause=cause)
        assert await settling.settle_decisions(office) == 1
        await certificates.confirm_ready(office, office.command(), case, True, True, CLERK)
    assert len({paper.expires_ms for paper in press.papers}) == 1
    assert [void.cause for void in (await case_of(office, case)).void] == ["damaged", "lost"]


async def test_two_crashes_between_loss_and_duplicate_make_one_paper(tmp_path: Path, clock: Clock) -> None:
    async with office_in(tmp_path, clock) as office:
        case = await handed_over(office, clock)
        await office.agenda.begin(office.store)
        await replace(office, case)
    press = StandInPress()
    press.failures.append(PersonError("the press died", status=503))
    async with office_in(tmp_path, clock, press=press) as office:
        assert await settling.settle_decisions(office) == 0
    async with office_in(tmp_path, clock, press=press) as office:
        assert await settling.settle_decisions(office) == 1
        before = await records(office)
        await rebuild_views(office.store)
        assert await settling.settle_decisions(office) == 0
        assert await records(office) == before
        assert len((await case_of(office, case)).void) == 1
    assert len(press.papers) == 2


async def test_an_annulled_certificate_is_sealed_only_after_a_new_decision(
    office: Office, clock: Clock, press: StandInPress, modem: ScriptedModem
) -> None:
    case = await handed_over(office, clock)
    first = await serial_of(office, case)
    clock.ms += 3 * DAY
    await annul(office, case)
    opened = await case_of(office, case)
    assert opened.state is State.UNDER_DECISION
    assert (opened.decision, opened.certificate) == (None, None)
    clock.ms += office.settings.undo_ms
    assert await settling.settle_decisions(office) == 0
    with pytest.raises(PersonError, match="was annulled"):
        await certificates.pdf(office, case)
    assert await messages.send_due(office) == 1
    reference = opened.reference
    assert modem.handed[-1][1].endswith(TEXTS["annulled"].fr.partition(" : ")[2].format(reference=reference))
    await decided(office, case)
    assert await settling.settle_decisions(office) == 0
    clock.ms += office.settings.undo_ms
    assert await settling.settle_decisions(office) == 1
    corrected = press.papers[-1]
    assert corrected.replaces is not None
    assert (corrected.replaces.serial, corrected.replaces.duplicate) == (first, False)
    assert corrected.expires_ms is not None
    assert press.papers[0].expires_ms is not None
    assert corrected.expires_ms > press.papers[0].expires_ms
    await certificates.confirm_ready(office, office.command(), case, True, True, CLERK)
    assert await messages.send_due(office) == 1


async def test_an_annulment_may_end_in_a_refusal_which_is_told(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await handed_over(office, clock)
    await annul(office, case, reason=("false_pieces", "La facture présentée n’est pas la sienne."))
    await decided(office, case, "refused")
    clock.ms += office.settings.undo_ms
    assert await settling.settle_decisions(office) == 1
    await messages.send_due(office)
    assert [message.template for message in (await case_of(office, case)).messages] == ["ready", "annulled", "answered"]


async def test_two_crashes_between_annulment_and_decision_seal_nothing(tmp_path: Path, clock: Clock) -> None:
    press = StandInPress()
    async with office_in(tmp_path, clock, press=press) as office:
        case = await handed_over(office, clock)
        await annul(office, case)
    for _ in range(2):
        clock.ms += DAY
        async with office_in(tmp_path, clock, press=press) as office:
            assert await settling.settle_decisions(office) == 0
    async with office_in(tmp_path, clock, press=press) as office:
        await decided(office, case)
    clock.ms += office.settings.undo_ms
    async with office_in(tmp_path, clock, press=press) as office:
        assert await settling.settle_decisions(office) == 1
    assert len(press.papers) == 2


async def test_one_who_has_no_mobile_is_to_be_told_at_the_counter(office: Office, clock: Clock) -> None:
    case = await sealed(office, clock, phone="")
    await annul(office, case)
    assert (await requests.dossier(office, case)).told == "failed"
    await messages.told_in_person(office, office.command(), case, CLERK)
    assert (await requests.dossier(office, case)).told == "told"


async def test_only_the_certificate_that_stands_is_made_void(office: Office, clock: Clock) -> None:
    case = await handed_over(office, clock)
    first = await serial_of(office, case)
    await replace(office, case)
    await settling.settle_decisions(office)
    for act in (annul, replace):
        with pytest.raises(PersonError) as refused:
            await act(office, case, first)
        assert refused.value.status == 409
    assert len((await case_of(office, case)).void) == 1


@pytest.mark.parametrize("reason", [("", "Une phrase entière."), ("address", "court"), ("invented", "Une phrase.")])
async def test_an_annulment_gives_its_reason(office: Office, clock: Clock, reason: tuple[str, str]) -> None:
    case = await sealed(office, clock)
    with pytest.raises(PersonError) as refused:
        await annul(office, case, reason=reason)
    assert refused.value.field in ("reason_code", "reason_text")
    assert await state_of(office, case) is State.APPROVED


async def test_a_duplicate_wants_the_card_and_a_cause(office: Office, clock: Clock) -> None:
    case = await handed_over(office, clock)
    with pytest.raises(PersonError) as refused:
        await replace(office, case, seen=False)
    assert refused.value.field == "holder_seen"
    with pytest.raises(PersonError) as refused:
        await replace(office, case, cause="stolen")
    assert refused.value.field == "cause"


async def test_a_receipt_tells_that_the_paper_counts_no_more_until_another_does(office: Office, clock: Clock) -> None:
    case = await handed_over(office, clock)
    reference = (await case_of(office, case)).reference
    assert (await requests.public_state(office, reference)).void == ""
    await replace(office, case, cause="damaged")
    assert (await requests.public_state(office, reference)).void == "damaged"
    await settling.settle_decisions(office)
    assert (await requests.public_state(office, reference)).void == ""


async def test_an_annexe_says_what_the_prefectures_list_says(office: Office, clock: Clock) -> None:
    assert (await void_certificates.paper_state(office, "aaaa")).list is None
    first = RevocationsPublished(
        number=1, issued_ms=clock.ms, next_update_ms=clock.ms + DAY, annulled=[VoidSince("aaaa", 5)], replaced=[]
    )
    parts = [
        RevocationsPublished(
            number=2, issued_ms=clock.ms + 1, next_update_ms=clock.ms + 2 * DAY, part=part, parts=2,
            annulled=[], replaced=[VoidSince(serial, 7)],
        )
        for part, serial in enumerate(("bbbb", "cccc"))
    ]  # fmt: skip
    feed, trust = feed_of([to_value(event) for event in (first, *parts)], b"segment2")
    assert (await accept(office.store, "berkane-05", feed[:2], trust)).stored == 2
    known = await void_certificates.paper_state(office, " AAAA ")
    assert (known.cause, known.since_ms, known.overdue) == ("annulled", 5, False)
    await accept(office.store, "berkane-05", feed[2:3], trust)
    assert (await void_certificates.paper_state(office, "aaaa")).list == known.list
    await accept(office.store, "berkane-05", feed[3:], trust)
    assert (await void_certificates.paper_state(office, "aaaa")).cause == ""
    clock.ms += 3 * DAY
    now = await void_certificates.paper_state(office, "cccc")
    assert (now.cause, now.overdue) == ("replaced", True)
    assert now.list is not None
    assert now.list.number == 2
