"""That this database was put back to an earlier state, as annexes have shown: they hold what it published and lost.

`mulhaqa-central restore` leaves a mark (`central.store.restoration`); a machine's snapshot or a copied disk leaves
none, and so it may have published anew before it heard from anyone. Whoever looks after the prefecture sees which
annexe showed it, when, and how much came back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from central.store.branches import branches_of
from central.store.restoration import is_marked
from central.store.schema import setbacks
from central.store.store import CentralStore

SHOWN_MS = 30 * 24 * 60 * 60 * 1000
"""For how long it is shown: whoever looks in once a month sees it once."""


@dataclass(frozen=True, slots=True)
class Setback:
    """The latest: `annexe` showed it at `since_ms` (our clock). `came_back`: records that annexes gave back since."""

    annexe: str
    since_ms: int
    came_back: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the prefecture's own database. `waits`: it was restored by the command, and publishes nothing new until an
    annexe was heard. `parted`: places where its feeds have parted, for it published before it had heard."""

    waits: bool
    setback: Setback | None
    parted: int


async def note_setback(store: CentralStore, annexe: str, now_ms: int) -> None:
    """An annexe holds what we have lost."""
    async with store.database.write() as connection:
        await store.database.put(
            connection, setbacks, [{"annexe": annexe, "since_ms": now_ms, "came_back": 0}], replace=True
        )


async def note_came_back(store: CentralStore, annexe: str, records: int) -> None:
    """So many of our records came back from it."""
    if not records:
        return
    change = setbacks.update().where(setbacks.c.annexe == annexe)
    async with store.database.write() as connection:
        await connection.execute(change.values(came_back=setbacks.c.came_back + records))


async def standing(store: CentralStore, centre: str, now_ms: int) -> Standing:
    """How the prefecture's own database stands; `centre`: the prefecture's own id."""
    query = select(setbacks).where(setbacks.c.since_ms > now_ms - SHOWN_MS).order_by(setbacks.c.since_ms)
    async with store.database.read() as connection:
        rows = (await connection.execute(query)).all()
        waits = await is_marked(connection, centre)
        feeds = ["all", *(f"to/{row.annexe}" for row in rows)] if rows else []
        parted = await branches_of(connection, centre, feeds)
    if not rows:
        return Standing(waits, None, 0)
    came_back = sum(row.came_back for row in rows)
    return Standing(waits, Setback(rows[-1].annexe, rows[-1].since_ms, came_back), len(parted))
