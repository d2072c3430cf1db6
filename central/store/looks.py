"""Who looked at a dossier or a scan at the prefecture, as the annexe keeps it of its own screens (law 09-08).

- A look is noted before anything is shown; what cannot be noted is not shown.
- Kept here, beside the case: the annexe's log has one writer, the annexe. Sealed under the case's own key, so it is
  gone when the key is.
- The days on which somebody looked go to the annexe, for the citizen's own page (`central.telling_looks`).
- Somebody who looks again at the same thing a little later has looked once.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.schema import look_days, looks
from central.store.store import CentralStore
from protocol.errors import CallerError
from protocol.office.calendar import local_date
from protocol.records.keys import subkey
from protocol.records.sealing import seal, unseal

SAME_LOOK_MS: Final = 10 * 60_000
"""As at the annexe: a page reloads at every announcement."""


class Look(msgspec.Struct, frozen=True):
    """`what`: the catalogue's id of the piece whose scan was opened, "" for the dossier; `at_ms` by our clock."""

    what: str
    login: str
    name_fr: str
    name_ar: str
    at_ms: int


async def note_look(store: CentralStore, annexe: str, subject: bytes, look: Look) -> bool:
    """Note a look, unless it is the same as one of a little before; whether it was noted."""
    who = store.vault.blind("look", f"{subject.hex()}/{look.what}/{look.login}")
    async with store.database.write() as connection:
        key = await _key(store, connection, annexe, subject)
        lately = select(looks.c.at_ms).where(
            looks.c.annexe == annexe, looks.c.subject == subject, looks.c.who == who,
            looks.c.at_ms > look.at_ms - SAME_LOOK_MS, looks.c.at_ms <= look.at_ms,
        )  # fmt: skip
        if (await connection.execute(lately)).first() is not None:
            return False
        plain = msgspec.msgpack.encode(look)
        sealed = seal(subkey(key, "centre-view"), "centre-view", _place(annexe, subject, who, look.at_ms), plain)
        row = {"annexe": annexe, "subject": subject, "who": who, "at_ms": look.at_ms, "sealed": sealed}
        await store.database.put(connection, looks, [row], replace=False)
        await _note_day(store, connection, annexe, subject, local_date(look.at_ms).isoformat())
    return True


async def _note_day(store: CentralStore, connection: AsyncConnection, annexe: str, subject: bytes, day: str) -> None:
    """Note that somebody looked on this day, for the annexe to be told; once a case and day."""
    table = look_days
    there = select(table.c.told).where(table.c.annexe == annexe, table.c.subject == subject, table.c.day == day)
    if (await connection.execute(there)).first() is None:
        row = {"annexe": annexe, "subject": subject, "day": day, "told": False}
        await store.database.put(connection, table, [row], replace=False)


async def looks_at(store: CentralStore, annexe: str, subject: bytes) -> list[Look]:
    """Who looked at a case here, the latest first."""
    query = select(looks.c.who, looks.c.at_ms, looks.c.sealed).where(
        looks.c.annexe == annexe, looks.c.subject == subject
    )
    async with store.database.read() as connection:
        rows = (await connection.execute(query.order_by(looks.c.at_ms.desc()))).all()
        key = await _key(store, connection, annexe, subject) if rows else b""
    return [_opened(key, _place(annexe, subject, row.who, row.at_ms), row.sealed) for row in rows]


def _opened(key: bytes, place: bytes, sealed: bytes) -> Look:
    return msgspec.msgpack.decode(unseal(subkey(key, "centre-view"), "centre-view", place, sealed), type=Look)


async def _key(store: CentralStore, connection: AsyncConnection, annexe: str, subject: bytes) -> bytes:
    held = await store.keys_of(connection, annexe, [subject])
    if subject not in held:
        raise CallerError("A look is noted at a case that can be opened: its key is held.")
    return held[subject]


def _place(annexe: str, subject: bytes, who: bytes, at_ms: int) -> bytes:
    return f"looks/{annexe}/{at_ms}/".encode() + subject + who
