"""Putting an account right with the card in hand, and the open requests that take it over."""

from __future__ import annotations

from typing import Any

import pytest

from edge.services import accounts, decisions, pieces, rectification, search
from edge.services.account_forms import Said
from edge.services.office import Office
from edge.services.rectification import Correction
from protocol.errors import PersonErrors
from protocol.office.casework import State
from protocol.office.decision import sign_sheet
from tests.edge.services.support import (
    CLERK,
    account,
    asked,
    authority,
    case_of,
    decided,
    ready_to_decide,
    records,
)
from tests.edge.services.test_accounts import refused
from tests.edge.services.test_applicants import ASSOCIATION, a_family, at_the_counter

CARD: dict[str, Any] = {
    "document": "cnie",
    "cnie": "FA123456",
    "state": "",
    "name_fr": "Fatima Zahra Benali",
    "name_ar": "فاطمة الزهراء بنعلي",
    "birth_date": "12/03/1987",
    "address": "12 rue des Orangers, Hay Essalam, Berkane",
}


def by_the_card(*, seen: bool = True, take_over: bool = True, **changes: Any) -> Correction:
    return Correction(Said(**(CARD | changes)), seen, take_over)


async def put_right(office: Office, owner: bytes, correction: Correction) -> None:
    await rectification.correct(office, office.command(), owner, correction, CLERK)


async def phone(office: Office, owner: bytes, number: str, *, seen: bool = True, take_over: bool = True) -> None:
    await rectification.change_phone(office, office.command(), owner, number, seen, take_over, CLERK)


async def test_a_changed_telephone_is_where_the_next_message_goes(office: Office) -> None:
    owner = await account(office)
    case = (await asked(office, owner)).case
    await phone(office, owner, "06 98 76 54 32")
    assert (await accounts.view(office, owner)).phone == "+212698765432"
    assert (await case_of(office, case)).applicant.phone == "+212698765432"
    assert await search.find(office, "0612345621", CLERK) == []
    assert [found.subject for found in await search.find(office, "0698765432", CLERK)] == [owner]
    await phone(office, owner, "")
    assert (await case_of(office, case)).applicant.phone is None


async def test_nothing_is_changed_without_the_card(office: Office) -> None:
    owner = await account(office)
    before = await records(office)
    assert (await refused(lambda: phone(office, owner, "0698765432", seen=False))).field == "card_seen"
    with pytest.raises(PersonErrors) as caught:
        await put_right(office, owner, by_the_card(name_fr="Fatima Benali", seen=False))
    assert [error.field for error in caught.value.errors] == ["card_seen"]
    assert await records(office) == before


async def test_a_telephone_that_is_none_or_the_same_changes_nothing(office: Office) -> None:
    owner = await account(office)
    before = await records(office)
    for number in ("12", "0612345621"):
        assert (await refused(lambda number=number: phone(office, owner, number))).field == "phone"  # type: ignore[misc]  # bound at once
    assert await records(office) == before


async def test_what_the_card_says_takes_the_place_of_what_was_declared(office: Office) -> None:
    owner = await account(office, name_fr="Fatima Benalli")
    case = (await asked(office, owner)).case
    await put_right(office, owner, by_the_card())
    after = await accounts.view(office, owner)
    assert (after.name_fr, after.verified) == ("Fatima Zahra Benali", True)
    assert after.steps[-1].fields == ("name_fr",)
    opened = await case_of(office, case)
    assert (opened.applicant.name_fr, opened.applicant.verified) == ("Fatima Zahra Benali", True)
    assert opened.history[-1].kind == "applicant.corrected"


async def test_a_request_may_take_a_correction_over_later(office: Office) -> None:
    owner = await account(office)
    case = (await asked(office, owner)).case
    await put_right(office, owner, by_the_card(address="3 rue du Lac, Berkane", take_over=False))
    person = await accounts.view(office, owner)
    assert rectification.outdated(await case_of(office, case), person)
    await rectification.take_over(office, office.command(), case, CLERK)
    assert (await case_of(office, case)).applicant.address == "3 rue du Lac, Berkane"
    error = await refused(lambda: rectification.take_over(office, office.command(), case, CLERK))
    assert error.status == 409


