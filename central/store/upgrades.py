"""Bringing a database of an earlier release up to this one, in the transaction that opens it; new tables are there.

1 to 2: certificates that count no more have a table. Nothing tells which those of before are but the cases themselves,
so every record of a case waits to be folded again, as if it had just come.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.schema import VERSION, records, schema_version, unfolded


async def _fold_cases_again(connection: AsyncConnection) -> None:
    waiting = select(unfolded.c.hash).where(unfolded.c.annexe == records.c.annexe, unfolded.c.hash == records.c.hash)
    again = select(records.c.annexe, records.c.hash).where(
        records.c.stream.like("%/cases"), records.c.subject.is_not(None), records.c.standing != "proof",
        ~waiting.exists(),
    )  # fmt: skip
    await connection.execute(insert(unfolded).from_select(["annexe", "hash"], again))


STEPS: Mapping[int, Callable[[AsyncConnection], Awaitable[None]]] = {1: _fold_cases_again}
"""Version -> what leads to the next one."""


async def upgrade(connection: AsyncConnection, version: int) -> bool:
    """Lead a database from `version` to this release's; False, with nothing done, when no way leads there."""
    if any(step not in STEPS for step in range(version, VERSION)) or version > VERSION:
        return False
    for step in range(version, VERSION):
        await STEPS[step](connection)
    await connection.execute(update(schema_version).values(version=VERSION))
    return True
