"""Scans on one annexe's connection: those that are not here are wanted, those that it has lost are given back."""

from __future__ import annotations

import asyncio
import logging

from central.centre import Centre
from central.store.blobs import Taken
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.session import Session

logger = logging.getLogger(__name__)


class ScanTraffic:
    """Of one connection, whose session it shares."""

    def __init__(self, centre: Centre, session: Session) -> None:
        self._centre = centre
        self._session = session
        self._due = asyncio.Event()

    def look(self) -> None:
        """Cases may name scans that are not here."""
        self._due.set()

    async def due(self) -> None:
        """Wait until there may be something to want."""
        await self._due.wait()
        self._due.clear()

    async def want(self, annexe: str) -> None:
        """Want what is not here; the session asks for each once."""
        if not self._session.speaks_of_blobs:
            return
        wanted = await self._centre.blobs.wanted(annexe)
        if self._session.speaks_of_blobs:  # it may have ended meanwhile
            self._session.want(wanted)

    async def take(self, annexe: str, came: ChunkArrived) -> bool:
        """Keep one piece, or refuse it; True when a scan became whole by it."""
        if came.refused:
            return False
        taken = await self._centre.blobs.take(annexe, came)
        if taken is Taken.KEPT:
            return False
        if taken is Taken.WHOLE:
            self._session.blobs.over(came.address)
        elif taken is Taken.LACKING:
            logger.warning("%s does not hold a scan that its records name, or only damaged", annexe)
        else:
            logger.warning("a piece of a scan from %s is not what was wanted: it is asked for again later", annexe)
            self._session.blobs.refuse(came.address)
        self.look()
        return taken is Taken.WHOLE

    async def send(self, annexe: str) -> bool:
        """Put a piece on the wire that the annexe wants back; False if there is nothing, or no room."""
        want = self._session.pull_blob()
        if want is None:
            return False
        data, is_last = await self._centre.blobs.piece(annexe, want)
        if self._session.is_over:
            return False
        self._session.supply_blob(want, data, is_last=is_last, now_ms=self._centre.now())
        return True
