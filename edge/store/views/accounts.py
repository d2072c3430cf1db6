"""The view of accounts: one sealed row each, found by the blind index of a document's number, phone or guardian.

A number is unique within its kind of document; a phone may be a family's, so several accounts may share it. What a
correction replaces leaves the index, so that an old telephone or number finds nobody any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from edge.store.rows import AccountStep, AccountView, Look
from edge.store.views.view import Entry, Folding, Named, View, open_cell, place, seal_cell
from protocol.errors import PeerError
from protocol.office.events import (
    AccountCorrected,
    AccountOpened,
    AccountViewed,
    Actor,
    IdentityVerified,
    PhoneChanged,
    PinChanged,
    PinReset,
    kind_of,
)

NUMBERED = ("cnie", "residence_card", "passport", "association")
"""Kinds of documents that have a number."""

PHONE = "phone"
GUARDIAN = "guardian"
INDEXED = frozenset({*NUMBERED, PHONE})
"""What somebody is looked for by."""

SCHEMA = """
CREATE TABLE accounts (
    subject BLOB PRIMARY KEY NOT NULL,
    details BLOB NOT NULL
) STRICT;
CREATE TABLE account_index (
    kind TEXT NOT NULL,
    blind BLOB NOT NULL,
    account BLOB NOT NULL REFERENCES accounts (subject),
    PRIMARY KEY (kind, blind, account)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_one_a_number ON account_index (kind, blind)
    WHERE kind IN ('cnie', 'residence_card', 'passport', 'association');
CREATE TABLE account_looks (
    record BLOB PRIMARY KEY NOT NULL,
    account BLOB NOT NULL REFERENCES accounts (subject),
    at_ms INTEGER NOT NULL,
    details BLOB NOT NULL
) STRICT;
CREATE INDEX account_looks_of ON account_looks (account, at_ms);
"""

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(AccountView).decode
_decode_look = msgspec.msgpack.Decoder(Look).decode

CORRECTABLE = ("document", "cnie", "name_ar", "name_fr", "birth_date", "address")


def open_account(key: bytes, subject: bytes, sealed: bytes) -> AccountView:
    """Open an account's row, without the looks at it."""
    return _decode(open_cell(key, place("accounts", "details", subject), sealed))


def open_look(key: bytes, record: bytes, sealed: bytes) -> Look:
    """Open one look at an account."""
    return _decode_look(open_cell(key, place("account_looks", "details", record), sealed))


def names_of(account: AccountView) -> tuple[str, ...]:
    """Return what an account is searched by."""
    return (account.name_fr, account.name_ar)


def _sealed(key: bytes, account: AccountView) -> bytes:
    return seal_cell(key, place("accounts", "details", account.subject), _encode(account))


async def _opened(folding: Folding, entry: Entry, event: AccountOpened) -> None:
    account = AccountView(
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
    sealed = _sealed(await folding.key(entry.subject), account)
    _concern(folding, account)
    folding.note_cell("accounts", entry.subject, sealed)
    folding.write("INSERT INTO accounts (subject, details) VALUES (?, ?)", (entry.subject, sealed))
    for kind, text in _found_by(account):
        _index(folding, entry.subject, kind, text)
    folding.named.append(Named(entry.subject, names_of(account)))


def _concern(folding: Folding, account: AccountView) -> None:
    """Note whose pages show an account: its own, and those of who answers for a child."""
    folding.concerned.add(account.subject)
    folding.changed_accounts.add(account.subject)
    if account.guardian is not None:
        folding.concerned.add(account.guardian)


def _found_by(account: AccountView) -> Iterator[tuple[str, str]]:
    """Yield what the index finds an account by: kind and text."""
    if account.document in NUMBERED:
        yield account.document, account.cnie
    if account.phone is not None:
        yield PHONE, account.phone
    if account.guardian is not None:
        yield GUARDIAN, account.guardian.hex()


def _index(folding: Folding, subject: bytes, kind: str, text: str) -> None:
    folding.write(
        "INSERT INTO account_index (kind, blind, account) VALUES (?, ?, ?)" + folding.if_taken,  # noqa: S608 - our own words
        (kind, folding.blind(kind, text), subject),
    )


def _unindex(folding: Folding, subject: bytes, kind: str, text: str) -> None:
    folding.write(
        "DELETE FROM account_index WHERE kind = ? AND blind = ? AND account = ?",
        (kind, folding.blind(kind, text), subject),
    )


async def _change(
    folding: Folding, entry: Entry, event: Any, fields: tuple[str, ...] = (), **changes: Any
) -> AccountView:
    """Change the account of a record, and keep what was done; returns the account as it is now."""
    key, before = await _before(folding, entry)
    after = replace(before, **changes, steps=(*before.steps, _step(entry, event, event.by, fields)))
    sealed = _sealed(key, after)
    _concern(folding, after)
    folding.note_cell("accounts", entry.subject, sealed)
    folding.write("UPDATE accounts SET details = ? WHERE subject = ?", (sealed, entry.subject))
    old, new = set(_found_by(before)), set(_found_by(after))
    for kind, text in sorted(old - new):
        _unindex(folding, entry.subject, kind, text)
    for kind, text in sorted(new - old):
        _index(folding, entry.subject, kind, text)
    return after


async def _before(folding: Folding, entry: Entry) -> tuple[bytes, AccountView]:
    key = await folding.key(entry.subject)
    sealed = await folding.cell("accounts", entry.subject)
    if sealed is None:
        raise PeerError("something was done to an account that was never opened")
    return key, open_account(key, entry.subject, sealed)


def _step(entry: Entry, event: Any, by: Actor, fields: tuple[str, ...]) -> AccountStep:
    return AccountStep(kind_of(event), entry.time_ms, by, fields)


async def _verified(folding: Folding, entry: Entry, event: IdentityVerified) -> None:
    _, account = await _before(folding, entry)
    if not account.verified:
        await _change(folding, entry, event, verified=True, verified_by=event.by, verified_ms=entry.time_ms)


async def _pin_reset(folding: Folding, entry: Entry, event: PinReset) -> None:
    await _change(folding, entry, event, pin_hash=event.pin_hash, temporary_pin_ms=entry.time_ms)


async def _pin_changed(folding: Folding, entry: Entry, event: PinChanged) -> None:
    await _change(folding, entry, event, pin_hash=event.pin_hash, temporary_pin_ms=None)


async def _phone_changed(folding: Folding, entry: Entry, event: PhoneChanged) -> None:
    await _change(folding, entry, event, phone=event.phone)


async def _corrected(folding: Folding, entry: Entry, event: AccountCorrected) -> None:
    _, before = await _before(folding, entry)
    said = {name: getattr(event, name) for name in CORRECTABLE if getattr(event, name) is not None}
    fields = tuple(name for name in said if said[name] != getattr(before, name))
    after = await _change(folding, entry, event, fields, **said)
    folding.named.append(Named(entry.subject, names_of(after)))


async def _viewed(folding: Folding, entry: Entry, event: AccountViewed) -> None:
    key = await folding.key(entry.subject)
    folding.concerned.add(entry.subject)
    folding.changed_accounts.add(entry.subject)
    look = _encode(Look(at_ms=entry.time_ms, by=event.by, reason=event.reason))
    sealed = seal_cell(key, place("account_looks", "details", entry.hash), look)
    folding.write(
        "INSERT INTO account_looks (record, account, at_ms, details) VALUES (?, ?, ?, ?)",
        (entry.hash, entry.subject, entry.time_ms, sealed),
    )


ACCOUNTS = View(
    name="accounts",
    version=3,
    schema=SCHEMA,
    tables=("accounts", "account_index", "account_looks"),
    folds={
        AccountOpened: _opened,
        IdentityVerified: _verified,
        AccountViewed: _viewed,
        PinReset: _pin_reset,
        PinChanged: _pin_changed,
        PhoneChanged: _phone_changed,
        AccountCorrected: _corrected,
    },
)
