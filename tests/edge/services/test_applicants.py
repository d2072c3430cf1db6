"""Children, foreigners and associations at the counter: whose account opens how, and who asks for whom."""

from __future__ import annotations

from typing import Any

import pytest

from edge.press.pages import claims_of
from edge.services import accounts, certificates, own_account, requests, search
from edge.services.office import Office
from edge.services.receipts import certificate_data, receipt_data
from edge.services.representation import RepresentativeForm
from edge.services.requests import Submitted
from protocol.errors import PersonError, PersonErrors
from protocol.office.case import State
from protocol.office.decision import parse_sheet
from tests.edge.services.support import (
    ANSWERS,
    CITIZEN,
    CLERK,
    PIN,
    RESIDENCE_ID,
    Clock,
    StandInPress,
    account,
    asked,
    authority,
    case_of,
    completed,
    decided,
    enquired,
    form,
    records,
)
from tests.edge.services.test_accounts import refused

CHILD = {
    "document": "none",
    "cnie": "",
    "name_fr": "Yasmine Benali",
    "name_ar": "ياسمين بنعلي",
    "birth_date": "2.5.2018",
}
ASSOCIATION = {
    "document": "association",
    "cnie": "123 / 2019",
    "name_fr": "Association Al Amal 2000",
    "name_ar": "جمعية الأمل 2000",
    "birth_date": "14/06/2019",
}
PROXY: dict[str, Any] = {
    "capacity": "proxy",
    "document": "residence_card",
    "cnie": "b 012345 x",
    "state": "",
    "name_fr": "Awa Diop",
    "name_ar": "أوا ديوب",
    "basis": "Procuration n° 4512, Oujda",
    "papers_seen": True,
}


async def at_the_counter(office: Office, **typed: Any) -> bytes:
    changes = {"pin": None, "phone": "", **typed}
    return await accounts.open_account(office, office.command(), form(**changes), CLERK, assisted=True, card_seen=True)


async def a_family(office: Office) -> tuple[bytes, bytes]:
    """A guardian with an account and a PIN, and her child."""
    mother = await account(office)
    await accounts.verify_identity(office, office.command(), mother, CLERK)
    return mother, await at_the_counter(office, **CHILD, guardian=mother)


def stand_in(**changes: Any) -> RepresentativeForm:
    return RepresentativeForm(**(PROXY | changes))


async def filed(office: Office, who: bytes, by: RepresentativeForm | None, command: bytes = b"") -> Submitted:
    return await requests.submit(
        office, command or office.command(), who, RESIDENCE_ID, ANSWERS, CLERK, "fr", represented=by
    )


def fields_of(error: PersonErrors) -> set[str | None]:
    return {each.field for each in error.errors}


async def test_a_childs_account_opens_through_who_answers_for_it_and_is_verified(office: Office) -> None:
    mother, child = await a_family(office)
    opened = await accounts.view(office, child)
    assert (opened.guardian, opened.document, opened.cnie, opened.verified) == (mother, "none", "", True)
    assert opened.phone == "+212612345621"
    assert opened.pin_hash is None


@pytest.mark.parametrize(
    ("typed", "by_clerk", "fields"),
    [
        ({"birth_date": "28.11.2008"}, False, {"birth_date", "card_seen", "pin"}),
        ({"birth_date": "2.5.2018", "pin": None}, True, {"birth_date"}),
        ({"document": "none", "cnie": "", "pin": None}, True, {"document"}),
        ({"document": "passport", "cnie": "12AB34567", "state": "FRA"}, True, {"pin"}),
        ({"document": "residence_card", "cnie": "B012345X"}, False, {"cnie"}),
        ({"document": "visa", "pin": None}, True, {"document"}),
        ({**ASSOCIATION, "cnie": "sans", "pin": None}, True, {"cnie"}),
        ({**ASSOCIATION, "name_fr": "جمعية", "pin": None}, True, {"name_fr"}),
    ],
)
async def test_who_cannot_open_such_an_account_hears_why(
    office: Office, typed: dict[str, Any], by_clerk: bool, fields: set[str]
) -> None:
    before = await records(office)
    by = CLERK if by_clerk else CITIZEN
    with pytest.raises(PersonErrors) as caught:
        await accounts.open_account(office, office.command(), form(**typed), by, card_seen=by_clerk)
    assert fields_of(caught.value) == fields
    assert await records(office) == before


