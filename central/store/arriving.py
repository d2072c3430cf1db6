"""When records of an annexe came, and how far its clock then was from ours: read from what each commit noted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.schema import arrivals, records


@dataclass(frozen=True, slots=True)
class Arriving:
    """`last_ms`: the last commit of its records, None before the first. `recent`: records that came since an instant.
    `future_ms`: how far the last record, by the clock that wrote it, lay in our future when it came."""

    last_ms: int | None = None
    recent: int = 0
    future_ms: int = 0


async def arriving(connection: AsyncConnection, annexe: str, since_ms: int) -> Arriving:
    """What came of an annexe; `recent` counts from `since_ms` on. Only the newest rows are looked at."""
    newest = select(arrivals.c.position, arrivals.c.received_ms).where(arrivals.c.annexe == annexe)
    newest = newest.order_by(arrivals.c.position.desc()).limit(1)
    last = (await connection.execute(newest)).first()
    if last is None:
        return Arriving()
    position, received_ms = last
    before = (await connection.execute(newest.where(arrivals.c.received_ms < since_ms))).first()
    written = select(records.c.time_ms).where(records.c.annexe == annexe, records.c.position == position)
    time_ms: int | None = (await connection.execute(written)).scalar()
    return Arriving(received_ms, position - (before[0] if before else 0), max(0, (time_ms or 0) - received_ms))
