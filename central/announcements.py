"""Tells pages that something they show has changed: topics only, never data.

Topics: "annexes" (one came, went, or sent something), "requests" (a request moved), "catalogue". Whoever hears one
reads again with his own rights.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from time import monotonic

TOPICS = frozenset({"annexes", "requests", "catalogue"})


class Listener:
    """One page's topics; each waits at most once, however often it was announced."""

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = frozenset(topics)
        self._waiting: dict[str, None] = {}
        self._arrived = asyncio.Event()

    def offer(self, topic: str) -> None:
        """Note a topic if the page shows it."""
        if topic in self._topics:
            self._waiting[topic] = None
            self._arrived.set()

    async def next(self) -> str:
        """Wait for a topic."""
        await self._arrived.wait()
        topic = next(iter(self._waiting))
        del self._waiting[topic]
        if not self._waiting:
            self._arrived.clear()
        return topic


class Announcements:
    """Hands topics to every page that listens."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock`: seconds, of any beginning; never set back."""
        self._listeners: set[Listener] = set()
        self._clock = clock
        self._announced: dict[str, float] = {}

    def publish(self, *topics: str) -> None:
        """Announce topics."""
        for topic in topics:
            self._announced[topic] = self._clock()
            for listener in self._listeners:
                listener.offer(topic)

    @contextmanager
    def listen(self, topics: Collection[str], missed_s: float = 0.0) -> Iterator[Listener]:
        """Listen for as long as the context lasts, and hear at once what the last `missed_s` seconds announced."""
        listener = Listener(topics)
        since = self._clock() - missed_s
        for topic in [topic for topic, at in self._announced.items() if missed_s and at >= since]:
            listener.offer(topic)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
