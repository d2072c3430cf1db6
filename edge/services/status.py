"""How the appliance is: for the administration page and the health check; no personal data."""

from __future__ import annotations

from dataclasses import dataclass

from devices.health import Health
from edge.services.office import Office, UplinkState
from edge.store.rows import LogRow

TAIL = 30
"""Records shown: a screenful; the whole log is verified by a command."""


@dataclass(frozen=True, slots=True)
class Status:
    """What an administrator sees first."""

    annexe: str
    software: str
    tail: list[LogRow]
    outbox: dict[str, int]
    devices: list[Health]
    sync: UplinkState | None


async def summary(office: Office) -> Status:
    """Return the appliance's state at this moment."""
    async with office.store.reading() as reader:
        tail = await reader.log_tail(TAIL)
        rows = await reader.outbox(limit=1000)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
    return Status(office.annexe.id, office.software, tail, counts, [office.modem.health()], office.uplink())
