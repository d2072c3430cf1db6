"""Screens through their life: invited, come, confirmed, renamed, removed; and what the log keeps of that."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.services import invitations, pairing, screens
from edge.services.invitations import MINUTES, MOST_OPEN, MOST_TRIES, SYMBOLS, Invited
from edge.services.invited import Claim, Pairing
from edge.services.known_screens import screen_id, token_hash
from edge.services.office import SYSTEM, Office
from edge.store.rebuild import rebuild_views
from protocol.errors import PersonError
from protocol.office.events import Actor
from tests.edge.services.support import MINUTE, Clock, office_in

SUPERVISOR = Actor(role="supervisor", id="nadia", name="Nadia Filali", name_ar="نادية الفيلالي")
HERE = b"the screen at which the supervisor sits"


def device(name: str, office: Office) -> Claim:
    return Claim(token_hash(name), "192.168.1.7", office.now())


def invited(office: Office, name: str = "Guichet 2") -> Invited:
    return pairing.invite(office, "counter", name, SUPERVISOR)


async def pair(office: Office, name: str = "Guichet 2") -> bytes:
    """A screen whose secret is its name."""
    made = invited(office, name)
    await pairing.claim(office, await pairing.find_by_code(office, made.code), device(name, office))
    await pairing.confirm(office, office.command(), made.invitation.id, SUPERVISOR)
    return screen_id(token_hash(name))


async def in_log(office: Office) -> dict[str, bool]:
    """The screens by name, and whether they were removed."""
    async with office.store.reading() as reader:
        return {one.name: one.removed for one in await reader.screens()}


async def test_a_screen_is_known_once_it_is_confirmed_and_not_before(office: Office) -> None:
    made = invited(office)
    found = await pairing.find_by_token(office, made.token)
    assert not await pairing.claim(office, found, device("secret", office))
    known = await office.screens.known(office.store)
    assert token_hash("secret") not in known
    await pairing.confirm(office, office.command(), made.invitation.id, SUPERVISOR)
    screen = (await office.screens.known(office.store))[token_hash("secret")]
    assert (screen.kind, screen.name, screen.by) == ("counter", "Guichet 2", SUPERVISOR)


async def test_screens_outlive_a_start_and_a_fold_from_scratch(tmp_path: Path, clock: Clock) -> None:
    async with office_in(tmp_path, clock) as office:
        stays, goes = await pair(office, "Guichet 1"), await pair(office, "Guichet 2")
        await screens.rename(office, office.command(), stays, " Guichet   3 ", SUPERVISOR)
        await screens.remove(office, office.command(), goes, SUPERVISOR, HERE)
    async with office_in(tmp_path, clock) as office:
        assert await in_log(office) == {"Guichet 2": True, "Guichet 3": False}
        await rebuild_views(office.store)
        assert await in_log(office) == {"Guichet 2": True, "Guichet 3": False}
        known = await office.screens.known(office.store)
        assert token_hash("Guichet 1") in known
        assert token_hash("Guichet 2") not in known


async def test_confirming_twice_pairs_once(office: Office) -> None:
    made, command = invited(office), office.command()
    await pairing.claim(office, made.invitation, device("secret", office))
    first, second = (pairing.confirm(office, command, made.invitation.id, SUPERVISOR) for _ in range(2))
    await asyncio.gather(first, second)
    assert await in_log(office) == {"Guichet 2": False}
    with pytest.raises(PersonError, match="Nothing waits here"):
        await pairing.confirm(office, office.command(), made.invitation.id, SUPERVISOR)


async def test_of_two_devices_with_one_code_the_first_has_it(office: Office) -> None:
    made = invited(office)
    found = [await pairing.find_by_code(office, made.code) for _ in range(2)]
    await pairing.claim(office, found[0], device("first", office))
    with pytest.raises(PersonError, match="not known any more"):
        await pairing.claim(office, found[1], device("second", office))
    with pytest.raises(PersonError, match="not known any more"):
        await pairing.find_by_token(office, made.token)


async def test_wrong_guesses_end_the_code_that_they_are_about_and_no_other(office: Office) -> None:
    guessed, other = invited(office), invited(office, "Guichet 3")
    wrong = guessed.code[:2] + ("000000" if guessed.code[3:] != "00-0000" else "111111")
    for _ in range(MOST_TRIES):
        with pytest.raises(PersonError) as refused:
            await pairing.find_by_code(office, wrong)
        assert refused.value.status == 403
    with pytest.raises(PersonError, match="not known any more"):
        await pairing.find_by_code(office, guessed.code)
    assert (await pairing.find_by_code(office, other.code)).name == "Guichet 3"


async def test_a_code_lives_for_some_minutes(office: Office, clock: Clock) -> None:
    made = invited(office)
    clock.ms += MINUTES * MINUTE
    for look in (pairing.find_by_code(office, made.code), pairing.find_by_token(office, made.token)):
        with pytest.raises(PersonError, match="not known any more"):
            await look
    assert pairing.waiting(office) == []


async def test_a_clock_that_was_set_right_leaves_no_code_open_for_years(office: Office, clock: Clock) -> None:
    made = invited(office)
    clock.ms -= 40 * 365 * 24 * 60 * MINUTE
    with pytest.raises(PersonError, match="not known any more"):
        await pairing.find_by_code(office, made.code)


async def test_codes_do_not_pile_up(office: Office) -> None:
    made = [invited(office, f"Guichet {number}") for number in range(MOST_OPEN)]
    assert len({one.invitation.place for one in made}) == MOST_OPEN
    with pytest.raises(PersonError, match="Enough screens wait"):
        invited(office)
    pairing.cancel(office, made[0].invitation.id)
    invited(office)


async def test_what_was_invited_at_the_appliance_is_paired_at_once_and_once(office: Office, tmp_path: Path) -> None:
    office.pairing = Pairing(tmp_path / "data")
    (tmp_path / "data").mkdir()
    if os.geteuid() == 0:
        os.chown(tmp_path / "data", 4242, 4242)  # the service's; root types the command
    made = invitations.draw(
        "admin", "Administration", SYSTEM, taken=(), until_ms=office.now() + MINUTE, entropy=office.entropy,
        confirmed=True,
    )  # fmt: skip
    invitations.put(tmp_path / "data", made.invitation)
    [lies] = (tmp_path / "data" / invitations.FOLDER).iterdir()
    assert (lies.stat().st_mode & 0o077, lies.stat().st_uid) == (0, (tmp_path / "data").stat().st_uid)
    for secret in (made.token, made.code, made.code.replace("-", "")):
        assert secret.encode() not in lies.read_bytes()
    found = await pairing.find_by_token(office, made.token)
    claims = (pairing.claim(office, found, device(name, office)) for name in ("first", "second"))
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert [one is True for one in outcomes].count(True) == 1
    assert not lies.exists()
    assert await in_log(office) == {"Administration": False}


async def test_two_invitations_that_share_a_place_are_told_apart(office: Office, tmp_path: Path) -> None:
    office.pairing, drawn = Pairing(tmp_path), bytes(2)

    def beginning_alike(size: int) -> bytes:
        return (drawn + office.entropy(size))[:size]

    alike = replace(office, entropy=beginning_alike)
    made = invitations.draw(
        "admin", "Administration", SYSTEM, taken=(), until_ms=office.now() + MINUTE, entropy=beginning_alike,
        confirmed=True,
    )  # fmt: skip
    invitations.put(tmp_path, made.invitation)
    on_page = invited(alike)
    assert on_page.invitation.place == made.invitation.place
    assert (await pairing.find_by_code(office, made.code)).kind == "admin"
    assert (await pairing.find_by_code(office, on_page.code)).kind == "counter"


async def test_a_file_that_is_no_invitation_invites_nobody(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "data" / invitations.FOLDER
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    (folder / "b.json").write_bytes(b"\xff")
    office.pairing = Pairing(tmp_path / "data")
    with pytest.raises(PersonError, match="not known any more"):
        await pairing.find_by_token(office, "")


async def test_nobody_removes_the_screen_that_he_sits_at(office: Office) -> None:
    own = await pair(office)
    with pytest.raises(PersonError, match="You sit at this screen"):
        await screens.remove(office, office.command(), own, SUPERVISOR, own)
    with pytest.raises(PersonError, match="not paired any more"):
        await screens.remove(office, office.command(), b"nobody's", SUPERVISOR, own)


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "Guichet\u202e2"])
async def test_a_screen_has_a_name_that_can_be_shown(office: Office, name: str) -> None:
    screen = await pair(office)
    with pytest.raises(PersonError, match="Give the screen a name"):
        await screens.rename(office, office.command(), screen, name, SUPERVISOR)


CODES = st.text(SYMBOLS, min_size=8, max_size=8)


@given(CODES)
def test_a_code_is_read_as_people_type_it(code: str) -> None:
    spoken = code.replace("0", "o").replace("1", "l").lower()
    for typed in (code, f"{code[:4]}-{code[4:]}", f" {code[:2]} {code[2:]} ", spoken):
        assert invitations.read_code(typed) == code


@given(st.text())
def test_what_is_no_code_is_refused_in_words(typed: str) -> None:
    with pytest.raises(PersonError, match="This is not the code"):
        invitations.read_code(f"#{typed}")  # neither a symbol nor what people put between them
