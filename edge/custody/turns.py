"""Turns at something that only one may do at a time: whoever has failed least goes next.

Trying a passphrase takes all of one core and much memory for a second. Were guesses taken as they come, somebody who
sends many would keep the office's own passphrase waiting. So each rank waits only for those before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final

MOST: Final = 32
"""Who may wait: half a minute's worth of tries. The last in rank is sent away for a better one."""


class Busy(Exception):
    """Others, who rank before or came earlier, fill the queue."""


class Turns:
    """One turn at a time, by rank (the smaller goes first), then in order of arrival."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def turn(self, rank: int) -> AsyncIterator[None]:
        """Wait for the turn, and have it while the context lasts. Raises Busy."""
        if self._taken:
            await self._wait(rank)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, rank: int) -> None:
        mine = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= MOST:
            self._send_away(rank)
        heappush(self._waiting, (rank, next(self._order), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # the turn came as its owner went
                self._pass_on()
            raise

    def _send_away(self, rank: int) -> None:
        last = max(self._waiting)
        if rank >= last[0]:
            raise Busy
        self._waiting.remove(last)
        heapify(self._waiting)
        if not last[2].done():
            last[2].set_exception(Busy())

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, next_ = heappop(self._waiting)
            if not next_.done():
                next_.set_result(None)
                return
        self._taken = False
