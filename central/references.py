"""Finding a request by its reference: an index in memory, for references are sealed with their cases.

A search opens the cases that it has not seen yet, once each; a case keeps its reference for good. A restart begins
anew. The index holds some hundred bytes a request, so a prefecture's million requests fit.
"""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy import select

from central.store.queries import Queries, RequestRow
from central.store.schema import case_views
from central.store.store import CentralStore
from protocol.errors import N_, PeerError, PersonError
from protocol.office import references

logger = logging.getLogger(__name__)

Place = tuple[str, bytes]
Filed = tuple[int, Place]
"""A place, behind when the request there was filed."""


class References:
    """References of all annexes. A clone of an appliance may have given one twice: the request that was filed first is
    found, as at the annexe; the other from its account's requests."""

    def __init__(self, store: CentralStore, queries: Queries) -> None:
        self._store = store
        self._queries = queries
        self._places: dict[str, Filed] = {}
        self._seen: set[Place] = set()
        self._turn = asyncio.Lock()

    async def find(self, text: str) -> RequestRow:
        """The request of a reference, as typed; PersonError 422 when it is none, 404 when nothing of it arrived."""
        reference = references.parse(text)
        async with self._turn:
            if reference not in self._places:
                await self._catch_up()
        place = self._places.get(reference)
        found = await self._queries.request(*place[1]) if place else None
        if found is None:
            raise PersonError(
                N_("No request of this reference has arrived. Check it; the annexe may not have been connected since."),
                field="reference",
                status=404,
            )
        return found

    async def _catch_up(self) -> None:
        query = select(case_views.c.annexe, case_views.c.subject).order_by(case_views.c.submitted_ms)
        async with self._store.database.read() as connection:
            places = [(annexe, subject) for annexe, subject in await connection.execute(query)]
        for place in places:
            if place in self._seen:
                continue
            try:
                row = await self._queries.request(*place)
            except PeerError:
                logger.error("the dossier %s of %s is damaged on the disk", place[1].hex(), place[0])  # noqa: TRY400 - said, not raised
                continue
            if row is not None:
                filed = (row.case.submitted_ms, place)
                self._places[row.case.reference] = min(filed, self._places.get(row.case.reference, filed))
                self._seen.add(place)
