"""Whether whoever holds a second copy of the log keeps up, and how long a command waits for him.

- While he is in step, a command is confirmed to nobody before he holds it, or `PATIENCE_S` have passed.
- One that was not in time is out of step until he has caught up: a slow one costs one wait, not one a command.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from edge.store.store import Store
from protocol.records.chain import Head

PATIENCE_S = 0.2
"""Seconds that a command waits: nobody at a counter notices it, and a LAN or an SSD needs a tenth of it."""

logger = logging.getLogger(__name__)


class InStep:
    """Of one second copy. `who`: what a warning calls it; `changed` is told of each change of `holds`."""

    def __init__(self, store: Store, streams: Iterable[str], who: str, changed: Callable[[bool], None]) -> None:
        self._store = store
        self._streams = tuple(streams)
        self._who = who
        self._changed = changed
        self._held: Mapping[str, Sequence[Head]] = {}
        self._answered = asyncio.Event()
        self.holds = False
        store.wait_for(self._wait)

    def begin(self) -> None:
        """Somebody is there, and has said nothing yet."""
        self._held = {}
        self._show(False)

    def heard(self, held: Mapping[str, Sequence[Head]]) -> None:
        """He holds these heads of each stream durably."""
        self._held = held
        self.look()

    def look(self) -> None:
        """See whether he has caught up: he said more, or what he gave back is here now."""
        self._show(self.holds or self._reaches(self._heads()))

    def end(self) -> None:
        """He is gone: nobody waits for him."""
        self._show(False)

    def close(self) -> None:
        """Let no command ask any more."""
        self._store.wait_no_more(self._wait)
        self.end()

    def _show(self, holds: bool) -> None:
        if holds != self.holds:
            self.holds = holds
            self._changed(holds)
        self._answered.set()
        self._answered = asyncio.Event()

    def _heads(self) -> list[tuple[str, Head]]:
        heads = ((stream, self._store.head(stream)) for stream in self._streams)
        return [(stream, head) for stream, head in heads if head is not None]

    def _reaches(self, heads: list[tuple[str, Head]]) -> bool:
        return all(
            any(one.segment == head.segment and one.seq >= head.seq for one in self._held.get(stream, ()))
            for stream, head in heads
        )

    async def _wait(self) -> None:
        """Wait until he holds what was just committed here, as long as a person should wait for that."""
        if not self.holds:
            return
        heads = self._heads()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self.holds and not self._reaches(heads):
                    await self._answered.wait()
        except TimeoutError:
            logger.warning("%s does not keep up; nothing waits for it until it has caught up", self._who)
            self._show(False)
