"""Batches of one connection on their way into the store: prepared as they arrive, committed in groups, in their order.

- All that arrived while the last commit was under way is one commit and one answer.
- Signatures are verified beside the commits (`central.verifying`): the longest work of all needs no database. What else
  needs none is done before a batch's turn too (`central.store.prepared`).
- What arrived is committed also when the line has broken meanwhile: it was whole, and need not be sent again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from central.store.prepared import Prepared
from protocol.sync.events import BatchArrived

# Records of one commit at most: so many take a fraction of a second, and another annexe's wait no longer. Hashes fall
# on pages at random, so a commit of fewer writes nearly as many pages.
GROUP = 1500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch that arrived, and what is prepared of it."""

    batch: BatchArrived
    prepared: asyncio.Future[Prepared]


class Taking:
    """`commit` takes a group; `run()` until `end()`, and until nothing waits any more."""

    def __init__(self, commit: Callable[[Sequence[Waiting]], Awaitable[None]]) -> None:
        self._commit = commit
        self._batches: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._ended = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.is_busy = False
        """Whether a batch waits or is being committed."""

    def add(self, batch: BatchArrived, prepared: Coroutine[Any, Any, Prepared]) -> None:
        """A batch arrived; `prepared` gives what needs no database of taking it in."""
        self._batches.append(Waiting(batch, asyncio.ensure_future(prepared)))
        self.is_busy = True
        self._idle.clear()
        self._arrived.set()

    def drop(self) -> None:
        """Forget what waits: what came before it was refused."""
        self._batches.clear()

    def end(self) -> None:
        """Nothing arrives any more."""
        self._ended = True
        self._arrived.set()

    async def run(self) -> None:
        """Commit what arrives."""
        try:
            while not self._ended or self._batches:
                await self._arrived.wait()
                self._arrived.clear()
                while self._batches:
                    await self._commit(self._next_group())
                self.is_busy = False
                self._idle.set()
        finally:
            self._idle.set()  # who waits must not wait for a commit that failed

    async def idle(self) -> None:
        """Wait until all that arrived is committed."""
        await self._idle.wait()

    def _next_group(self) -> list[Waiting]:
        group: list[Waiting] = []
        size = 0
        while self._batches and (not group or size + len(self._batches[0].batch.records) <= GROUP):
            group.append(self._batches.popleft())
            size += len(group[-1].batch.records)
        return group
