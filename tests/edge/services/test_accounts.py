"""Opening an account, signing in, and who looked at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from edge.services import accounts
from edge.services.attempts import ALLOWED, LOCKED_MS
from edge.services.office import Office
from protocol.errors import PersonError, PersonErrors
from tests.edge.services.support import (
    CITIZEN,
    CLERK,
    DAY,
    MINUTE,
    PIN,
    Clock,
    account,
    form,
    records,
    wrongly_used,
)

LOOK = accounts.SAME_LOOK_MS


async def refused(attempt: Callable[[], object]) -> PersonError:
    with pytest.raises(PersonError) as caught:
        await attempt()  # type: ignore[misc]  # every attempt here is a coroutine function
    return caught.value


async def test_the_same_command_twice_is_one_account_and_one_answer(office: Office) -> None:
    command = office.command()
    first = await accounts.open_account(office, command, form(), CITIZEN)
    before = await records(office)
    assert await accounts.open_account(office, command, form(), CITIZEN) == first
    assert await records(office) == before


async def test_the_same_command_twice_at_once_is_one_account(office: Office) -> None:
    command = office.command()
    answers = await asyncio.gather(*(accounts.open_account(office, command, form(), CITIZEN) for _ in range(4)))
    assert len(set(answers)) == 1
    async with office.store.reading() as reader:
        assert await reader.accounts_by("cnie", "FA123456") == [answers[0]]


async def test_a_second_claim_on_a_card_reveals_nothing(office: Office) -> None:
    await account(office)
    before = await records(office)
    claim = form(name_fr="Someone Else", name_ar="شخص آخر", phone="", birth_date="1.1.1970", pin="908172")
    error = await refused(lambda: accounts.open_account(office, office.command(), claim, CITIZEN))
    assert error.status == 409
    assert error.field is None
    assert not error.facts
    assert await records(office) == before


async def test_two_who_claim_one_card_at_once_do_not_both_get_it(office: Office) -> None:
    claims = [accounts.open_account(office, office.command(), form(pin=pin), CITIZEN) for pin in (PIN, "908172")]
    answers = await asyncio.gather(*claims, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["PersonError", "bytes"]


async def test_every_slip_of_a_form_is_told_at_once(office: Office) -> None:
    before = await records(office)
    wrong = form(
        cnie="12",
        name_fr="Fatima\u202eZahra",
        name_ar="Fatima",
        phone="06",
        birth_date="31/02/1987",
        address="x" * 201,
        pin="111111",
        consent="",
    )
    with pytest.raises(PersonErrors) as caught:
        await accounts.open_account(office, office.command(), wrong, CITIZEN)
    fields = {error.field for error in caught.value.errors}
    assert fields == {"cnie", "name_fr", "name_ar", "phone", "birth_date", "address", "pin", "consent"}
    assert await records(office) == before


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("birth_date", "24/11/2090"),
        ("birth_date", "1/1/1850"),
        ("pin", "12345"),
        ("pin", "123456"),
        ("name_fr", "x" * 81),
        ("name_ar", "فاطمة\u0000"),
        ("address", "12 rue\x07 des Orangers"),
        ("cnie", "FA123456FA"),
        ("phone", "hello"),
    ],
)
async def test_each_slip_names_its_field(office: Office, field: str, typed: str) -> None:
    with pytest.raises(PersonErrors) as caught:
        await accounts.open_account(office, office.command(), form(**{field: typed}), CITIZEN)
    assert [error.field for error in caught.value.errors] == [field]


async def test_what_is_typed_is_kept_in_one_form(office: Office) -> None:
    known = await accounts.view(office, await account(office))
    assert (known.cnie, known.phone, known.birth_date) == ("FA123456", "+212612345621", "1987-03-12")
    assert known.pin_hash is not None
    assert PIN not in known.pin_hash
    assert not known.verified


async def test_a_form_whose_command_was_used_elsewhere_is_begun_anew(office: Office) -> None:
    command = await wrongly_used(office)
    error = await refused(lambda: accounts.open_account(office, command, form(), CITIZEN))
    assert error.status == 409


async def test_the_right_pin_opens_the_account_and_nothing_else_does(office: Office) -> None:
    owner = await account(office)
    assert await accounts.sign_in(office, "FA 123456", PIN) == owner
    wrong_pin = await refused(lambda: accounts.sign_in(office, "FA123456", "908172"))
    nobody = await refused(lambda: accounts.sign_in(office, "FA654321", PIN))
    assert (wrong_pin.status, wrong_pin.message) == (nobody.status, nobody.message) == (401, wrong_pin.message)


async def test_an_account_without_a_pin_cannot_be_signed_in_to(office: Office) -> None:
    await accounts.open_account(office, office.command(), form(pin=None), CLERK, assisted=True)
    for pin in ("", "000000", PIN):
        assert (await refused(lambda pin=pin: accounts.sign_in(office, "FA123456", pin))).status == 401  # type: ignore[misc]  # bound at once


async def test_five_wrong_pins_lock_the_card_for_a_while_even_for_the_right_one(office: Office, clock: Clock) -> None:
    owner = await account(office)
    for _ in range(ALLOWED):
        assert (await refused(lambda: accounts.sign_in(office, "FA123456", "908172"))).status == 401
    locked = await refused(lambda: accounts.sign_in(office, "FA123456", PIN))
    assert (locked.status, locked.facts["minutes"]) == (429, 15)
    clock.ms += 14 * MINUTE + 1
    assert (await refused(lambda: accounts.sign_in(office, "FA123456", PIN))).facts["minutes"] == 1
    clock.ms += LOCKED_MS
    assert await accounts.sign_in(office, "FA123456", PIN) == owner


async def test_a_card_that_nobody_has_is_locked_just_the_same(office: Office) -> None:
    for _ in range(ALLOWED):
        await refused(lambda: accounts.sign_in(office, "FA654321", PIN))
    assert (await refused(lambda: accounts.sign_in(office, "FA654321", PIN))).status == 429


async def test_tries_sent_all_at_once_are_counted_each(office: Office) -> None:
    await account(office)
    tries = [accounts.sign_in(office, "FA123456", f"90817{digit}") for digit in range(10)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    statuses = sorted(answer.status for answer in answers if isinstance(answer, PersonError))
    assert statuses == [401] * ALLOWED + [429] * 5


async def test_who_gets_in_is_forgiven_his_slips(office: Office) -> None:
    await account(office)
    for _ in range(3):
        for _ in range(ALLOWED - 1):
            await refused(lambda: accounts.sign_in(office, "FA123456", "908172"))
        await accounts.sign_in(office, "FA123456", PIN)


async def test_a_clock_set_back_by_years_locks_nobody_out_for_years(office: Office, clock: Clock) -> None:
    owner = await account(office)
    for _ in range(ALLOWED):
        await refused(lambda: accounts.sign_in(office, "FA123456", "908172"))
    clock.ms -= 1000 * DAY
    assert await accounts.sign_in(office, "FA123456", PIN) == owner


async def test_an_agents_look_is_recorded_once_while_he_looks(office: Office, clock: Clock) -> None:
    owner = await account(office)
    before = await records(office)
    for _ in range(3):
        await accounts.view(office, owner, CLERK)
        clock.ms += LOOK // 4
    assert await records(office) == before + 1
    clock.ms += LOOK
    seen = await accounts.view(office, owner, CLERK)
    assert [look.by.id for look in seen.views] == ["salma", "salma"]


async def test_two_pages_opened_at_once_are_one_look(office: Office) -> None:
    owner = await account(office)
    await asyncio.gather(*(accounts.view(office, owner, CLERK) for _ in range(4)))
    assert len((await accounts.view(office, owner)).views) == 1


async def test_each_agent_looks_for_himself_and_the_citizen_leaves_no_look(office: Office) -> None:
    owner = await account(office)
    other = CLERK.__class__(role="supervisor", id="nadia", name="Nadia Filali", name_ar="نادية الفيلالي")
    for by in (CLERK, other, CITIZEN):
        await accounts.view(office, owner, by)
    assert {look.by.id for look in (await accounts.view(office, owner)).views} == {"salma", "nadia"}


async def test_nobody_looks_at_an_account_that_is_not_there(office: Office) -> None:
    before = await records(office)
    for by in (None, CLERK):
        assert (await refused(lambda by=by: accounts.view(office, b"n" * 16, by))).status == 404  # type: ignore[misc]  # bound at once
    error = await refused(lambda: accounts.verify_identity(office, office.command(), b"n" * 16, CLERK))
    assert error.status == 404
    assert await records(office) == before


async def test_a_card_is_seen_once(office: Office) -> None:
    owner = await account(office)
    await accounts.verify_identity(office, office.command(), owner, CLERK)
    before = await records(office)
    await accounts.verify_identity(office, office.command(), owner, CLERK)
    assert await records(office) == before
