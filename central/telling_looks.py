"""Telling an annexe on which days agents of the prefecture looked at somebody's requests (law 09-08).

- A record for each account, in the feed of the annexe, sealed under the account's own key: the citizen reads it at his
  annexe, and nobody on the way. It names days, neither who looked nor at which request: for that he asks us.
- A case is told of once a day at most, however often it is looked at. What was told and which record tells it are one
  transaction. A prefecture restored from a backup may tell a day twice; the annexe shows it once.
- What cannot be told yet waits: the request cannot be opened here, or the account's key has not come.
- An annexe that cannot be told (its feed cannot be written) holds up no other. All of it is tried again at the next
  look; what fails is warned of once, until it succeeds or the server starts anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.centre import Centre
from central.store.feed_log import News
from central.store.schema import look_days
from protocol.errors import MulhaqaError, PeerError
from protocol.office.events import AccountReadAtPrefecture, to_value

logger = logging.getLogger(__name__)


class Untold(NamedTuple):
    """A day on which somebody looked at a case, and its annexe was not told."""

    annexe: str
    subject: bytes
    day: str


class PutOff:
    """What could not be told at the last look, so that it is not warned of at each."""

    def __init__(self) -> None:
        self._things: set[str] = set()

    def failed(self, thing: str, error: MulhaqaError) -> None:
        """It is tried again; whoever looks after the prefecture hears of it the first time."""
        if thing not in self._things:
            logger.warning("the looks at %s cannot be told, and wait (%s): %s", thing, type(error).__name__, error)
        self._things.add(thing)

    def succeeded(self, thing: str) -> None:
        """If it fails again, that is news."""
        self._things.discard(thing)


async def tell_looks(centre: Centre, put_off: PutOff) -> int:
    """Tell every annexe what it was not told of; returns how many records that made."""
    async with centre.store.database.read() as connection:
        waiting = await _untold(connection)
    told = 0
    for annexe in dict.fromkeys(row.annexe for row in waiting):
        try:
            told += await _tell_annexe(centre, annexe, [row for row in waiting if row.annexe == annexe], put_off)
        except MulhaqaError as error:
            put_off.failed(annexe, error)
        else:
            put_off.succeeded(annexe)
    return told


async def _tell_annexe(centre: Centre, annexe: str, waiting: Sequence[Untold], put_off: PutOff) -> int:
    cases = dict.fromkeys(row.subject for row in waiting)
    found = {case: await _account(centre, annexe, case, put_off) for case in cases}
    accounts = {case: account for case, account in found.items() if account is not None}
    return await _tell(centre, annexe, accounts) if accounts else 0


async def _tell(centre: Centre, annexe: str, accounts: Mapping[bytes, bytes]) -> int:
    """`accounts`: whose each case is."""

    async def fresh(connection: AsyncConnection) -> list[News]:
        keys = await centre.store.keys_of(connection, annexe, set(accounts.values()))
        rows = [row for row in await _untold(connection) if row.annexe == annexe and accounts.get(row.subject) in keys]
        return [
            _news(key, [row for row in rows if accounts[row.subject] == account])
            for account, key in sorted(keys.items())
            if any(accounts[row.subject] == account for row in rows)
        ]

    return await centre.feeds.publish_looks(annexe, fresh)


def _news(key: bytes, rows: Sequence[Untold]) -> News:
    event = AccountReadAtPrefecture(days=sorted({row.day for row in rows}))
    told = [{"annexe": row.annexe, "subject": row.subject, "day": row.day, "told": True} for row in rows]
    return News(to_value(event), told, key)


async def _untold(connection: AsyncConnection) -> list[Untold]:
    table = look_days
    query = select(table.c.annexe, table.c.subject, table.c.day).where(table.c.told.is_(False))
    rows = await connection.execute(query.order_by(table.c.annexe, table.c.day, table.c.subject))
    return [Untold(*row) for row in rows]


async def _account(centre: Centre, annexe: str, case: bytes, put_off: PutOff) -> bytes | None:
    thing = f"{annexe}, request {case.hex()}"
    try:
        row = await centre.queries.request(annexe, case)
    except PeerError as error:
        put_off.failed(thing, error)
        return None
    put_off.succeeded(thing)
    return None if row is None else row.case.account
