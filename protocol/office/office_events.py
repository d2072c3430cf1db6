"""What happens in the office itself, and what the prefecture publishes to all."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from protocol.office.event_shape import BaseEvent
from protocol.office.parties import Actor, Language, Role


class StaffAdded(BaseEvent, frozen=True, kw_only=True, tag="staff.added"):
    """Someone works here from now on. `temporary`: the password was chosen by another, and opens the choice of one's
    own alone."""

    login: str
    name_fr: str
    name_ar: str
    role: Role
    password_hash: str
    language: Language
    temporary: bool = False


class StaffPasswordChanged(BaseEvent, frozen=True, kw_only=True, tag="staff.password_changed"):
    """An agent has another password: his own, or a `temporary` one that `by` gave him."""

    login: str
    password_hash: str
    temporary: bool = False
    by: Actor | None = None


class StaffEnded(BaseEvent, frozen=True, kw_only=True, tag="staff.ended"):
    """Someone works here no more: he signs in nowhere from now on."""

    login: str
    by: Actor


class StaffResumed(BaseEvent, frozen=True, kw_only=True, tag="staff.resumed"):
    """Someone who had left, or was thought to have, works here again."""

    login: str
    by: Actor


class RoleDelegated(BaseEvent, frozen=True, kw_only=True, tag="role.delegated"):
    """A deputy has another's role as well, from the day `first` to the day `last` (ISO), both included."""

    login: str
    role: Role
    first: str
    last: str
    by: Actor


class DelegationEnded(BaseEvent, frozen=True, kw_only=True, tag="delegation.ended"):
    """The deputy has his own role alone again."""

    login: str
    by: Actor


class AgentKeyEnrolled(BaseEvent, frozen=True, kw_only=True, tag="agent.key_enrolled"):
    """The annexe vouches that `public` (Ed25519) is the key with which this agent signs his decisions."""

    login: str
    public: bytes


ScreenKind: TypeAlias = Literal["kiosk", "counter", "authority", "display", "admin"]
"""What a paired screen is for."""


class ScreenPaired(BaseEvent, frozen=True, kw_only=True, tag="screen.paired"):
    """A device is a screen of this annexe from now on.

    `screen`: its id (16 bytes), derived from `token_hash`, the hash of the secret that the device alone holds.
    """

    screen: bytes
    screen_kind: ScreenKind
    name: str
    token_hash: bytes
    by: Actor


class ScreenRenamed(BaseEvent, frozen=True, kw_only=True, tag="screen.renamed"):
    """A paired screen is called otherwise."""

    screen: bytes
    name: str
    by: Actor


class ScreenRemoved(BaseEvent, frozen=True, kw_only=True, tag="screen.removed"):
    """A device is no screen of this annexe any more, for good: to come back it is paired anew."""

    screen: bytes
    by: Actor


class CredentialPublished(BaseEvent, frozen=True, kw_only=True, tag="credential.published"):
    """The prefecture published a credential, in its encoded form."""

    credential: bytes


WhyRevoked: TypeAlias = Literal["stolen", "lost", "retired", "overstepped"]


class RevokedAt(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last record of a stream that the prefecture had taken in when it revoked the key of its writer."""

    stream: str
    segment: bytes
    seq: int
    hash: bytes


class CredentialRevoked(BaseEvent, frozen=True, kw_only=True, tag="credential.revoked"):
    """The prefecture revoked the key with this id (16 bytes), for good.

    `heads`: what had been taken in of what its holder writes; what the key signs behind them is in doubt.
    """

    id: bytes
    why: WhyRevoked
    heads: list[RevokedAt]


class CataloguePublished(BaseEvent, frozen=True, kw_only=True, tag="catalogue.published"):
    """The prefecture published a version of a procedure."""

    id: str
    version: int
    document: dict[str, Any]


class Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day (ISO date) on which no annexe works, and its names."""

    day: str
    name_fr: str
    name_ar: str


class CalendarPublished(BaseEvent, frozen=True, kw_only=True, tag="calendar.published"):
    """The prefecture published the holidays of a year; a later one of the same year takes its place.

    Those of the Hijri year follow sighting: they are added when they are announced, never computed.
    """

    year: int
    holidays: list[Holiday]


class VoidSince(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A certificate that counts no more, by its random serial, and since when (ms). An array, for lists are long."""

    serial: str
    since_ms: int


class RevocationsPublished(BaseEvent, frozen=True, kw_only=True, tag="revocations.published"):
    """The prefecture published which certificates are void; the list of a higher `number` takes the place of this one.

    `issued_ms` and `next_update_ms`: when it was made, and the latest instant of the next one. A list too long for one
    record comes in `parts`, counted from 0, and holds once all of them are there. Certificates whose validity is over
    stand in it no more.
    """

    number: int
    issued_ms: int
    next_update_ms: int
    annulled: list[VoidSince]
    replaced: list[VoidSince]
    part: int = 0
    parts: int = 1
