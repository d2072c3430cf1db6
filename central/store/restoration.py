"""A database restored from a backup must hear from an annexe before anything new is published from it.

What the prefecture published after the backup is with the annexes alone; published on from the backup, its feeds would
part into branches. So the restoration leaves a mark, and the first annexe that has given back what it holds of them
takes it away (`central.store.returned_feeds`), or an operator who knows that none will come.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable

from central.store.schema import restorations
from protocol.errors import OperatorError

WAITS: Final = (
    "This prefecture was restored from a backup. Before it publishes anything new, an annexe must bring back what was "
    "published since: start the server and wait for one to connect. If none can: mulhaqa-central publish-anyway."
)


def mark(database: sqlite3.Connection, centre: str) -> None:
    """Leave the mark, in a database file that nobody serves yet."""
    dialect = sqlite.dialect()
    database.execute(str(CreateTable(restorations, if_not_exists=True).compile(dialect=dialect)))
    database.execute(f"INSERT OR IGNORE INTO {restorations.name} (annexe) VALUES (?)", (centre,))  # noqa: S608 - our own name
    database.commit()


async def is_marked(connection: AsyncConnection, centre: str) -> bool:
    """Whether no annexe was heard since the restoration."""
    query = select(restorations.c.annexe).where(restorations.c.annexe == centre)
    return (await connection.execute(query)).first() is not None


async def check_unmarked(connection: AsyncConnection, centre: str) -> None:
    """Raise OperatorError while nothing new may be published."""
    if await is_marked(connection, centre):
        raise OperatorError(WAITS)


async def unmark(connection: AsyncConnection, centre: str) -> bool:
    """Take the mark away; False if there was none."""
    if not await is_marked(connection, centre):
        return False
    await connection.execute(delete(restorations).where(restorations.c.annexe == centre))
    return True
