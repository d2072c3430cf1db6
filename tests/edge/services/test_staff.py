"""Agents: added, signing in, locked out, gone; and how secrets are checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher

from edge.services import staff
from edge.services.attempts import ALLOWED, LOCKED_MS
from edge.services.office import Office
from edge.services.passwords import Passwords
from edge.services.staff import StaffForm
from protocol.errors import OperatorError, PersonError, PersonErrors
from tests.edge.services.support import PASSWORD, Clock, records


def form(
    login: str = "salma", role: str = "clerk", password: str = PASSWORD, name_fr: str = "Salma Bennani"
) -> StaffForm:
    return StaffForm(login, name_fr, "سلمى بناني", role, password, "fr")


async def status_of(office: Office, login: str, password: str) -> int:
    with pytest.raises(PersonError) as caught:
        await staff.sign_in(office, login, password)
    return caught.value.status


async def test_an_agent_signs_in_with_his_own_password_alone(office: Office) -> None:
    await staff.add(office, office.command(), form())
    known = await staff.sign_in(office, " Salma ", PASSWORD)
    assert (known.login, known.role, known.name_ar, known.public) == ("salma", "clerk", "سلمى بناني", None)
    assert PASSWORD not in known.password_hash
    for login, password in (
        ("salma", "une autre phrase"),
        ("nobody", PASSWORD),
        ("-- x", PASSWORD),
        ("salma", "x" * 999),
    ):
        assert await status_of(office, login, password) == 401


async def test_five_wrong_passwords_lock_the_login_for_a_while(office: Office, clock: Clock) -> None:
    await staff.add(office, office.command(), form())
    tries = [staff.sign_in(office, "salma", f"wrong {number}") for number in range(8)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(each.status for each in answers if isinstance(each, PersonError)) == [401] * ALLOWED + [429] * 3
    assert await status_of(office, "salma", PASSWORD) == 429
    clock.ms += LOCKED_MS
    assert (await staff.sign_in(office, "salma", PASSWORD)).login == "salma"


async def test_a_login_is_one_agents(office: Office) -> None:
    command = office.command()
    for _ in range(2):
        await staff.add(office, command, form())
    before = await records(office)
    with pytest.raises(PersonError) as caught:
        await staff.add(office, office.command(), form(role="authority"))
    assert (caught.value.status, caught.value.field) == (409, "login")
    assert await records(office) == before


async def test_every_slip_of_an_agents_form_is_told_at_once(office: Office) -> None:
    before = await records(office)
    with pytest.raises(PersonErrors) as caught:
        await staff.add(office, office.command(), form("S", "king", "short", "S4lma"))
    assert {error.field for error in caught.value.errors} == {"login", "role", "password", "name_fr"}
    assert await records(office) == before


async def test_a_sign_in_of_an_agent_who_is_gone_has_ended(office: Office) -> None:
    with pytest.raises(PersonError) as caught:
        await staff.by_login(office, "nobody")
    assert caught.value.status == 401


@dataclass
class CountingHasher:
    """Counts what was checked, and how dear each hash was."""

    hasher: PasswordHasher
    checked: list[str]

    def hash(self, secret: str | bytes, *, salt: bytes | None = None) -> str:
        return self.hasher.hash(secret, salt=salt)

    def verify(self, stored: str, secret: str) -> bool:
        self.checked.append(stored)
        return self.hasher.verify(stored, secret)


def passwords() -> tuple[Passwords, list[str]]:
    checked: list[str] = []
    hasher = CountingHasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), checked)
    return Passwords(lambda size: b"s" * size, hasher), checked  # type: ignore[arg-type]  # the two methods that are used


async def test_nobodys_password_costs_as_much_to_check_as_somebodys() -> None:
    keeper, checked = passwords()
    stored = await keeper.hash(PASSWORD)
    assert await keeper.matches(stored, PASSWORD)
    assert not await keeper.matches(None, PASSWORD)
    somebody, nobody = checked
    assert somebody.split("$")[:4] == nobody.split("$")[:4]
    assert somebody != nobody


async def test_no_secret_is_that_of_nobody() -> None:
    keeper, _ = passwords()
    for secret in ("", "s" * 32, PASSWORD):
        assert not await keeper.matches(None, secret)


async def test_a_damaged_hash_is_for_the_operator() -> None:
    keeper, _ = passwords()
    with pytest.raises(OperatorError):
        await keeper.matches("$argon2id$damaged", PASSWORD)
