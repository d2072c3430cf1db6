"""The uplink: the way to the prefecture (`edge.sync.dialling`), and how it does.

- Nothing leaves the disk because it was sent.
- What the office commits is announced to the session at once: a case is on its way within the same second.
- Whatever goes wrong is a sentence in `status`, for the administrator's screen; the office works on without a link.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from edge.store.rows import Committed
from edge.store.store import Store
from edge.store.tail import Owner
from edge.sync.conversation import FeedStopped, TailMoved
from edge.sync.dialling import Dialling, Words
from edge.sync.link import Dials
from edge.sync.pace import Pace
from edge.sync.sentences import CUT, DISAGREED, FEED_STOPPED, LEFT, NOT_TRUSTED, REFUSED, SILENT
from edge.sync.source import Source
from protocol.records.credentials import Trust
from protocol.records.keys import OpeningKey
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.checkpoint import Checkpoint
from protocol.sync.events import Authenticated, CheckpointArrived, PeerFailed, PeerLeft, SessionEvent
from protocol.sync.hello import NONCE_SIZE, VERSIONS, LocalIdentity
from protocol.sync.session import Session

TELL_MS = 5_000
"""Between two words of how far it is, while there is something left: as often as somebody looks at a page."""

WORDS = Words(no_line=lambda error: error.sentence, not_trusted=NOT_TRUSTED, silent=SILENT, cut=CUT)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Status:
    """The uplink's progress. Instants are ms since the epoch; `error` is a msgid, `detail` the technical reason.

    `left`: records that the prefecture has not confirmed. `holes`: records that it could not believe. `heard`: it
    has said in this conversation what it holds. `behind`: it holds records of ours that we do not; `came_back`: how
    many of them came in this conversation. `scans`: how many are on their way, either way. `remaining_ms`: how long
    what is left takes at the pace of the last minute, None where that is not known.
    """

    connected_since_ms: int | None = None
    left: int = 0
    in_flight: int = 0
    holes: int = 0
    last_checkpoint_ms: int | None = None
    heard: bool = False
    restored: bool = False
    behind: bool = False
    came_back: int = 0
    scans: int = 0
    remaining_ms: int | None = None
    error: str | None = None
    detail: str = ""
    next_try_ms: int | None = None

    @property
    def connected(self) -> bool:
        """Whether both ends know each other now."""
        return self.connected_since_ms is not None


class _Told(NamedTuple):
    """What the prefecture was last told, and when."""

    left: int
    at_ms: int


class Uplink:
    """`run()` until it is cancelled. `status` is always current; listeners are told of each change of it."""

    def __init__(
        self,
        store: Store,
        dialler: Dials,
        *,
        identity: LocalIdentity,
        trust: Trust,
        opening: OpeningKey,
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
        jitter: Callable[[], float],
        versions: tuple[int, ...] = VERSIONS,
    ) -> None:
        """`opening` opens keys that the prefecture seals to this annexe. `jitter()` gives a number from 0 up to 1.
        `versions`: those of the protocol that are spoken."""
        self.status = Status()
        self._identity = identity
        self._trust = trust
        self._now = now
        self._entropy = entropy
        self._versions = versions
        owner = Owner(identity.id, identity.signing.public, identity.leaf.epoch)
        self._source = Source(store, owner, trust, opening, entropy)
        self._dialling = Dialling(self, dialler, self._source, WORDS, now=now, jitter=jitter)
        self._grown = asyncio.Event()
        self._checkpoint: Checkpoint | None = None
        self._told = _Told(0, 0)
        self._pace: Pace | None = None
        self._listeners: list[Callable[[Status], None]] = []
        store.on_commit(self._committed)

    def on_change(self, listener: Callable[[Status], None]) -> None:
        """Tell `listener` of each change of the status; it must not block."""
        self._listeners.append(listener)

    def learn(self, checkpoint: Checkpoint, restored: bool) -> None:
        """Show what a stick brought: the prefecture confirmed this much. The next conversation says it anew.

        While one is open it tells more: what stood on a stick may be from before the prefecture was restored.
        """
        if self.status.connected and self.status.heard:
            return
        self._checkpoint = checkpoint
        self._show(replace(self.status, restored=self.status.restored or restored, last_checkpoint_ms=self._now()))
        self._grown.set()

    def try_now(self) -> None:
        """Dial at once instead of waiting: the administrator plugged the cable in."""
        self._dialling.try_now()

    def network_changed(self, *, left: bool) -> None:
        """The machine stands on another network now, or on one again: what failed before tells nothing of it.

        `left`: the open connection was ended for it.
        """
        self._dialling.start_again()
        if left or not self.status.connected:
            self.try_now()

    async def run(self) -> None:
        """Dial, talk, wait, dial again (`edge.sync.dialling`). Ends by cancellation, or by OperatorError when the
        store fails."""
        self._checkpoint = await self._source.last_checkpoint()
        await self._count()
        counting = asyncio.create_task(self._keep_count())
        try:
            await self._dialling.run()
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)

    async def new_session(self) -> Session:
        """The session of the next connection."""
        return Session(
            "edge",
            self._identity,
            self._trust,
            self._entropy(NONCE_SIZE),
            known=await self._source.known(),
            versions=self._versions,
            is_brief=self.status.error != REFUSED,
        )

    def pausing(self, seconds: float) -> None:
        """Show when the prefecture is dialled again."""
        self._show(replace(self.status, next_try_ms=self._now() + int(seconds * 1000)))

    def ended(self) -> None:
        """A try is over."""
        self._pace = None
        ended = replace(self.status, connected_since_ms=None, in_flight=0, heard=False, behind=False, scans=0)
        self._show(replace(ended, remaining_ms=None))

    async def seen(self, event: SessionEvent | FeedStopped | TailMoved) -> None:
        """Show what an event says of the link."""
        match event:
            case Authenticated():
                since = self._now()
                self._show(replace(self.status, connected_since_ms=since, error=None, detail="", next_try_ms=None))
                self._report()
            case CheckpointArrived():
                await self._believe(event)
            case ChunkArrived():
                self._show_scans()
            case TailMoved():
                self._show(replace(self.status, behind=event.behind, came_back=event.came))
            case FeedStopped():
                logger.warning("%s (%s: %s)", FEED_STOPPED, event.kind, event.sentence)
                self._show(replace(self.status, error=FEED_STOPPED, detail=f"{event.kind}: {event.sentence}"))
            case PeerFailed():
                self.failed(_sentence(event), f"{event.kind}: {event.sentence}")
            case PeerLeft():
                self.failed(LEFT, "")
            case _:
                pass

    def _show_scans(self) -> None:
        """Scans on their way now, either way."""
        session = self._dialling.session
        self._show(replace(self.status, scans=session.blobs.left if session else 0))

    async def _believe(self, event: CheckpointArrived) -> None:
        self._checkpoint = event.checkpoint
        if event.restored:  # much is left again: never show "nothing left" beside it
            left = await self._source.left(event.checkpoint)
            self._show(replace(self.status, restored=True, left=left, last_checkpoint_ms=self._now()))
        else:
            self._show(replace(self.status, last_checkpoint_ms=self._now()))
        if not self.status.heard:
            left = await self._source.left(event.checkpoint)
            self._pace = Pace(self._now())
            self._show(replace(self.status, heard=True, left=left))
        self._grown.set()

    def failed(self, error: str, detail: str) -> None:
        """There is no connection, or it ended."""
        if error != self.status.error:
            logger.warning("%s (%s)", error, detail)
        self._show(replace(self.status, connected_since_ms=None, in_flight=0, error=error, detail=detail))

    def _show(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            for listener in self._listeners:
                listener(status)

    def _committed(self, committed: Sequence[Committed]) -> None:
        own = [one.stream for one in committed if one.stream in self._source.streams]
        if not own:
            return
        self._show(replace(self.status, left=self.status.left + len(own)))
        self._grown.set()
        self._dialling.announce(own)

    async def _keep_count(self) -> None:
        """Bring `left` up to date after commits and checkpoints, as often as the disk answers and no more."""
        while True:
            await self._grown.wait()
            self._grown.clear()
            await self._count()
            if self._is_due():
                self._report()

    def _is_due(self) -> bool:
        """Whether it is time to tell again, or there is nothing left for the first time."""
        if not self.status.heard:
            return False
        left, told = self.status.left, self._told
        return (left == 0 and told.left > 0) or (left > 0 and self._now() - told.at_ms >= TELL_MS)

    def _report(self) -> None:
        """Tell the prefecture how far we are."""
        conversation = self._dialling.conversation
        if conversation is not None:
            self._told = _Told(self.status.left, self._now())
            conversation.report(self.status.left)

    async def _count(self) -> None:
        checkpoint = self._checkpoint
        holes = sum(len(held.holes) for held in checkpoint.held) if checkpoint else 0
        session = self._dialling.session
        in_flight = session.in_flight if session else 0
        left = await self._source.left(checkpoint)
        remaining = self._remaining(left)
        self._show(replace(self.status, left=left, holes=holes, in_flight=in_flight, remaining_ms=remaining))
        self._show_scans()

    def _remaining(self, left: int) -> int | None:
        if self._pace is None:
            return None
        now = self._now()
        self._pace.note(self.status.left - left, now)
        return self._pace.remaining_ms(left, now)


def _sentence(failed: PeerFailed) -> str:
    if failed.kind == "identity":
        return REFUSED if failed.told else NOT_TRUSTED
    return DISAGREED
