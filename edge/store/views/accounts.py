"""The view of accounts: one sealed row each, found by the blind index of CNIE or phone.

One account a CNIE; a phone may be a family's, so several accounts may share it.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.store.rows import AccountView, Look
from edge.store.views.view import Entry, Folding, Named, View, open_cell, place, seal_cell
from protocol.errors import PeerError
from protocol.office.events import AccountOpened, AccountViewed, IdentityVerified

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
CREATE UNIQUE INDEX account_one_a_cnie ON account_index (blind) WHERE kind = 'cnie';
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
    )
    sealed = _sealed(await folding.key(entry.subject), account)
    folding.write("INSERT INTO accounts (subject, details) VALUES (?, ?)", (entry.subject, sealed))
    _index(folding, entry.subject, "cnie", event.cnie)
    if event.phone is not None:
        _index(folding, entry.subject, "phone", event.phone)
    folding.named.append(Named(entry.subject, names_of(account)))


def _index(folding: Folding, subject: bytes, kind: str, text: str) -> None:
    folding.write(
        "INSERT INTO account_index (kind, blind, account) VALUES (?, ?, ?)", (kind, folding.blind(kind, text), subject)
    )


async def _verified(folding: Folding, entry: Entry, event: IdentityVerified) -> None:
    key = await folding.key(entry.subject)
    found = await folding.rows("SELECT details FROM accounts WHERE subject = ?", (entry.subject,))
    if not found or not isinstance(found[0][0], bytes):
        raise PeerError("an identity was verified for an account that was never opened")
    account = open_account(key, entry.subject, found[0][0])
    if not account.verified:
        account = replace(account, verified=True, verified_by=event.by, verified_ms=entry.time_ms)
    folding.write("UPDATE accounts SET details = ? WHERE subject = ?", (_sealed(key, account), entry.subject))


async def _viewed(folding: Folding, entry: Entry, event: AccountViewed) -> None:
    key = await folding.key(entry.subject)
    look = _encode(Look(at_ms=entry.time_ms, by=event.by, reason=event.reason))
    sealed = seal_cell(key, place("account_looks", "details", entry.hash), look)
    folding.write(
        "INSERT INTO account_looks (record, account, at_ms, details) VALUES (?, ?, ?, ?)",
        (entry.hash, entry.subject, entry.time_ms, sealed),
    )


ACCOUNTS = View(
    name="accounts",
    version=1,
    schema=SCHEMA,
    tables=("accounts", "account_index", "account_looks"),
    folds={AccountOpened: _opened, IdentityVerified: _verified, AccountViewed: _viewed},
)
