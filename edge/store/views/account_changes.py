"""What each event makes of an account; pure, so that an account is the same whoever folds its records in one order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edge.store.rows import AccountStep, AccountView
from edge.store.views.view import Entry
from protocol.office.events import (
    AccountCorrected,
    AccountOpened,
    Actor,
    Event,
    IdentityVerified,
    PhoneChanged,
    PinChanged,
    PinReset,
    kind_of,
)

CORRECTABLE = ("document", "cnie", "name_ar", "name_fr", "birth_date", "address")


def changed(account: AccountView | None, entry: Entry, event: Event) -> AccountView | None:
    """Return the account after one more event; None as long as nothing has opened it. What opens it twice, or is of
    another kind, changes nothing."""
    if isinstance(event, AccountOpened):
        return account or _opened(entry, event)
    change = CHANGES.get(type(event))
    return account if account is None or change is None else change(account, entry, event)


def _opened(entry: Entry, event: AccountOpened) -> AccountView:
    return AccountView(
        subject=entry.subject,
        cnie=event.cnie,
        name_fr=event.name_fr,
        name_ar=event.name_ar,
        phone=event.phone,
        birth_date=event.birth_date,
        address=event.address,
        pin_hash=event.pin_hash,
        language=event.language,
        verified=False,
        assisted=event.assisted,
        opened_ms=entry.time_ms,
        opened_by=event.by,
        consent=event.consent,
        document=event.document,
        guardian=event.guardian,
    )


def _changed(
    before: AccountView, entry: Entry, event: Any, fields: tuple[str, ...] = (), **changes: Any
) -> AccountView:
    """Change an account, and keep what was done."""
    return replace(before, **changes, steps=(*before.steps, _step(entry, event, event.by, fields)))


def _step(entry: Entry, event: Any, by: Actor, fields: tuple[str, ...]) -> AccountStep:
    return AccountStep(kind_of(event), entry.time_ms, by, fields)


def _verified(before: AccountView, entry: Entry, event: IdentityVerified) -> AccountView:
    if before.verified:
        return before
    return _changed(before, entry, event, verified=True, verified_by=event.by, verified_ms=entry.time_ms)


def _pin_reset(before: AccountView, entry: Entry, event: PinReset) -> AccountView:
    return _changed(before, entry, event, pin_hash=event.pin_hash, temporary_pin_ms=entry.time_ms)


def _pin_changed(before: AccountView, entry: Entry, event: PinChanged) -> AccountView:
    return _changed(before, entry, event, pin_hash=event.pin_hash, temporary_pin_ms=None)


def _phone_changed(before: AccountView, entry: Entry, event: PhoneChanged) -> AccountView:
    return _changed(before, entry, event, phone=event.phone)


def _corrected(before: AccountView, entry: Entry, event: AccountCorrected) -> AccountView:
    said = {name: getattr(event, name) for name in CORRECTABLE if getattr(event, name) is not None}
    fields = tuple(name for name in said if said[name] != getattr(before, name))
    return _changed(before, entry, event, fields, **said)


CHANGES: Mapping[type, Callable[[AccountView, Entry, Any], AccountView]] = {
    IdentityVerified: _verified,
    PinReset: _pin_reset,
    PinChanged: _pin_changed,
    PhoneChanged: _phone_changed,
    AccountCorrected: _corrected,
}
