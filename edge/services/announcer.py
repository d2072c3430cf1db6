"""Tells the screens that something they show has changed: topics only, never data.

A topic is a short name ("cases", "display", "outbox", "sync", "devices", "calls", or "case:<id>"). Whoever hears one
reads again with his own rights, so an announcement reveals nothing but that something moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING_TOPICS = 256
"""Topics kept for a listener that does not read: more than an annexe's cases of a day; past it the oldest is dropped,
for a screen that slow reloads everything when it reads at all."""


class Subscription:
    """One listener's topics, in the order in which they were announced, each at most once while it waits."""

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = frozenset(topics)
        self._waiting: dict[str, None] = {}
        self._arrived = asyncio.Event()

    def offer(self, topic: str) -> None:
        """Note a topic if this listener asked for it."""
        if topic not in self._topics:
            return
        if len(self._waiting) >= WAITING_TOPICS:
            self._waiting.pop(next(iter(self._waiting)))
        self._waiting[topic] = None
        self._arrived.set()

    async def next(self) -> str:
        """Wait for the next topic."""
        await self._arrived.wait()
        topic = next(iter(self._waiting))
        del self._waiting[topic]
        if not self._waiting:
            self._arrived.clear()
        return topic

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            yield await self.next()


class Announcer:
    """Hands topics from whoever changed something to whoever shows it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock`: seconds, of any beginning; never set back."""
        self._subscriptions: set[Subscription] = set()
        self._clock = clock
        self._announced: dict[str, float] = {}

    def publish(self, topics: Iterable[str]) -> None:
        """Announce `topics`, each once, to every listener that asked for it."""
        for topic in dict.fromkeys(topics):
            self._note(topic)
            for subscription in self._subscriptions:
                subscription.offer(topic)

    @contextmanager
    def subscribe(self, topics: Collection[str], missed_s: float = 0.0) -> Iterator[Subscription]:
        """Listen to `topics` for as long as the context lasts; those of the last `missed_s` seconds come at once."""
        subscription = Subscription(topics)
        since = self._clock() - missed_s
        for topic in [topic for topic, at in self._announced.items() if missed_s and at >= since]:
            subscription.offer(topic)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def _note(self, topic: str) -> None:
        """Remember when a topic was announced last; of many cases, the latest."""
        self._announced.pop(topic, None)
        self._announced[topic] = self._clock()
        if len(self._announced) > WAITING_TOPICS:
            self._announced.pop(next(iter(self._announced)))
