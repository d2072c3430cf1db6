"""Those who work at the prefecture: adding them, and signing them in with a password.

Rules:

- A row holds its person sealed by the vault; it is found by a blind index of the login, so the table names nobody.
- A password is kept as Argon2id (RFC 9106) and nothing else. A wrong login and a wrong password give the same sentence
  in the same time.
- Five failures lock a login out for a quarter of an hour, wherever they come from. A restart forgets the count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from central.passwords import Attempts, Passwords
from central.store.schema import staff
from central.store.store import CentralStore
from protocol.errors import N_, OperatorError, PersonError, PersonErrors
from protocol.office import identity

ROLES = ("officer",)
"""An officer sees what the annexes sent. Who publishes or admits does so by a command, at the server."""

LANGUAGES = ("ar", "fr")

LOGIN = re.compile(r"[a-z][a-z0-9.-]{1,31}")
"""Short and typed every morning: small letters, digits, dot and dash; the same at the annexes."""

SHORTEST_PASSWORD = 10
"""Characters (NIST SP 800-63B asks for 8 beside a lock-out; two more cost little on a keyboard)."""

LONGEST_PASSWORD = 128
"""Characters: room for a long sentence, and a bound on what Argon2 is fed."""

NOT_TOGETHER = N_("This login and this password do not go together. Try again.")


@dataclass(frozen=True, slots=True)
class StaffForm:
    """Somebody to be added, not yet checked."""

    login: str
    name_fr: str
    name_ar: str
    role: str
    password: str = field(repr=False)
    language: str = "ar"


class StaffMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who signs in here."""

    login: str
    name_fr: str
    name_ar: str
    role: str
    language: str
    password_hash: str


class Staff:
    """The prefecture's staff, in the store. `centre`: whose staff, by the prefecture's own id."""

    def __init__(self, store: CentralStore, centre: str, passwords: Passwords, now: Callable[[], int]) -> None:
        self._store = store
        self._centre = centre
        self._passwords = passwords
        self._now = now
        self._attempts = Attempts(now)

    async def add(self, form: StaffForm) -> None:
        """Add somebody; PersonErrors for the form's fields, PersonError 409 when the login is taken."""
        name_fr, name_ar = _checked(form)
        member = StaffMember(
            login=form.login,
            name_fr=name_fr,
            name_ar=name_ar,
            role=form.role,
            language=form.language,
            password_hash=await self._passwords.hash(form.password),
        )
        index = self._index(form.login)
        row = {
            "annexe": self._centre,
            "login_index": index,
            "added_ms": self._now(),
            "sealed": self._store.vault.seal_local(self._place(index), msgspec.msgpack.encode(member)),
        }
        try:
            async with self._store.database.write() as connection:
                await connection.execute(insert(staff).values(row))
        except IntegrityError as error:
            raise PersonError(N_("This login is taken: choose another one."), field="login", status=409) from error

    async def find(self, login: str) -> StaffMember | None:
        """Whoever has this login."""
        if not LOGIN.fullmatch(login):
            return None
        index = self._index(login)
        query = select(staff.c.sealed).where(staff.c.annexe == self._centre, staff.c.login_index == index)
        async with self._store.database.read() as connection:
            sealed = (await connection.execute(query)).scalar()
        if sealed is None:
            return None
        try:
            return msgspec.msgpack.decode(self._store.vault.open_local(self._place(index), sealed), type=StaffMember)
        except msgspec.ValidationError as error:
            raise OperatorError("A row of the staff was written by another release: start the fitting one.") from error

    async def sign_in(self, login: str, password: str) -> StaffMember:
        """Whoever has this login and password; PersonError 401 when they do not fit, 429 while it is locked out."""
        login = login.strip().lower()
        self._attempts.admit(login)
        known = await self.find(login)
        stored = known.password_hash if known else None
        right = len(password) <= LONGEST_PASSWORD and await self._passwords.matches(stored, password)
        if known is None or not right:
            raise PersonError(NOT_TOGETHER, field="password", status=401)
        self._attempts.succeeded(login)
        return known

    def _index(self, login: str) -> bytes:
        return self._store.vault.blind("login", login)

    def _place(self, index: bytes) -> bytes:
        return f"staff/{self._centre}/".encode() + index


def _checked(form: StaffForm) -> tuple[str, str]:
    """The names in both scripts, when everything in the form holds."""
    errors: list[PersonError] = []
    names = [
        _name(errors, identity.check_name_fr, form.name_fr),
        _name(errors, identity.check_name_ar, form.name_ar),
    ]
    errors += _wrong(form)
    if errors:
        raise PersonErrors(errors)
    return names[0], names[1]


def _name(errors: list[PersonError], check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except PersonError as error:
        errors.append(error)
        return ""


def _wrong(form: StaffForm) -> Iterable[PersonError]:
    if not LOGIN.fullmatch(form.login):
        yield PersonError(
            N_("A login is 2 to 32 small letters, digits, dots or dashes, a letter first."), field="login"
        )
    if form.role not in ROLES:
        yield PersonError(N_("A role is one of: %(roles)s."), field="role", roles=", ".join(ROLES))
    if form.language not in LANGUAGES:
        yield PersonError(N_("Choose one of the answers."), field="language")
    if not SHORTEST_PASSWORD <= len(form.password) <= LONGEST_PASSWORD:
        yield PersonError(
            N_("A password has %(shortest)s to %(longest)s characters: a short sentence is easy to keep in mind."),
            field="password",
            shortest=SHORTEST_PASSWORD,
            longest=LONGEST_PASSWORD,
        )
