"""A forgotten PIN at the counter, a new one at the kiosk; what is given once is good for one thing."""

from __future__ import annotations

import pytest

from edge.services import accounts, pins
from edge.services.attempts import ALLOWED
from edge.services.office import Office
from protocol.errors import PersonErrors
from tests.edge.services.support import CLERK, PIN, Clock, account, records
from tests.edge.services.test_accounts import refused
from tests.edge.services.test_applicants import ASSOCIATION, a_family, at_the_counter

NEW = "246813"


async def given(office: Office, owner: bytes) -> str:
    pin = await pins.give(office, office.command(), owner, True, CLERK)
    assert pin is not None
    return pin


async def test_who_forgot_his_pin_gets_one_that_only_lets_him_choose_another(office: Office) -> None:
    owner = await account(office)
    pin = await given(office, owner)
    assert (await refused(lambda: accounts.sign_in(office, "FA123456", PIN))).status == 401
    assert await accounts.sign_in(office, "FA123456", pin) == owner
    assert (await accounts.view(office, owner)).temporary_pin_ms is not None
    await pins.choose(office, office.command(), owner, NEW, NEW)
    assert await accounts.sign_in(office, "FA123456", NEW) == owner
    after = await accounts.view(office, owner)
    assert (after.temporary_pin_ms, after.verified) == (None, True)
    assert [step.kind for step in after.steps] == [
        "account.identity_verified", "account.pin_reset", "account.pin_changed",
    ]  # fmt: skip
    assert (await refused(lambda: accounts.sign_in(office, "FA123456", pin))).status == 401


async def test_a_pin_is_given_only_to_who_shows_the_card(office: Office) -> None:
    owner = await account(office)
    before = await records(office)
    error = await refused(lambda: pins.give(office, office.command(), owner, False, CLERK))
    assert error.field == "card_seen"
    assert await records(office) == before


async def test_the_same_command_gives_a_pin_once(office: Office) -> None:
    owner, command = await account(office), office.command()
    pin = await pins.give(office, command, owner, True, CLERK)
    assert pin is not None
    assert await pins.give(office, command, owner, True, CLERK) is None
    assert await accounts.sign_in(office, "FA123456", pin) == owner


async def test_a_pin_that_was_given_stands_nowhere_in_the_store(office: Office) -> None:
    owner = await account(office)
    pin = await given(office, owner)
    known = await accounts.view(office, owner)
    assert pin not in repr(known)


async def test_who_was_locked_out_is_let_in_with_the_new_pin(office: Office) -> None:
    owner = await account(office)
    for _ in range(ALLOWED):
        await refused(lambda: accounts.sign_in(office, "FA123456", "908172"))
    pin = await given(office, owner)
    assert await accounts.sign_in(office, "FA123456", pin) == owner


async def test_a_given_pin_waits_a_week(office: Office, clock: Clock) -> None:
    owner = await account(office)
    pin = await given(office, owner)
    clock.ms += accounts.TEMPORARY_MS + 1
    error = await refused(lambda: accounts.sign_in(office, "FA123456", pin))
    assert (error.status, "waited too long" in error.message) == (401, True)


async def test_the_pin_of_the_counter_is_no_pin_of_ones_own(office: Office) -> None:
    owner = await account(office)
    pin = await given(office, owner)
    assert (await refused(lambda: pins.choose(office, office.command(), owner, pin, pin))).field == "pin"
    with pytest.raises(PersonErrors) as caught:
        await pins.choose(office, office.command(), owner, "111111", NEW)
    assert {error.field for error in caught.value.errors} == {"pin", "pin_again"}


async def test_nobody_chooses_a_pin_this_way_unless_one_was_given(office: Office) -> None:
    owner = await account(office)
    assert (await refused(lambda: pins.choose(office, office.command(), owner, NEW, NEW))).status == 409


async def test_ones_own_pin_is_changed_by_who_knows_it(office: Office) -> None:
    owner = await account(office)
    wrong = await refused(lambda: pins.change(office, office.command(), owner, "908172", NEW, NEW))
    assert wrong.field == "pin_now"
    assert (await refused(lambda: pins.change(office, office.command(), owner, PIN, PIN, PIN))).field == "pin"
    await pins.change(office, office.command(), owner, PIN, NEW, NEW)
    assert await accounts.sign_in(office, "FA123456", NEW) == owner
    assert (await accounts.view(office, owner)).steps[-1].by.role == "citizen"


async def test_guessing_ones_way_to_another_pin_is_locked_out(office: Office) -> None:
    owner = await account(office)
    for _ in range(ALLOWED):
        await refused(lambda: pins.change(office, office.command(), owner, "908172", NEW, NEW))
    assert (await refused(lambda: pins.change(office, office.command(), owner, PIN, NEW, NEW))).status == 429


async def test_who_does_not_sign_in_at_a_kiosk_gets_no_pin(office: Office) -> None:
    _, child = await a_family(office)
    passport = await at_the_counter(office, document="passport", cnie="FRA 12AB34567")
    for who in (child, passport, await at_the_counter(office, **ASSOCIATION)):
        assert (await refused(lambda who=who: pins.give(office, office.command(), who, True, CLERK))).status == 409  # type: ignore[misc]  # bound at once
