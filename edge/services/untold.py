"""Who could not be told: the requests whose message failed for good, so that a clerk tells the person instead."""

from __future__ import annotations

from edge.services.office import Office
from edge.services.requests import Dossier, dossier

READ = 200
"""Messages read: an annexe of the pilot has a handful; more means that the modem is down, which /admin shows."""


async def could_not_be_told(office: Office) -> list[Dossier]:
    """Return these requests, the one that waits longest first."""
    async with office.store.reading() as reader:
        rows = await reader.outbox(states=("failed",), limit=READ)
    return [await dossier(office, case) for case in dict.fromkeys(row.case for row in rows)]
