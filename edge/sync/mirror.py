"""The annexe's side of its mirror: a standby dials, is given all that is written here, and says what it holds.

- One standby at a time: a newer connection takes the older one's place.
- While it is in step, commands wait for it (`edge.sync.in_step`).
- The lag is what a failure of this machine would lose now, by the last checkpoint that a standby gave.
- A standby that was promoted dials as it did before. It holds records of ours that we do not: they are asked for, and
  say that this machine was replaced (`edge.store.tail`). It takes what we still have, so nothing of it is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from edge.store.post import Post
from edge.store.rows import Committed
from edge.store.store import Store
from edge.store.tail import Owner
from edge.store.uplink import Lag, lag_behind
from edge.sync.conversation import Conversation, FeedStopped, Silent, Socket, TailMoved
from edge.sync.in_step import InStep
from edge.sync.link import PATIENCE_S as PROOF_S
from edge.sync.link import Cut
from edge.sync.marked_results import MarkedResults
from edge.sync.source import Source
from protocol.errors import PeerError
from protocol.records.credentials import Trust
from protocol.records.keys import OpeningKey
from protocol.sync.checkpoint import Checkpoint
from protocol.sync.events import Authenticated, CheckpointArrived, PeerFailed, SessionEvent
from protocol.sync.hello import NONCE_SIZE, LocalIdentity
from protocol.sync.session import Session

logger = logging.getLogger(__name__)


class Closing(Socket, Protocol):
    """A socket that can be closed from this side."""

    async def close(self) -> None:
        """Close, waiting no longer than a farewell takes."""


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How the mirror does. Instants are ms since the epoch; `attached_since_ms`: since when a standby is connected.

    `heard_ms`: when one last said what it holds; None if none did since the start. `in_step`: whether commands wait for
    it.
    """

    attached_since_ms: int | None = None
    heard_ms: int | None = None
    in_step: bool = False

    @property
    def attached(self) -> bool:
        """Whether a standby is connected now."""
        return self.attached_since_ms is not None


class Mirror:
    """Made once for a store; `session` and `serve` are called for each connection."""

    def __init__(
        self,
        store: Store,
        *,
        identity: LocalIdentity,
        trust: Trust,
        opening: OpeningKey,
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
    ) -> None:
        """`opening` opens keys that a promoted standby seals to this machine."""
        self.state = MirrorState()
        self._store = store
        self._identity = identity
        self._trust = trust
        self._now = now
        self._entropy = entropy
        owner = Owner(identity.id, identity.signing.public, identity.leaf.epoch)
        self._source = Source(store, owner, trust, opening, entropy, "primary")
        self._open: tuple[Conversation, Closing] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[MirrorState], None]] = []
        store.on_commit(self._committed)
        self._step = InStep(store, self._source.streams, "the standby", self._changed)

    def on_change(self, listener: Callable[[MirrorState], None]) -> None:
        """Tell `listener` of each change of the state; it must not block."""
        self._listeners.append(listener)

    @property
    def takes_standbys(self) -> bool:
        """Whether a standby may follow this machine: it may not follow another standby."""
        return self._store.post is not Post.STANDBY

    async def lag(self) -> Lag | None:
        """What no standby holds; None if none ever said what it holds."""
        checkpoint = await self._source.last_checkpoint()
        if checkpoint is None:
            return None
        async with self._store.reading() as reader:
            return await lag_behind(reader, [checkpoint.of(stream) for stream in self._source.streams])

    async def session(self) -> Session:
        """A session for who dials; it has heard nothing yet."""
        known = await self._source.known()
        return Session("primary", self._identity, self._trust, self._entropy(NONCE_SIZE), known=known)

    async def serve(self, session: Session, socket: Closing) -> None:
        """One connection, whose session has heard its hello, to its end."""
        conversation: Conversation
        results = MarkedResults(self._store)

        async def seen(event: SessionEvent | FeedStopped | TailMoved) -> None:
            match event:
                case Authenticated():
                    deadline.reschedule(None)
                    results.begin()
                    await self._attach(conversation, socket)
                case CheckpointArrived() if self._is_open(conversation):
                    self._heard(event.checkpoint)
                case TailMoved() if self._is_open(conversation):
                    self._step.look()
                case PeerFailed():
                    logger.warning("the mirror ended: %s: %s", event.kind, event.sentence)
                case _:
                    pass

        conversation = Conversation(session, socket, self._source, self._now, seen, results)
        try:
            async with asyncio.timeout(PROOF_S) as deadline:
                await conversation.run()
        except (Cut, Silent, TimeoutError, PeerError) as error:
            logger.info("the mirror was cut: %s", error)
        finally:
            results.end()
            if self._is_open(conversation):
                self._open = None
                self._show(replace(self.state, attached_since_ms=None))
                self._step.end()

    async def close(self) -> None:
        """End the open connection, for a clean stop."""
        self._step.close()
        if self._open is not None:
            await self._open[1].close()
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _is_open(self, conversation: Conversation) -> bool:
        return self._open is not None and self._open[0] is conversation

    async def _attach(self, conversation: Conversation, socket: Closing) -> None:
        older, self._open = self._open, (conversation, socket)
        if older is not None:
            ending = asyncio.create_task(older[1].close())  # it is dead, or another standby's
            self._closing.add(ending)
            ending.add_done_callback(self._closing.discard)
        self._step.begin()
        self._show(replace(self.state, attached_since_ms=self._now()))

    def _heard(self, checkpoint: Checkpoint) -> None:
        self._show(replace(self.state, heard_ms=self._now()))
        self._step.heard({stream: checkpoint.of(stream).leaves for stream in self._source.streams})

    def _changed(self, in_step: bool) -> None:
        self._show(replace(self.state, in_step=in_step))

    def _committed(self, committed: Sequence[Committed]) -> None:
        if self._open is None:
            return
        for stream in dict.fromkeys(one.stream for one in committed):
            self._open[0].announce(stream)

    def _show(self, state: MirrorState) -> None:
        if state != self.state:
            self.state = state
            for listener in self._listeners:
                listener(state)