async def test_a_decided_request_stays_as_it_was_decided_on(office: Office) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    owner = (await case_of(office, case)).account
    await put_right(office, owner, by_the_card(address="3 rue du Lac, Berkane"))
    opened = await case_of(office, case)
    assert opened.applicant.address.startswith("12 rue")
    assert not rectification.outdated(opened, await accounts.view(office, owner))


async def test_a_sheet_read_before_a_correction_is_read_again(office: Office) -> None:
    case, agent = await ready_to_decide(office), await authority(office)
    sheet = await decisions.draw_sheet(office, case, agent.staff, "approved", "", "")
    await put_right(office, (await case_of(office, case)).account, by_the_card(address="3 rue du Lac, Berkane"))
    signature = sign_sheet(sheet, agent.signing)
    error = await refused(lambda: decisions.take(office, office.command(), case, sheet, signature, agent.staff))
    assert error.status == 409
    assert (await case_of(office, case)).state is State.UNDER_DECISION


async def test_a_renewed_passport_is_the_same_account_and_the_old_number_is_free(office: Office) -> None:
    owner = await at_the_counter(office, document="passport", cnie="FRA 12AB34567")
    await put_right(office, owner, by_the_card(document="passport", cnie="98ZZ11111", state="FRA"))
    assert [found.subject for found in await search.find(office, "FRA 98ZZ11111", CLERK)] == [owner]
    assert await search.find(office, "FRA 12AB34567", CLERK) == []


async def test_a_number_that_another_account_has_is_refused(office: Office) -> None:
    owner = await account(office)
    await at_the_counter(office, cnie="FA77", name_fr="Ali Idrissi")
    error = await refused(lambda: put_right(office, owner, by_the_card(cnie="FA77")))
    assert (error.status, error.field) == (409, "cnie")


async def test_what_would_make_another_applicant_of_an_account_is_refused(office: Office) -> None:
    _, child = await a_family(office)
    adult = await at_the_counter(office, cnie="FA77", name_fr="Ali Idrissi")
    association = await at_the_counter(office, **ASSOCIATION)
    wrong = [
        (adult, by_the_card(cnie="FA77", birth_date="1.1.2020"), "birth_date"),
        (adult, by_the_card(document="none", cnie=""), "document"),
        (adult, Correction(Said(state="", address=CARD["address"], **ASSOCIATION), True, True), "document"),
        (association, by_the_card(), "document"),
    ]
    for owner, correction, field in wrong:
        error = await refused(lambda owner=owner, correction=correction: put_right(office, owner, correction))  # type: ignore[misc]  # bound at once
        assert error.field == field
    first_card = by_the_card(cnie="FA99", name_fr="Yasmine Benali", name_ar="ياسمين بنعلي", birth_date="2.5.2018")
    await put_right(office, child, first_card)
    assert (await accounts.view(office, child)).cnie == "FA99"


async def test_a_card_that_says_the_same_changes_nothing(office: Office) -> None:
    owner = await account(office)
    assert (await refused(lambda: put_right(office, owner, by_the_card()))).status == 409
    assert not (await accounts.view(office, owner)).verified


async def test_the_same_correction_sent_twice_is_one_step(office: Office) -> None:
    owner, command = await account(office), office.command()
    for _ in range(2):
        await rectification.correct(office, command, owner, by_the_card(address="3 rue du Lac, Berkane"), CLERK)
    kinds = [step.kind for step in (await accounts.view(office, owner)).steps]
    assert kinds == ["account.identity_verified", "account.corrected"]


async def test_the_card_of_who_is_only_declared_is_seen_with_the_pieces_at_the_latest(office: Office) -> None:
    owner = await account(office)
    case, before = (await asked(office, owner)).case, await records(office)
    error = await refused(lambda: pieces.complete(office, office.command(), case, ["cnie", "bill"], CLERK))
    assert error.field == "card_seen"
    assert not (await case_of(office, case)).identity_seen
    assert await records(office) == before
    await pieces.complete(office, office.command(), case, ["cnie", "bill"], CLERK, card_seen=True)
    assert (await accounts.view(office, owner)).verified
    assert (await case_of(office, case)).identity_seen
