"""Who could not be told: the requests whose message failed for good, so that a clerk tells the person instead.

Whoever has come for his certificate meanwhile knows; his request is not listed any more.
"""

from __future__ import annotations

from edge.services.office import Office
from edge.services.requests import Dossier, read_dossier
from edge.store.worklist import untold

LISTED = 50
"""Requests listed: an annexe of the pilot has a handful; more means that the modem is down, which /admin shows."""


async def could_not_be_told(office: Office) -> list[Dossier]:
    """Return these requests, the one that waits longest first."""
    async with office.store.reading() as reader:
        return [await read_dossier(reader, case) for case in await untold(reader, LISTED)]
