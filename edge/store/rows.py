"""What readers return: typed rows, opened. Subjects and hashes are bytes, instants are milliseconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from protocol.office.casework import State
from protocol.office.events import Actor, Document, Language, Role, ScreenKind


@dataclass(frozen=True, slots=True)
class Look:
    """An agent's look at an account, which the citizen can read."""

    at_ms: int
    by: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class AccountStep:
    """What was done to an account, which the citizen can read. `fields` names what was changed, never the values."""

    kind: str
    at_ms: int
    by: Actor
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account, opened. `birth_date` is an ISO date, `phone` E.164 or None, `pin_hash` an encoded Argon2id hash.

    `cnie` is the number of the `document`. `guardian` is the account of who answers for a child. `temporary_pin_ms`:
    when the PIN was given at the counter, if it only opens the choice of another. `steps`: what was done, oldest first.
    """

    subject: bytes
    cnie: str
    name_fr: str
    name_ar: str
    phone: str | None
    birth_date: str
    address: str
    pin_hash: str | None
    language: Language
    verified: bool
    assisted: bool
    opened_ms: int
    opened_by: Actor
    consent: str
    verified_by: Actor | None = None
    verified_ms: int | None = None
    views: tuple[Look, ...] = ()
    document: Document = "cnie"
    guardian: bytes | None = None
    temporary_pin_ms: int | None = None
    steps: tuple[AccountStep, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What the list of cases tells without opening any."""

    subject: bytes
    account: bytes
    state: State
    procedure: str
    submitted_ms: int
    due: date | None
    updated_ms: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message to a citizen.

    `state`: queued, sending (or a crash fell into it), waiting (failed, to be tried again), sent,
    failed (for good), told (in person).
    """

    message: str
    case: bytes
    state: str
    template: str
    language: Language
    part_count: int
    attempts: int
    queued_ms: int
    updated_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role that a deputy has as well, from `first` to `last`, both days included."""

    role: Role
    first: date
    last: date

    def holds(self, today: date) -> bool:
        """Whether it does on this day."""
        return self.first <= today <= self.last


@dataclass(frozen=True, slots=True)
class StaffView:
    """An agent, opened. `public` is the key he signs decisions with (32 bytes, Ed25519), None until he enrolled one.
    `ended`: he works here no more. `delegated`: what was given to him for a time, past or to come too. `temporary_ms`:
    when another chose his password, until he has chosen his own."""

    login: str
    name_fr: str
    name_ar: str
    role: Role
    password_hash: str
    language: Language
    public: bytes | None = None
    ended: bool = False
    delegated: tuple[Delegation, ...] = ()
    temporary_ms: int | None = None

    def roles(self, today: date) -> dict[Role, date | None]:
        """The roles that he has on this day, his own first, and the last day of each: None for no end."""
        if self.ended:
            return {}
        return {self.role: None} | {one.role: one.last for one in self.delegated if one.holds(today)}


@dataclass(frozen=True, slots=True)
class ScreenView:
    """A paired screen. `token_hash`: of the secret that its device holds. `by`: who paired it, at `paired_ms`."""

    screen: bytes
    kind: ScreenKind
    name: str
    token_hash: bytes
    by: Actor
    paired_ms: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the log. `kind` is None where the body's key is not held, or a later release wrote it."""

    stream: str
    segment: bytes
    seq: int
    kind: str | None
    time_ms: int
    hash: bytes
    subject: bytes | None
    is_sealed_away: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """How much is held that only a later release can read: records, and procedures whose newest version is one."""

    records: int
    procedures: int


@dataclass(frozen=True, slots=True)
class Committed:
    """What listeners are told once it is on the disk.

    `accounts`: those whose own pages it may change. None named: it is about no account, or nobody can tell whose.
    """

    stream: str
    subject: bytes | None
    kind: str
    accounts: frozenset[bytes] = frozenset()
