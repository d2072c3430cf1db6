"""A time limit for one thing after another in one task.

It ends a wait as `asyncio.timeout` does, with the same promise for each thing, and one timer for them all: the timer
is not set and taken back for every command, but looks, when it rings, whether what runs then has run too long.
"""

from __future__ import annotations

import asyncio
from types import TracebackType


class Limit:
    """`with limit:` around an await raises TimeoutError when it takes longer than `longest` seconds.

    Made inside the running loop; used by one task at a time, and never inside itself.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._ends = 0.0
        self._cancelling = 0
        self._expired = False

    def __enter__(self) -> None:
        """Begin a thing."""
        self._task = task = asyncio.current_task()
        self._cancelling = 0 if task is None else task.cancelling()
        self._ends = self._loop.time() + self._longest
        if self._timer is None:
            self._timer = self._loop.call_at(self._ends, self._look)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it; raises TimeoutError when the limit, and nobody else, cancelled it."""
        task, self._task = self._task, None
        if not self._expired or task is None:
            return
        self._expired = False
        if task.uncancel() <= self._cancelling and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error

    def close(self) -> None:
        """Take the timer back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._task is None:
            return
        if self._loop.time() < self._ends:
            self._timer = self._loop.call_at(self._ends, self._look)
        else:
            self._expired = True
            self._task.cancel()