async def test_papers_that_nobody_saw_open_no_childs_or_associations_account(office: Office) -> None:
    mother, _ = await a_family(office)
    for typed in ({**CHILD, "guardian": mother}, ASSOCIATION):
        with pytest.raises(PersonErrors) as caught:
            await accounts.open_account(office, office.command(), form(**typed, pin=None), CLERK, assisted=True)
        assert fields_of(caught.value) == {"card_seen"}


async def test_only_an_adult_whose_card_was_seen_answers_for_a_child(office: Office) -> None:
    declared = await account(office)
    assert (await refused(lambda: at_the_counter(office, **CHILD, guardian=declared))).status == 409
    await accounts.verify_identity(office, office.command(), declared, CLERK)
    child = await at_the_counter(office, **CHILD, guardian=declared)
    association = await at_the_counter(office, **ASSOCIATION)
    for wrong in (child, association):
        assert (await refused(lambda wrong=wrong: at_the_counter(office, **CHILD, guardian=wrong))).status == 409  # type: ignore[misc]  # bound at once


async def test_a_foreigner_is_found_by_his_passport_and_signs_in_by_his_residence_card(office: Office) -> None:
    passport = await at_the_counter(office, document="passport", cnie="12ab34567", state="fra", name_fr="Marie Dupont")
    (found,) = await search.find(office, "FRA 12AB34567", CLERK)
    assert (found.subject, found.document, found.cnie_masked) == (passport, "passport", "FRA ••••67")
    card = await at_the_counter(office, document="residence_card", cnie="B012345X", name_fr="Awa Diop", pin=PIN)
    assert await accounts.sign_in(office, "b 012345 x", PIN) == card
    assert (await refused(lambda: accounts.sign_in(office, "12AB34567", PIN))).field == "cnie"


async def test_one_number_on_two_cards_opens_the_account_whose_pin_it_is(office: Office) -> None:
    national = await account(office, cnie="FA12345")
    resident = await at_the_counter(office, document="residence_card", cnie="FA12345", pin="908172")
    assert await accounts.sign_in(office, "FA12345", PIN) == national
    assert await accounts.sign_in(office, "FA12345", "908172") == resident


async def test_a_clerk_is_told_that_a_number_is_taken_and_a_citizen_is_not(office: Office) -> None:
    await account(office)
    told = await refused(lambda: at_the_counter(office, name_fr="Another Person"))
    assert (told.status, told.field) == (409, "cnie")


async def test_a_childs_request_names_its_guardian_from_her_account(office: Office) -> None:
    _, child = await a_family(office)
    submitted = await filed(office, child, stand_in(capacity="guardian", basis="Livret de famille 88"))
    by = (await case_of(office, submitted.case)).represented_by
    assert by is not None
    assert (by.capacity, by.cnie, by.name_fr, by.basis) == (
        "guardian", "FA123456", "Fatima Zahra Benali", "Livret de famille 88",
    )  # fmt: skip


async def test_nobody_asks_for_a_child_or_an_association_but_who_may(office: Office) -> None:
    _, child = await a_family(office)
    association = await at_the_counter(office, **ASSOCIATION)
    adult = await at_the_counter(office, cnie="FA77", name_fr="Ali Idrissi")
    wrong: list[tuple[bytes, RepresentativeForm | None]] = [
        (child, None),
        (child, stand_in()),
        (association, None),
        (association, stand_in(capacity="guardian")),
        (adult, stand_in(capacity="president")),
    ]
    before = await records(office)
    for who, by in wrong:
        with pytest.raises(PersonError):
            await filed(office, who, by)
    assert await records(office) == before


async def test_every_slip_about_a_proxy_is_told_beside_its_field_with_those_of_the_answers(office: Office) -> None:
    adult = await at_the_counter(office)
    by = stand_in(
        cnie="12", name_fr="12", name_ar="x", basis="12", papers_seen=False, capacity="friend", document="none"
    )
    with pytest.raises(PersonErrors) as caught:
        await requests.submit(office, office.command(), adult, RESIDENCE_ID, {}, CLERK, "fr", represented=by)
    assert fields_of(caught.value) >= {
        "rep_document", "rep_cnie", "rep_name_fr", "rep_name_ar", "rep_basis", "papers_seen", "capacity", "since",
    }  # fmt: skip


