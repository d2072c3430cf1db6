"""Telling an annexe on which days agents of the prefecture looked at somebody's requests (law 09-08).

- A record for each account, in the feed of the annexe, sealed under the account's own key: the citizen reads it at his
  annexe, and nobody on the way. It names days, neither who looked nor at which request: for that he asks us.
- A case is told of once a day at most, however often it is looked at. What was told and which record tells it are one
  transaction. A prefecture restored from a backup may tell a day twice; the annexe shows it once.
- What cannot be told yet waits: the request cannot be opened here, or the account's key has not come.
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
from protocol.errors import PeerError
from protocol.office.events import AccountReadAtPrefecture, to_value

logger = logging.getLogger(__name__)


class Untold(NamedTuple):
    """A day on which somebody looked at a case, and its annexe was not told."""

    annexe: str
    subject: bytes
    day: str


async def tell_looks(centre: Centre) -> int:
    """Tell every annexe what it was not told of; returns how many records that made."""
    async with centre.store.database.read() as connection:
        waiting = await _untold(connection)
    told = 0
    for annexe in dict.fromkeys(row.annexe for row in waiting):
        cases = dict.fromkeys(row.subject for row in waiting if row.annexe == annexe)
        accounts = {case: account for case in cases if (account := await _account(centre, annexe, case)) is not None}
        if accounts:
            told += await _tell(centre, annexe, accounts)
    return told


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


async def _account(centre: Centre, annexe: str, case: bytes) -> bytes | None:
    try:
        row = await centre.queries.request(annexe, case)
    except PeerError as error:
        logger.warning("a look waits to be told: the request cannot be opened (%s)", error.kind)
        return None
    return None if row is None else row.case.account
