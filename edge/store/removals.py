"""Scans that came to be named by nobody through records from elsewhere: deleted once commands may go on.

While commands are held, one of them may have the scans (`Scans.naming`), and wait for the very records that are being
taken in. So nobody who takes records in waits for the scans: what is to be deleted is noted, and a task of its own
deletes it after the ring. What a stop or a power cut leaves of it, the next start deletes (`edge.store.scans.sweep`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from edge.store.scans import Scans
from protocol.errors import OperatorError

logger = logging.getLogger(__name__)


class Removals:
    """Of one store. `may_write`: set while commands go on."""

    def __init__(self, scans: Scans, may_write: asyncio.Event) -> None:
        self._scans = scans
        self._may_write = may_write
        self._noted: dict[bytes, None] = {}
        self._task: asyncio.Task[None] | None = None

    def let_go(self, addresses: Iterable[bytes]) -> None:
        """Delete those of these that no case names any more, soon, or once commands are held no longer."""
        self._noted.update(dict.fromkeys(addresses))
        if self._noted and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._wait(), name="store-removals")

    async def close(self) -> None:
        """Leave the rest to the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _wait(self) -> None:
        while self._noted:
            await self._may_write.wait()
            await self._delete()

    async def _delete(self) -> None:
        noted, self._noted = self._noted, {}
        try:
            await self._scans.let_go(noted)
        except OperatorError as error:  # the records stand, whatever the disk says of files
            logger.warning("a scan that was removed cannot be deleted before the next start: %s", error)
