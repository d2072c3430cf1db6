"""An appliance that is behind: the prefecture, or its standby, holds records of its own streams which it has not.

Its card was restored from a backup, replaced, or cloned and the clone wrote on; or the standby was promoted, or what it
replaced has delivered its last. What it lacks is asked for, and while it comes, commands that write wait: written now
they would make a branch, written a moment later they continue what came. They wait only if nothing was written since
the start (else the branch is there already), and only

- until every head that the peer named is held,
- or the conversation ends,
- or nothing has come for `STALLED_S`, or `LONGEST_S` have passed.

What still comes after that is taken all the same. The word that asks is one frame, and may be lost on a line that stays
up: while nothing comes, it is said again, `ASKED_AGAIN` times at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from edge.store.store import Store
from edge.store.uplink import Uplink as StoreUplink
from protocol.records.chain import Head
from protocol.sync.checkpoint import Checkpoint

STALLED_S = 5.0
"""Seconds without a record: the slowest link carries a small batch in one of them. Who waits at the counter should not
wait for a link that is up and carries nothing."""

LONGEST_S = 30.0
"""Seconds that a person waits before he believes that the machine is broken. A tail that takes longer makes a branch,
which is kept and reported: better than an office that stands still."""

ASKED_AGAIN = 3
"""Times in a conversation, a minute apart: enough for any line that carries something. What the peer cannot show
soundly never comes, and must not be asked for as long as the line lasts."""


class Tail:
    """Of one conversation. `streams` are the annexe's own."""

    def __init__(self, store: Store, streams: Iterable[str]) -> None:
        self._store = store
        self._uplink = StoreUplink(store)
        self._streams = tuple(streams)
        self._missing: dict[str, tuple[Head, ...]] = {}
        self._named: set[Head] = set()
        self._grew = asyncio.Event()
        self._looked: tuple[int, tuple[str, ...]] | None = None
        self._asks_left = ASKED_AGAIN
        self.came = 0
        """Records that came back in this conversation."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The streams of which something has not come yet."""
        return tuple(self._missing)

    async def learn(self, checkpoint: Checkpoint) -> tuple[str, ...]:
        """Take a checkpoint; returns the streams that must be asked for, none where it says no news.

        News are heads that no checkpoint before named, but for what is written here now: all of it at first, and later
        what the peer got from another machine of this annexe while we talked.
        """
        asked = []
        for stream in self._streams:
            news = self._news(stream, checkpoint)
            unknown = await self._uplink.unknown_heads(stream, news) if news else []
            if unknown:
                self._missing[stream] = (*self._missing.get(stream, ()), *unknown)
                asked.append(stream)
        if asked and not self._store.has_written:
            self._store.hold(self)
        return tuple(asked)

    def _news(self, stream: str, checkpoint: Checkpoint) -> list[Head]:
        own = self._store.head(stream)
        news = [
            leaf
            for leaf in checkpoint.of(stream).leaves
            if leaf not in self._named and (own is None or leaf.segment != own.segment or leaf.seq > own.seq)
        ]
        self._named.update(news)
        return news

    async def grew(self, stored: int) -> tuple[str, ...]:
        """Records came; returns the streams that are whole now."""
        self.came += stored
        if stored:
            self._grew.set()
        whole = []
        for stream, heads in list(self._missing.items()):
            left = await self._uplink.unknown_heads(stream, heads)
            if left:
                self._missing[stream] = tuple(left)
            else:
                del self._missing[stream]
                whole.append(stream)
        if not self._missing:
            self._grew.set()
            self._store.resume(self)
        return tuple(whole)

    def is_to_be_asked_again(self) -> bool:
        """Look, as often as an owed answer is looked for; whether nothing has come since the last look of what was
        asked for then."""
        looked = (self.came, self.missing)
        again = bool(self._missing) and looked == self._looked and self._asks_left > 0
        self._looked = looked
        self._asks_left -= again
        return again

    async def wait(self) -> tuple[str, ...]:
        """Wait as long as the rules say; returns the streams that are given up waiting for, and lets commands go on."""
        try:
            async with asyncio.timeout(LONGEST_S):
                while self._missing:
                    async with asyncio.timeout(STALLED_S):
                        await self._grew.wait()
                    self._grew.clear()
        except TimeoutError:
            return self.missing
        finally:
            self._store.resume(self)
        return ()

    def end(self) -> None:
        """The conversation is over: nobody waits for what it would have brought."""
        self._store.resume(self)
