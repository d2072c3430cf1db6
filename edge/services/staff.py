"""Those who work here: adding them, and signing them in with a password."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.services.attempts import ONE_PLACE
from edge.services.elapsed import passed
from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.store.rows import StaffView
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office import identity
from protocol.office.events import Actor, Language, Role, StaffAdded
from protocol.records.encoding import Value

ROLES: tuple[Role, ...] = ("clerk", "authority", "supervisor", "admin")

LOGIN = re.compile(r"[a-z][a-z0-9.-]{1,31}")
"""Short and typed every morning on a tablet: small letters, digits, dot and dash."""

DELEGABLE: tuple[Role, ...] = ("authority", "supervisor")
"""The roles that must not stand still while one person is away, and that whoever runs the machine gives nobody."""

SHORTEST_PASSWORD = 10
"""Characters (NIST SP 800-63B asks for 8 beside a lock-out; two more cost little on a keyboard)."""

LONGEST_PASSWORD = 128
"""Characters: room for a long sentence, and a bound on what Argon2 is fed."""


TEMPORARY_MS = 7 * 24 * 60 * 60_000
"""How long a password that another chose waits for its owner: a week, so that a note found later opens nothing."""

ENDED = N_("This login was closed. If you work here, ask the supervisor to open it again.")

SUPERVISOR_ADDS = N_("Only a supervisor adds an authority agent or a supervisor.")


@dataclass(frozen=True, slots=True)
class StaffForm:
    """An agent to be added, not yet checked."""

    login: str
    name_fr: str
    name_ar: str
    role: str
    password: str
    language: Language = "ar"


async def add(office: Office, command: bytes, form: StaffForm, by: Actor | None = None) -> None:
    """Add an agent; PersonErrors for the form's fields, PersonError 409 when the login is taken.

    `by`: who adds him at a screen, and so knows his first password; None at the appliance itself. Whoever runs the
    machine adds nobody who decides or supervises once there is a supervisor (PersonError 403).
    """
    check = FormCheck()
    check.field(lambda: _check_login(form.login), None)
    role = check.field(lambda: _role(form.role), ROLES[0])
    check.field(lambda: check_password(form.password), None)
    name_fr = check.field(lambda: identity.check_name_fr(form.name_fr), "")
    name_ar = check.field(lambda: identity.check_name_ar(form.name_ar), "")
    check.done()
    password_hash = await office.passwords.hash(form.password)

    async def decide(tx: Transaction) -> Value:
        if await tx.staff(form.login) is not None:
            raise PersonError(N_("This login is taken: choose another one."), field="login", status=409)
        if by is not None and by.role != "supervisor" and role in DELEGABLE and await _is_supervised(tx):
            raise PersonError(SUPERVISOR_ADDS, field="role", status=403)
        added = StaffAdded(
            login=form.login,
            name_fr=name_fr,
            name_ar=name_ar,
            role=role,
            password_hash=password_hash,
            language=form.language,
            temporary=by is not None,
        )
        await tx.append("office", added, key_of=tx.office)
        return None

    await office.store.execute(command, decide)


async def _is_supervised(tx: Transaction) -> bool:
    return any(one.role == "supervisor" and not one.ended for one in await tx.staff_list())


def _check_login(login: str) -> None:
    if not LOGIN.fullmatch(login):
        raise PersonError(
            N_("A login is 2 to 32 small letters, digits, dots or dashes, a letter first."), field="login"
        )


def _role(name: str) -> Role:
    for role in ROLES:
        if role == name:
            return role
    raise PersonError(N_("A role is one of: %(roles)s."), field="role", roles=", ".join(ROLES))


def check_password(password: str) -> None:
    """Raise PersonError for a password that is too short, or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PersonError(
            N_("A password has %(shortest)s to %(longest)s characters: a short sentence is easy to keep in mind."),
            field="password",
            shortest=SHORTEST_PASSWORD,
            longest=LONGEST_PASSWORD,
        )


async def sign_in(office: Office, login: str, password: str, place: str = ONE_PLACE) -> StaffView:
    """Return the agent of this login and password; the same sentence and time whichever of the two is wrong.

    `place`: the screen. Raises PersonError 401 when they do not fit, 429 while the login is locked out there, 403 for
    who works here no more.
    """
    login = login.strip().lower()
    office.staff_attempts.admit(login, place, office.now())
    async with office.store.reading() as reader:
        known = await reader.staff(login) if LOGIN.fullmatch(login) else None
    right = len(password) <= LONGEST_PASSWORD and await office.passwords.matches(
        known.password_hash if known else None, password
    )
    if known is None or not right:
        raise PersonError(
            N_("This login and this password do not go together. Try again."), field="password", status=401
        )
    office.staff_attempts.succeeded(login, place, office.now())
    if known.ended:
        raise PersonError(ENDED, status=403)
    _refuse_a_stale_password(known, office.now())
    return known


def _refuse_a_stale_password(known: StaffView, now_ms: int) -> None:
    if known.temporary_ms is not None and passed(known.temporary_ms, TEMPORARY_MS, now_ms):
        raise PersonError(
            N_("The password that you were given has waited too long. Ask for another one."),
            field="password",
            status=401,
        )


async def by_login(office: Office, login: str) -> StaffView:
    """Return an agent as the log knows him now; PersonError 401 when he is not there any more."""
    async with office.store.reading() as reader:
        known = await reader.staff(login)
    if known is None or known.ended:
        raise PersonError(N_("Your sign-in has ended. Please sign in again."), status=401)
    return known
