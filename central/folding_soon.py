"""Folding what connections took in, after the answers: it is nobody's connection, and ends with none.

- While batches come it waits, `LONGEST_S` at most: taking in goes first.
- What could not be folded is kept, and tried again when more arrives, or after a while.
- A clean stop ends it between two pages, never inside a transaction; what it leaves is folded at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from central.centre import Centre

# No batch came for so long: the line is not full of them, and there is time to fold.
CALM_S = 0.05
# How long a page may lag behind while batches come without a pause.
LONGEST_S = 2.0
# How often what could not be folded is tried again though nothing more came.
LOOK_AGAIN_S = 30.0

logger = logging.getLogger(__name__)


class _Stopped(Exception):
    """The server stops."""


class FoldingSoon:
    """`is_busy` says whether a batch waits to be committed; `folded` hears whose records were folded."""

    def __init__(self, centre: Centre, *, is_busy: Callable[[], bool], folded: Callable[[str], None]) -> None:
        self._centre = centre
        self._is_busy = is_busy
        self._folded = folded
        self._waiting: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()
        self._arrived_at = 0.0
        self._is_stopping = False

    def arrived(self, annexe: str) -> None:
        """Records of this annexe were committed: fold them soon."""
        self._waiting[annexe] = None
        self._arrived_at = asyncio.get_running_loop().time()
        self._more.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="folding")

    async def close(self) -> None:
        """Stop before the next page."""
        self._is_stopping = True
        self._more.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while self._waiting and not self._is_stopping:
            annexe = next(iter(self._waiting))
            del self._waiting[annexe]  # first: what arrives while this is folded is a reason to look again
            try:
                await self._centre.folder.fold(annexe, rest=self._rest)
            except _Stopped:
                return
            except Exception:
                logger.exception("what %s sent is kept and could not be folded; it is tried again", annexe)
                self._waiting[annexe] = None
                await self._pause()
            else:
                self._folded(annexe)

    async def _rest(self) -> None:
        """Let batches that wait go first, within bounds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_S):
                left = CALM_S
                while left > 0 and not self._is_stopping:
                    left = self._until_calm()
                    await asyncio.sleep(max(0.0, left))
        if self._is_stopping:
            raise _Stopped

    def _until_calm(self) -> float:
        """Seconds until it is calm, if nothing more comes."""
        return CALM_S if self._is_busy() else self._arrived_at + CALM_S - asyncio.get_running_loop().time()

    async def _pause(self) -> None:
        """After a failure: until more arrives, or for a while."""
        self._more.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AGAIN_S):
                await self._more.wait()
