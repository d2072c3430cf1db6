"""What happens to a lifelong administrative account (CAU)."""

from __future__ import annotations

from protocol.office.event_shape import BaseEvent
from protocol.office.parties import Actor, Document, Language


class AccountOpened(BaseEvent, frozen=True, kw_only=True, tag="account.opened"):
    """Someone opened his administrative account (CAU), alone or with help. `consent` names the notice agreed to.

    `cnie` is the number of his `document`. `guardian` is the subject of the account of who answers for a child.
    """

    cnie: str
    name_fr: str
    name_ar: str
    phone: str | None
    birth_date: str
    address: str
    pin_hash: str | None
    language: Language
    by: Actor
    assisted: bool
    consent: str
    document: Document = "cnie"
    guardian: bytes | None = None


class IdentityVerified(BaseEvent, frozen=True, kw_only=True, tag="account.identity_verified"):
    """An official has seen the card: the account is no longer only declared."""

    by: Actor


class AccountViewed(BaseEvent, frozen=True, kw_only=True, tag="account.viewed"):
    """An agent looked at the account; the citizen reads this in his own history (law 09-08)."""

    by: Actor
    reason: str


class AccountReadAtPrefecture(BaseEvent, frozen=True, kw_only=True, tag="account.read_at_prefecture"):
    """Agents of the prefecture looked at requests of this account on these days (ISO); the citizen reads it there too.

    The prefecture writes it in the feed of the annexe. Who looked at what stays with it: it answers for its agents.
    """

    days: list[str]


class PinReset(BaseEvent, frozen=True, kw_only=True, tag="account.pin_reset"):
    """The card was seen, and a PIN was given that opens nothing but the choice of another."""

    pin_hash: str
    by: Actor


class PinChanged(BaseEvent, frozen=True, kw_only=True, tag="account.pin_changed"):
    """The person chose another PIN himself."""

    pin_hash: str
    by: Actor


class PhoneChanged(BaseEvent, frozen=True, kw_only=True, tag="account.phone_changed"):
    """The card was seen, and the account has another telephone (E.164), or none."""

    phone: str | None
    by: Actor


class AccountCorrected(BaseEvent, frozen=True, kw_only=True, tag="account.corrected"):
    """What the account says was put right by the card that was seen (rectification, law 09-08, article 8).

    `document` and `cnie` are there when another document took the place of the old: a passport renewed, a first CNIE.
    """

    name_fr: str
    name_ar: str
    birth_date: str
    address: str
    by: Actor
    document: Document | None = None
    cnie: str | None = None
