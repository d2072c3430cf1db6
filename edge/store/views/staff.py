"""The view of those who work here: sealed under the office's key, found by the blind index of the login."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from edge.store.columns import blob
from edge.store.rows import StaffView
from edge.store.views.view import Entry, Folding, View, open_cell, place, seal_cell
from protocol.errors import PeerError
from protocol.office.events import AgentKeyEnrolled, StaffAdded, StaffPasswordChanged

SCHEMA = """
CREATE TABLE staff (
    login BLOB PRIMARY KEY NOT NULL,
    subject BLOB NOT NULL,
    details BLOB NOT NULL
) STRICT;
"""

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(StaffView).decode


def open_staff(key: bytes, blind: bytes, sealed: bytes) -> StaffView:
    """Open an agent's row."""
    return _decode(open_cell(key, place("staff", "details", blind), sealed))


def _sealed(key: bytes, blind: bytes, staff: StaffView) -> bytes:
    return seal_cell(key, place("staff", "details", blind), _encode(staff))


async def _added(folding: Folding, entry: Entry, event: StaffAdded) -> None:
    blind = folding.blind("login", event.login)
    staff = StaffView(
        login=event.login,
        name_fr=event.name_fr,
        name_ar=event.name_ar,
        role=event.role,
        password_hash=event.password_hash,
        language=event.language,
    )
    sealed = _sealed(await folding.key(entry.subject), blind, staff)
    folding.insert("INSERT INTO staff (login, subject, details)", (blind, entry.subject, sealed))


async def _password_changed(folding: Folding, _entry: Entry, event: StaffPasswordChanged) -> None:
    await _change(folding, event.login, password_hash=event.password_hash)


async def _key_enrolled(folding: Folding, _entry: Entry, event: AgentKeyEnrolled) -> None:
    await _change(folding, event.login, public=event.public)


async def _change(folding: Folding, login: str, **changes: Any) -> None:
    """Change an agent, under the key that his row was sealed with: a replaced appliance may have another by now."""
    blind = folding.blind("login", login)
    found = await folding.rows("SELECT subject, details FROM staff WHERE login = ?", (blind,))
    if not found:
        raise PeerError("an agent changed who was never added")
    subject, details = (blob(value) for value in found[0])
    key = await folding.key(subject)
    sealed = _sealed(key, blind, replace(open_staff(key, blind, details), **changes))
    folding.write("UPDATE staff SET details = ? WHERE login = ?", (sealed, blind))


STAFF = View(
    name="staff",
    version=2,
    schema=SCHEMA,
    tables=("staff",),
    folds={StaffAdded: _added, StaffPasswordChanged: _password_changed, AgentKeyEnrolled: _key_enrolled},
)
