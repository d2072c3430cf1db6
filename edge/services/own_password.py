"""Passwords of those who work here: one's own changed, one given to who forgot his, one's own chosen with it.

Rules:

- A password that another chose opens nothing but the choice of one's own, and waits for a week: what two people know
  signs nothing in one's name.
- Nobody gives himself one, and whoever runs the machine gives none to those whose word decides or supervises: he could
  sign in as his own judge. With no other supervisor left, it is done at the appliance (`mulhaqa-edge give-password`).
- A password is changed by typing the one of now: an unlocked screen alone does not give it away. Tries count as those
  of a sign-in do. Who was given another is let in again.
- A new password is not the one before.
"""

from __future__ import annotations

from edge.services.attempts import ONE_PLACE
from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.services.people import HAS_LEFT, NOBODY, NOT_ONESELF
from edge.services.staff import DELEGABLE, by_login, check_password
from edge.store.rows import StaffView
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.events import Actor, StaffPasswordChanged
from protocol.records.encoding import Value

SUPERVISOR_GIVES = N_("Only a supervisor gives a password to an authority agent or to a supervisor.")


async def give(office: Office, command: bytes, login: str, password: str, by: Actor | None = None) -> None:
    """Give somebody a password for his next sign-in; PersonError for oneself, for who is not there, or not one's to.

    `by`: None at the appliance itself.
    """
    check_password(password)
    password_hash = await office.passwords.hash(password)

    async def decide(tx: Transaction) -> Value:
        known = await tx.staff(login)
        if known is None:
            raise PersonError(NOBODY, status=404)
        _require_right_to_give(known, by)
        given = StaffPasswordChanged(login=login, password_hash=password_hash, temporary=True, by=by)
        await tx.append("office", given, key_of=tx.office)
        return None

    await office.store.execute(command, decide)
    office.staff_attempts.forgive(login)


def _require_right_to_give(known: StaffView, by: Actor | None) -> None:
    if known.ended:
        raise PersonError(HAS_LEFT, status=409)
    if by is None:
        return
    if known.login == by.id:
        raise PersonError(NOT_ONESELF, status=403)
    roles = {known.role, *(given.role for given in known.delegated)}
    if by.role != "supervisor" and roles & set(DELEGABLE):
        raise PersonError(SUPERVISOR_GIVES, status=403)


async def choose(office: Office, command: bytes, login: str, password: str, again: str) -> None:
    """Put one's own password in the place of the one that another chose."""
    before = await by_login(office, login)
    if before.temporary_ms is None:
        raise _changed_meanwhile()
    await _change(office, command, before, password, again)


async def change(
    office: Office, command: bytes, login: str, now: str, password: str, again: str, place: str = ONE_PLACE
) -> None:
    """Put another password in the place of one's own, which is typed once more.

    Raises PersonErrors for the fields, PersonError 429 while the login is locked out.
    """
    before = await by_login(office, login)
    office.staff_attempts.admit(login, place, office.now())
    if not await office.passwords.matches(before.password_hash, now):
        raise PersonError(N_("This is not your password. Type the one with which you signed in."), field="now")
    office.staff_attempts.succeeded(login, place, office.now())
    await _change(office, command, before, password, again)


async def _change(office: Office, command: bytes, before: StaffView, password: str, again: str) -> None:
    check = FormCheck()
    check.field(lambda: check_password(password), None)
    check.field(lambda: _check_same(password, again), None)
    check.done()
    if await office.passwords.matches(before.password_hash, password):
        raise PersonError(N_("Choose another password than the one before."), field="password")
    password_hash = await office.passwords.hash(password)

    async def decide(tx: Transaction) -> Value:
        found = await tx.staff(before.login)
        if found is None or found.password_hash != before.password_hash:
            raise _changed_meanwhile()
        changed = StaffPasswordChanged(login=before.login, password_hash=password_hash)
        await tx.append("office", changed, key_of=tx.office)
        return None

    await office.store.execute(command, decide)


def _check_same(password: str, again: str) -> None:
    if password != again:
        raise PersonError(N_("The two passwords are not the same. Type the same one twice."), field="again")


def _changed_meanwhile() -> PersonError:
    return PersonError(N_("Your password was changed meanwhile. Sign in with the new one."), status=409)
