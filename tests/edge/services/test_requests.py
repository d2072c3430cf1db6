"""Asking, completing, enquiring, following: what is refused writes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from itertools import count

import pytest

from edge.services import enquiries, pieces, requests
from edge.services.office import Office
from protocol.errors import OperatorError, PersonError, PersonErrors
from protocol.office.casework import State
from tests.edge.services.support import (
    ANSWERS,
    CITIZEN,
    CLERK,
    DAY,
    RESIDENCE_ID,
    Clock,
    account,
    asked,
    case_of,
    completed,
    records,
    state_of,
    wrongly_used,
)


async def test_one_command_is_one_request_however_often_it_is_sent(office: Office) -> None:
    owner, command = await account(office), office.command()

    async def submit() -> requests.Submitted:
        return await requests.submit(office, command, owner, RESIDENCE_ID, ANSWERS, CITIZEN, "ar")

    answers = await asyncio.gather(*(submit() for _ in range(4)))
    before = await records(office)
    answers.append(await submit())
    assert len(set(answers)) == 1
    assert await records(office) == before
    assert [row.case for row in await requests.of_account(office, owner)] == [answers[0].case]


async def test_two_commands_are_two_requests_with_references_of_their_own(office: Office) -> None:
    owner = await account(office)
    one, other = await asked(office, owner), await asked(office, owner)
    assert one.reference != other.reference
    assert len(await requests.of_account(office, owner)) == 2


class Repeating:
    """Random bytes that come three times each."""

    def __init__(self, office: Office) -> None:
        self._drawn, self._entropy = count(), office.entropy
        self._last = b""

    def __call__(self, size: int) -> bytes:
        if next(self._drawn) % 3 == 0:
            self._last = self._entropy(size)
        return self._last


async def test_a_reference_that_exists_is_drawn_again(office: Office) -> None:
    owner = await account(office)
    commands = [office.command() for _ in range(3)]
    repeating = replace(office, entropy=Repeating(office))
    receipts = [
        await requests.submit(repeating, command, owner, RESIDENCE_ID, ANSWERS, CITIZEN, "ar") for command in commands
    ]
    assert len({one.reference for one in receipts}) == 3
    assert len(await requests.of_account(office, owner)) == 3


async def test_a_source_of_chance_that_only_repeats_itself_is_told(office: Office) -> None:
    owner = await account(office)
    stuck = replace(office, entropy=lambda size: b"\x05" * size)
    await requests.submit(stuck, office.command(), owner, RESIDENCE_ID, ANSWERS, CITIZEN, "ar")
    with pytest.raises(OperatorError, match="repeats itself"):
        await requests.submit(stuck, office.command(), owner, RESIDENCE_ID, ANSWERS, CITIZEN, "ar")
    assert len(await requests.of_account(office, owner)) == 1


@pytest.mark.parametrize("procedure", ["vie-individuelle", "residence-police"])
async def test_what_is_not_delivered_here_cannot_be_asked_for(office: Office, procedure: str) -> None:
    owner = await account(office)
    before = await records(office)
    with pytest.raises(PersonError) as caught:
        await requests.submit(office, office.command(), owner, procedure, {}, CITIZEN, "ar")
    assert caught.value.status == 409
    assert await records(office) == before


async def test_nobody_asks_for_what_the_guide_does_not_have_or_without_an_account(office: Office) -> None:
    owner = await account(office)
    for who, procedure in ((owner, "passport"), (b"n" * 16, RESIDENCE_ID)):
        with pytest.raises(PersonError) as caught:
            await requests.submit(office, office.command(), who, procedure, ANSWERS, CITIZEN, "ar")
        assert caught.value.status == 404


async def test_each_wrong_answer_is_told_by_its_field(office: Office) -> None:
    owner = await account(office)
    before = await records(office)
    wrong = {"since": "2021-13", "title": "king", "use": "x" * 121}
    with pytest.raises(PersonErrors) as caught:
        await requests.submit(office, office.command(), owner, RESIDENCE_ID, wrong, CITIZEN, "ar")
    assert {error.field for error in caught.value.errors} == {"since", "title", "use"}
    with pytest.raises(PersonErrors) as caught:
        await requests.submit(office, office.command(), owner, RESIDENCE_ID, {"title": "owner"}, CITIZEN, "ar")
    assert [error.field for error in caught.value.errors] == ["since"]
    assert await records(office) == before


async def test_a_refused_form_can_be_sent_again_with_the_same_command(office: Office) -> None:
    owner, command = await account(office), office.command()
    with pytest.raises(PersonErrors):
        await requests.submit(office, command, owner, RESIDENCE_ID, {}, CITIZEN, "ar")
    assert (await requests.submit(office, command, owner, RESIDENCE_ID, ANSWERS, CITIZEN, "ar")).reference


async def test_a_form_whose_command_was_used_elsewhere_is_begun_anew(office: Office) -> None:
    command, owner = await wrongly_used(office), await account(office)
    with pytest.raises(PersonError) as caught:
        await requests.submit(office, command, owner, RESIDENCE_ID, ANSWERS, CITIZEN, "ar")
    assert caught.value.status == 409


async def test_a_receipts_reference_opens_the_state_and_forgives_how_it_is_typed(office: Office) -> None:
    reference = (await asked(office)).reference
    state = await requests.public_state(office, f" {reference.lower().replace('-', ' ')} ")
    assert (state.reference, state.state) == (reference, State.SUBMITTED)
    with pytest.raises(PersonError) as caught:
        await requests.public_state(office, "hello")
    assert caught.value.field == "reference"
    with pytest.raises(PersonError) as caught:
        await requests.public_state(office, "B05-7K3MQ-2X9RT" if reference != "B05-7K3MQ-2X9RT" else "")
    assert caught.value.field == "reference"


async def test_the_deadline_counts_anew_from_the_complete_dossier(office: Office, clock: Clock) -> None:
    request = await asked(office)
    assert request.due == date(2027, 1, 24)
    clock.ms += 10 * DAY
    await completed(office, request.case)
    assert (await case_of(office, request.case)).due == date(2027, 2, 3)


async def test_a_dossier_is_complete_with_all_its_pieces_and_no_others(office: Office) -> None:
    case = (await asked(office)).case
    before = await records(office)
    for seen in ([], ["cnie"], ["cnie", "bill", "passport"]):
        with pytest.raises(PersonError) as caught:
            await pieces.complete(office, office.command(), case, seen, CLERK)
        assert caught.value.field == "pieces"
    with pytest.raises(PersonError) as caught:
        await pieces.complete(office, office.command(), case, ["cnie", "bill"], CITIZEN)
    assert caught.value.status == 403
    assert await records(office) == before


async def test_a_dossier_is_completed_once_and_the_same_click_is_forgiven(office: Office) -> None:
    case, command = (await asked(office)).case, office.command()
    for _ in range(2):
        await pieces.complete(office, command, case, ["cnie", "bill"], CLERK, card_seen=True)
    with pytest.raises(PersonError) as caught:
        await completed(office, case)
    assert caught.value.status == 409


@pytest.mark.parametrize(
    ("outcome", "on", "note", "title", "fields"),
    [
        ("perhaps", "2026-11-24", "", "moqaddem", {"outcome"}),
        ("favourable", "24/11/2026", "", "moqaddem", {"on"}),
        ("favourable", "2026-11-27", "", "moqaddem", {"on"}),
        ("favourable", "2025-11-20", "", "moqaddem", {"on"}),
        ("favourable", "2026-11-24", "x" * 501, "moqaddem", {"note"}),
        ("favourable", "2026-11-24", "hid\u200bden", "moqaddem", {"note"}),
        ("no", "never", "", "general", {"outcome", "on", "by_title"}),
    ],
)
async def test_slips_of_an_enquiry_are_told_by_field(
    office: Office, outcome: str, on: str, note: str, title: str, fields: set[str]
) -> None:
    case = (await asked(office)).case
    await completed(office, case)
    before = await records(office)
    with pytest.raises(PersonErrors) as caught:
        await enquiries.report(office, office.command(), case, outcome, on, note, title, CLERK)
    assert {error.field for error in caught.value.errors} == fields
    assert await records(office) == before


async def test_an_enquiry_is_entered_when_it_is_due_and_once(office: Office) -> None:
    case = (await asked(office)).case
    report = ("favourable", "2026-11-24", "vu sur place", "cheikh", CLERK)
    with pytest.raises(PersonError) as caught:
        await enquiries.report(office, office.command(), case, *report)
    assert caught.value.status == 409
    await completed(office, case)
    await enquiries.report(office, office.command(), case, *report)
    assert await state_of(office, case) is State.UNDER_DECISION
    with pytest.raises(PersonError) as caught:
        await enquiries.report(office, office.command(), case, *report)
    assert caught.value.status == 409


async def test_lists_show_the_nearest_deadline_first_and_no_more_than_asked(office: Office, clock: Clock) -> None:
    owner = await account(office)
    first = await asked(office, owner)
    clock.ms += DAY
    second = await asked(office, owner)
    rows = await requests.recent(office, [State.SUBMITTED, State.READY])
    assert [row.case for row in rows] == [first.case, second.case]
    assert [row.case for row in await requests.recent(office, [State.SUBMITTED], limit=1)] == [first.case]
    assert rows[0].applicant_fr == "Fatima Zahra Benali"


async def test_a_receipt_is_for_a_request_that_is_there(office: Office) -> None:
    with pytest.raises(PersonError) as caught:
        await requests.receipt_pdf(office, b"n" * 16, "ar")
    assert caught.value.status == 404
    reference = await asked(office)
    assert reference.reference.encode() in await requests.receipt_pdf(office, reference.case, "ar")
