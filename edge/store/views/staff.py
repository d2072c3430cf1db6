"""The view of those who work here: sealed under the office's key, found by the blind index of the login.

`staff_records` names the few records that an agent's row is folded from, for the office's key seals all the noise of
the day as well. Each event folds them all, in the one order of records: the first that adds a login stands, and of what
changes it the last. What was added twice on two halves of a log so becomes one agent, the same everywhere.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import msgspec

from edge.store.rows import Delegation, StaffView
from edge.store.views.few_records import all_about
from edge.store.views.fold import readable_event
from edge.store.views.view import Entry, Folding, View, open_cell, place, seal_cell
from protocol.office.events import (
    AgentKeyEnrolled,
    DelegationEnded,
    Event,
    RoleDelegated,
    StaffAdded,
    StaffEnded,
    StaffEvent,
    StaffPasswordChanged,
    StaffResumed,
)

SCHEMA = """
CREATE TABLE staff (
    login BLOB PRIMARY KEY NOT NULL,
    subject BLOB NOT NULL,
    details BLOB NOT NULL
) STRICT;
CREATE TABLE staff_records (
    login BLOB NOT NULL,
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (login, stream, segment, seq)
) STRICT, WITHOUT ROWID;
"""

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(StaffView).decode


def open_staff(key: bytes, blind: bytes, sealed: bytes) -> StaffView:
    """Open an agent's row."""
    return _decode(open_cell(key, place("staff", "details", blind), sealed))


def _sealed(key: bytes, blind: bytes, staff: StaffView) -> bytes:
    return seal_cell(key, place("staff", "details", blind), _encode(staff))


async def _folded(folding: Folding, entry: Entry, event: StaffEvent) -> None:
    login = folding.blind("login", event.login)
    subject, staff = b"", None
    for record in await all_about(folding, entry, "staff_records", "login", login):
        key = await folding.key(record.subject or b"")
        after = _changed(staff, readable_event(record, key), record.time.ms)
        if staff is None and after is not None:
            subject = record.subject or b""
        staff = after
    if staff is None:
        return
    sealed = _sealed(await folding.key(subject), login, staff)
    if folding.is_deciding and isinstance(event, StaffAdded):  # who adds is refused a login that is taken
        folding.insert("INSERT INTO staff (login, subject, details)", (login, subject, sealed))
    else:
        folding.write(
            "INSERT OR REPLACE INTO staff (login, subject, details) VALUES (?, ?, ?)", (login, subject, sealed)
        )


def _changed(staff: StaffView | None, event: Event | None, time_ms: int) -> StaffView | None:
    """An agent after one more event; None as long as nothing has added him."""
    if staff is None:
        return _added(event, time_ms) if isinstance(event, StaffAdded) else None
    match event:
        case StaffPasswordChanged():
            return replace(staff, password_hash=event.password_hash, temporary_ms=time_ms if event.temporary else None)
        case AgentKeyEnrolled():
            return replace(staff, public=event.public)
        case StaffEnded() | StaffResumed():
            return replace(staff, ended=isinstance(event, StaffEnded))
        case RoleDelegated() | DelegationEnded():
            return replace(staff, delegated=_delegated(event))
        case _:
            return staff


def _added(event: StaffAdded, time_ms: int) -> StaffView:
    return StaffView(
        login=event.login,
        name_fr=event.name_fr,
        name_ar=event.name_ar,
        role=event.role,
        password_hash=event.password_hash,
        language=event.language,
        temporary_ms=time_ms if event.temporary else None,
    )


def _delegated(event: RoleDelegated | DelegationEnded) -> tuple[Delegation, ...]:
    """One at a time, the newest; none where another release wrote days that are none, for a fold is total."""
    if isinstance(event, DelegationEnded):
        return ()
    try:
        return (Delegation(event.role, date.fromisoformat(event.first), date.fromisoformat(event.last)),)
    except ValueError:
        return ()


STAFF = View(
    name="staff",
    version=5,
    schema=SCHEMA,
    tables=("staff", "staff_records"),
    folds=dict.fromkeys(StaffEvent.__args__, _folded),
)
