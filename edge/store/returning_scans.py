"""Scans that cases name and that are not here: after a card was replaced or restored, or a file was damaged.

The prefecture holds them, and sends them back when they are wanted, piece by piece. What has come is kept in a draft,
and goes on in the next conversation; only a new start begins anew. A scan has its name once all of it is there.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from edge.store.scan_files import Draft, ScanFiles
from edge.store.scans import Scans
from protocol.errors import OperatorError, PeerError
from protocol.records.blobs import ChunkList, parse_list
from protocol.sync.blob_flow import ChunkArrived, Want

logger = logging.getLogger(__name__)


class Returned(Enum):
    """What became of a piece."""

    KEPT = "kept"
    WHOLE = "whole"  # it was the last
    LACKING = "lacking"  # the prefecture does not hold the scan, or not yet
    REFUSED = "refused"  # it is not what was wanted


@dataclass(slots=True)
class _Begun:
    chunks: ChunkList
    draft: Draft
    place: int = 1


class ReturningScans:
    """Takes back what is missing."""

    def __init__(self, files: ScanFiles, scans: Scans) -> None:
        self._files = files
        self._scans = scans
        self._begun: dict[bytes, _Begun] = {}

    async def wanted(self, named: Collection[bytes]) -> list[Want]:
        """What is not here of the scans that cases name, each from the first piece that has not come."""
        here = {file.name for file in await self._files.listing()}
        missing = [one for one in named if one.hex() not in here or one in self._scans.damaged]
        return [Want(one, self._begun[one].place if one in self._begun else 0) for one in missing]

    async def let_go(self, addresses: Collection[bytes]) -> None:
        """Throw away what has come of these: no case names them any more."""
        for begun in [self._begun.pop(one) for one in addresses if one in self._begun]:
            await begun.draft.drop()

    async def close(self) -> None:
        """Throw away what is not whole."""
        await self.let_go(list(self._begun))

    async def take(self, came: ChunkArrived) -> Returned:
        """Check and keep one piece; what the disk refuses begins anew in another conversation."""
        try:
            return await self._take(came)
        except OperatorError as error:
            logger.warning("a scan that comes back cannot be kept: %s", error)
            begun = self._begun.pop(came.address, None)
            if begun is not None:
                await begun.draft.drop()
            return Returned.REFUSED

    async def _take(self, came: ChunkArrived) -> Returned:
        if came.data is None:
            return Returned.LACKING
        begun = self._begun.get(came.address)
        try:
            if came.place == 0:
                self._begun[came.address] = _Begun(parse_list(came.address, came.data), await self._files.begin())
                return Returned.KEPT
            if begun is None or begun.place != came.place:
                return Returned.REFUSED
            begun.chunks.check(came.place - 1, came.data)
        except PeerError:
            return Returned.REFUSED
        await begun.draft.append(came.data)
        begun.place += 1
        if came.place < len(begun.chunks.hashes):
            return Returned.KEPT
        await begun.draft.append(begun.chunks.encoded())
        await self._scans.keep_returned(came.address, begun.draft)
        del self._begun[came.address]
        return Returned.WHOLE