async def test_nobody_is_his_own_proxy(office: Office) -> None:
    adult = await at_the_counter(office)
    with pytest.raises(PersonErrors) as caught:
        await filed(office, adult, stand_in(document="cnie", cnie="FA 123456"))
    assert fields_of(caught.value) == {"rep_cnie"}


async def test_a_request_by_proxy_sent_twice_is_one_request(office: Office) -> None:
    adult, command = await at_the_counter(office), office.command()
    first = await filed(office, adult, stand_in(), command)
    before = await records(office)
    assert await filed(office, adult, stand_in(), command) == first
    assert await records(office) == before


async def test_the_representative_stands_on_receipt_sheet_and_certificate_and_takes_the_paper(
    office: Office, press: StandInPress
) -> None:
    association = await at_the_counter(office, **ASSOCIATION)
    case = (await filed(office, association, stand_in(capacity="president"))).case
    dossier = await requests.dossier(office, case)
    receipt = receipt_data(office, dossier.case, dossier.procedure)
    assert receipt.represented_by is not None
    assert (receipt.represented_by.basis, receipt.person.document) == ("Procuration n° 4512, Oujda", "association")
    await completed(office, case)
    await enquired(office, case)
    await decided(office, case, agent=await authority(office))
    decision = (await case_of(office, case)).decision
    assert decision is not None
    sheet = parse_sheet(decision.sheet)
    assert sheet.represented_by == dossier.case.represented_by
    assert (sheet.identity.document, sheet.identity.cnie) == ("association", "123/2019")
    paper = certificate_data(office, await case_of(office, case), dossier.procedure, "serial", office.now())
    claims = claims_of(paper)
    assert claims.document == "association"
    assert claims.represented_by is not None
    assert (claims.represented_by.capacity, claims.represented_by.cnie) == ("president", "B012345X")


async def test_who_takes_the_certificate_is_one_of_two(office: Office) -> None:
    case = (await asked(office)).case
    error = await refused(
        lambda: certificates.hand_over(office, office.command(), case, True, CLERK, collected_by="a neighbour")
    )
    assert error.field == "collected_by"


async def test_a_guardian_sees_the_childrens_requests_until_they_are_of_age(office: Office, clock: Clock) -> None:
    mother, child = await a_family(office)
    case = (await filed(office, child, stand_in(capacity="guardian"))).case
    own = await own_account.own_account(office, mother)
    assert [(each.name_fr, [row.case for row in each.rows]) for each in own.children] == [("Yasmine Benali", [case])]
    assert (await own_account.own_dossier(office, mother, case)).subject == case
    stranger = await account(office, cnie="FA55", name_fr="Ali Idrissi")
    assert (await refused(lambda: own_account.own_dossier(office, stranger, case))).status == 404
    clock.ms += 12 * 366 * 24 * 3_600_000
    assert (await own_account.own_account(office, mother)).children == []
    assert (await refused(lambda: own_account.own_dossier(office, mother, case))).status == 404


async def test_a_declared_account_sees_only_what_was_entered_through_it(office: Office) -> None:
    declared = await account(office)
    own_one = (await asked(office, declared)).case
    clerks = (await filed(office, declared, None)).case
    await accounts.view(office, declared, CLERK)
    before = await own_account.own_account(office, declared)
    assert (before.account.views, before.account.steps) == ((), ())
    assert ([row.case for row in before.rows], before.hidden) == ([own_one], True)
    assert (await refused(lambda: own_account.own_dossier(office, declared, clerks))).status == 404
    await accounts.verify_identity(office, office.command(), declared, CLERK)
    after = await own_account.own_account(office, declared)
    assert ({row.case for row in after.rows}, after.hidden) == ({own_one, clerks}, False)
    assert [look.by for look in after.account.views] == [CLERK]
    assert (await own_account.own_dossier(office, declared, clerks)).case.state is State.SUBMITTED
