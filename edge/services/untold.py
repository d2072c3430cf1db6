"""Who could not be told: the requests whose message failed for good, so that a clerk tells the person instead.

Whoever has come meanwhile, for his certificate or with the missing document, knows; his request is not listed any more.
"""

from __future__ import annotations

from edge.services.office import Office
from edge.services.requests import Dossier, read_dossier
from edge.store.worklist import untold

LISTED = 50
"""Requests listed: an annexe of the pilot has a handful; more means that the modem is down, which /admin shows."""


async def could_not_be_told(office: Office) -> list[Dossier]:
    """Return these requests, the one that waits longest first."""
    found: list[Dossier] = []
    async with office.store.reading() as reader:
        for case in await untold(reader):
            opened = await read_dossier(reader, case)
            if opened.told == "failed":
                found.append(opened)
            if len(found) == LISTED:
                break
    return found
