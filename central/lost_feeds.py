"""What one annexe holds of our own feeds and we lost: asked for on its connection, and taken back.

- Its first checkpoint tells. Until all of it has come, or is waited for no longer, nothing of that feed is sent to it.
- The word that asks is one frame, and may have been lost on a line that stays up: it is said once more.
- Once it has all come, this annexe was heard: a restored prefecture publishes again (`central.store.returned_feeds`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from central.centre import Centre
from central.store.setbacks import note_came_back, note_setback
from protocol.records.chain import Head
from protocol.records.envelope import Record
from protocol.sync.checkpoint import Checkpoint
from protocol.sync.session import Session

# How long what an annexe should give back of our feeds is waited for before we send it what we hold: the whole
# catalogue over a slow link.
GIVE_UP_S = 60.0

logger = logging.getLogger(__name__)


class LostFeeds:
    """One connection's."""

    def __init__(
        self, centre: Centre, session: Session, say_again: Callable[[str], Awaitable[None]], wake: Callable[[], None]
    ) -> None:
        """`say_again(annexe)` says what is held now; `wake` looks for what there is to send."""
        self._centre = centre
        self._session = session
        self._say_again = say_again
        self._wake = wake
        self._lost: dict[str, tuple[Head, ...]] | None = None  # None before its first checkpoint
        self._asked_again = False
        self._patience: asyncio.TimerHandle | None = None

    @property
    def streams(self) -> list[str]:
        """The feeds of which something is asked for."""
        return list(self._lost or ())

    async def look(self, annexe: str, checkpoint: Checkpoint) -> None:
        """Ask for what the annexe holds of our own feeds and we do not: told once, by its first checkpoint."""
        if self._lost is not None:
            return
        self._lost = await self._centre.returned.unknown(annexe, checkpoint)
        if self._lost and not self._session.is_over:
            logger.warning("%s holds what this prefecture published and has lost: it is taken back", annexe)
            await note_setback(self._centre.store, annexe, self._centre.now())
            self._session.ask(self._lost)
            await self._say_again(annexe)
            self._patience = asyncio.get_running_loop().call_later(GIVE_UP_S, self._stop_waiting)
        else:
            await self._heard(annexe)

    async def ask_again(self, annexe: str) -> None:
        """Once, if something has still not come."""
        if self._lost and not self._asked_again:
            self._asked_again = True
            await self._say_again(annexe)

    async def take(self, annexe: str, records: Sequence[Record]) -> None:
        """Some of it came."""
        count = await self._centre.returned.take(records)
        logger.warning("%d records of our own feeds came back", count)
        await note_came_back(self._centre.store, annexe, count)
        lost = self._lost or {}
        for stream in list(lost):
            lost[stream] = await self._centre.returned.still_unknown(stream, lost[stream])
            if not lost[stream]:
                del lost[stream]
                self._session.stop_waiting(stream)
        if not lost:
            await self._heard(annexe)

    def end(self) -> None:
        """The connection is over."""
        if self._patience is not None:
            self._patience.cancel()

    async def _heard(self, annexe: str) -> None:
        """This annexe has given back all that we lost: publish again."""
        if await self._centre.returned.heard():
            logger.warning("the restored prefecture has heard from %s, and publishes again", annexe)

    def _stop_waiting(self) -> None:
        """What should come back does not: send what we hold."""
        for stream in self.streams:
            self._session.stop_waiting(stream)
        self._wake()
