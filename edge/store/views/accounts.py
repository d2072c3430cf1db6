"""The view of accounts: one sealed row each, found by the blind index of a document's number, phone or guardian.

A number is unique within its kind of document; a phone may be a family's, so several accounts may share it. What a
correction replaces leaves the index, so that an old telephone or number finds nobody any more.

Two halves of a log that has parted may each have given a number to somebody. Then it is the account's that claimed it
first, in the one order of records; what came with the others stands as a *second claim*, for the counter to look into
(`claims`).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from edge.store.rows import AccountView, Look
from edge.store.views.account_changes import CHANGES, changed
from edge.store.views.claims import NUMBERED, settle
from edge.store.views.fold import entry_of, readable_event
from edge.store.views.view import Entry, Folding, Named, View, open_cell, place, seal_cell
from protocol.errors import PeerError
from protocol.office.events import AccountOpened, AccountViewed, Event

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
    second INTEGER NOT NULL,
    PRIMARY KEY (kind, blind, account)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_one_a_number ON account_index (kind, blind)
    WHERE second = 0 AND kind IN ('cnie', 'residence_card', 'passport', 'association');
CREATE TABLE account_looks (
    record BLOB PRIMARY KEY NOT NULL,
    account BLOB NOT NULL REFERENCES accounts (subject),
    at_ms INTEGER NOT NULL,
    details BLOB NOT NULL
) STRICT;
CREATE INDEX account_looks_of ON account_looks (account, at_ms);
"""

FOUND_BY = "INSERT INTO account_index (kind, blind, account, second) VALUES (?, ?, ?, 0)"
CLAIMED_BY = (
    "INSERT INTO account_index (kind, blind, account, second) SELECT ?1, ?2, ?3, EXISTS"
    " (SELECT 1 FROM account_index WHERE kind = ?1 AND blind = ?2)"
)

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
    key = await folding.key(entry.subject)
    opened = changed(None, entry, event)
    if opened is None or not folding.in_line(entry):
        await _fold_anew(folding, entry, key)
    else:
        _put(folding, key, None, opened)


async def _changed(folding: Folding, entry: Entry, event: Event) -> None:
    key = await folding.key(entry.subject)
    if not folding.in_line(entry):
        await _fold_anew(folding, entry, key)
        return
    before = await _held(folding, entry.subject, key)
    after = changed(before, entry, event)
    if before is None or after is None:
        raise PeerError("something was done to an account that was never opened")
    _put(folding, key, before, after)
    for number in sorted(_numbers(before) - _numbers(after)):
        await settle(folding, entry.stream, *number)


async def _viewed(folding: Folding, entry: Entry, event: AccountViewed) -> None:
    key = await folding.key(entry.subject)
    if folding.in_line(entry):
        _put_look(folding, key, entry, event)
    else:
        await _fold_anew(folding, entry, key)


async def _fold_anew(folding: Folding, entry: Entry, key: bytes) -> None:
    """The log has parted: what came may belong before what is folded already, or come before what opens the account."""
    before, account = await _held(folding, entry.subject, key), None
    looks: list[tuple[Entry, AccountViewed]] = []
    for record in await folding.ordered_of(entry.subject, entry.stream):
        event = readable_event(record, key)
        if isinstance(event, AccountViewed):
            looks.append((entry_of(record), event))
        elif event is not None:
            account = changed(account, entry_of(record), event)
    if account is None:
        return
    _put(folding, key, before, account)
    for look in looks:
        _put_look(folding, key, *look)
    for number in sorted(_numbers(account) | (_numbers(before) if before else set())):
        await settle(folding, entry.stream, *number)


async def _held(folding: Folding, subject: bytes, key: bytes) -> AccountView | None:
    sealed = await folding.cell("accounts", subject)
    return None if sealed is None else open_account(key, subject, sealed)


def _put(folding: Folding, key: bytes, before: AccountView | None, after: AccountView) -> None:
    """Write an account's row, and what finds it; `before`: as it is written now."""
    if after == before:
        return
    sealed = seal_cell(key, place("accounts", "details", after.subject), _encode(after))
    _concern(folding, after)
    folding.note_cell("accounts", after.subject, sealed)
    if before is None:
        folding.write("INSERT INTO accounts (subject, details) VALUES (?, ?)", (after.subject, sealed))
    else:
        folding.write("UPDATE accounts SET details = ? WHERE subject = ?", (sealed, after.subject))
    old, new = set(_found_by(before)) if before else set(), list(_found_by(after))
    for found in sorted(old.difference(new)):
        _unindex(folding, after.subject, *found)
    for found in new:
        if found not in old:
            _index(folding, after.subject, *found)
    if before is None or names_of(before) != names_of(after):
        folding.named.append(Named(after.subject, names_of(after)))


def _put_look(folding: Folding, key: bytes, entry: Entry, event: AccountViewed) -> None:
    folding.concerned.add(entry.subject)
    folding.changed_accounts.add(entry.subject)
    look = _encode(Look(at_ms=entry.time_ms, by=event.by, reason=event.reason))
    sealed = seal_cell(key, place("account_looks", "details", entry.hash), look)
    folding.write(
        "INSERT INTO account_looks (record, account, at_ms, details) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (entry.hash, entry.subject, entry.time_ms, sealed),
    )


def _concern(folding: Folding, account: AccountView) -> None:
    """Note whose pages show an account: its own, and those of who answers for a child."""
    folding.concerned.add(account.subject)
    folding.changed_accounts.add(account.subject)
    if account.guardian is not None:
        folding.concerned.add(account.guardian)


def _found_by(account: AccountView) -> Iterator[tuple[str, str]]:
    """Yield what the index finds an account by: kind and text."""
    yield from _numbers(account)
    if account.phone is not None:
        yield PHONE, account.phone
    if account.guardian is not None:
        yield GUARDIAN, account.guardian.hex()


def _numbers(account: AccountView) -> set[tuple[str, str]]:
    """The number that an account claims, with its kind, if its document has one."""
    return {(account.document, account.cnie)} if account.document in NUMBERED else set()


def _index(folding: Folding, subject: bytes, kind: str, text: str) -> None:
    """Let an account be found. Who decides is refused a number that is taken (the table says so); of what comes, a
    number that is taken already makes a second claim."""
    is_checked = folding.is_deciding or kind not in NUMBERED
    folding.write(FOUND_BY if is_checked else CLAIMED_BY, (kind, folding.blind(kind, text), subject))


def _unindex(folding: Folding, subject: bytes, kind: str, text: str) -> None:
    folding.write(
        "DELETE FROM account_index WHERE kind = ? AND blind = ? AND account = ?",
        (kind, folding.blind(kind, text), subject),
    )


ACCOUNTS = View(
    name="accounts",
    version=4,
    schema=SCHEMA,
    tables=("accounts", "account_index", "account_looks"),
    folds={AccountOpened: _opened, AccountViewed: _viewed, **dict.fromkeys(CHANGES, _changed)},
)
