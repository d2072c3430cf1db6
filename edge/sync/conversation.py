"""One connection: a session on one side, a socket and the store on the other. It decides nothing that is the
session's.

A peer that owes an answer and is silent for longer than any link needs is left: whatever hangs there, a new connection
begins with what both hold.

When a checkpoint of the peer names records of this annexe that are not held here, they are asked for and come back
(`edge.sync.tail`): mostly the first one, for the card was restored; a later one where another machine of this annexe,
which was replaced, has delivered what it alone had.

A standby is also given the first results of commands (`edge.sync.marked_results`), from where it says it holds them.

Scans are sent when the prefecture wants them, piece by piece, and only while no stream has more to send. Those that
cases name and that are not here, on a card that was replaced, are wanted of the prefecture.

A feed that cannot be taken stops there for this conversation: its batches are not kept, and no checkpoint says so; the
annexe's own log goes on, whichever way it goes. A damaged record at the prefecture must not keep a person's case here,
nor from a standby.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from edge.store.returning_scans import Returned
from edge.sync.marked_results import MarkedResults, Page
from edge.sync.source import Source
from protocol.errors import PeerError
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.checkpoint import Checkpoint
from protocol.sync.events import Authenticated, BatchArrived, CheckpointArrived, SessionEvent
from protocol.sync.patience import SILENCE_S, Patience
from protocol.sync.results import MarkTold, ResultsArrived
from protocol.sync.session import Session

logger = logging.getLogger(__name__)


class Silent(Exception):
    """The other end owed an answer for too long."""


@dataclass(frozen=True, slots=True)
class FeedStopped:
    """What the prefecture publishes could not be taken; nothing of that batch was kept. The conversation goes on."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TailMoved:
    """The own records that the prefecture holds and we do not: whether some are still to come, and how many came."""

    behind: bool
    came: int


class Socket(Protocol):
    """Frames out, frames in, each whole; `receive_frame` gives None at the end."""

    async def send_frame(self, frame: bytes) -> None:
        """Send one frame; raises OSError or aiohttp's ClientError when the line is dead."""

    async def receive_frame(self) -> bytes | None:
        """The next frame, or None when the other end has closed."""


class Conversation:
    """Made for one connection. `seen` is awaited with each event after it was acted on."""

    def __init__(
        self,
        session: Session,
        socket: Socket,
        source: Source,
        now: Callable[[], int],
        seen: Callable[[SessionEvent | FeedStopped | TailMoved], Awaitable[None]],
        results: MarkedResults | None = None,
    ) -> None:
        """`results`: first results of commands, for a standby."""
        self._session = session
        self._socket = socket
        self._source = source
        self._now = now
        self._seen = seen
        self._results = results
        self._sending = asyncio.Lock()
        self._room = asyncio.Event()
        self._feeds_stopped = False
        self._tail = source.new_tail()
        self._behind = asyncio.Event()
        self._through = 0
        self._has_looked = False  # for own records that the peer has and we have not: before that nothing is sent

    def announce(self, stream: str) -> None:
        """The log has more of this stream."""
        self._session.announce(stream)
        self._room.set()

    def report(self, left: int) -> None:
        """Tell the prefecture how many records are left; it leaves with whatever is sent next."""
        self._session.report(left, self._now())
        self._room.set()

    async def run(self) -> None:
        """Talk until the connection or the session ends; raises Silent when the other end does not answer."""
        work = (self._pump(), self._watch(), self._wait_for_tail())
        helpers = [asyncio.create_task(one) for one in work]
        try:
            await self._flush()  # who answered has something to say already
            while not self._session.is_over and (frame := await self._next_frame(helpers)) is not None:
                await self._take(frame)
        finally:
            self._tail.end()
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _next_frame(self, helpers: list[asyncio.Task[None]]) -> bytes | None:
        receiving = asyncio.create_task(self._socket.receive_frame())
        try:
            while not receiving.done():
                at_work = [helper for helper in helpers if not helper.done()]
                await asyncio.wait([receiving, *at_work], return_when=asyncio.FIRST_COMPLETED)
                for helper in helpers:
                    if helper.done():
                        helper.result()  # unless its work is done: a dead line, silence, or a disk that failed
            return await receiving
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _take(self, frame: bytes) -> None:
        events = self._session.receive(frame, self._now())
        if self._has_looked:
            self._room.set()  # what an answer made room for leaves at once; noting the answer takes a commit
        for event in events:
            await self._act(event)
            await self._seen(event)
        await self._flush()
        self._room.set()

    async def _act(self, event: SessionEvent) -> None:
        match event:
            case Authenticated():
                await self._source.greet(event.peer, event.chain)
                if self._session.role == "standby":
                    self._session.tell_mark(await self._source.begin_results(event.peer))
                await self._commit(0)
                await self._want_scans()
            case ChunkArrived():
                await self._take_piece(event)
            case MarkTold() if self._results is not None:
                self._results.told(event.mark)
            case ResultsArrived():
                await self._source.take_results(event)
                await self._commit(event.number)
            case BatchArrived() if not (self._feeds_stopped and self._source.has_feeds(event)):
                await self._store(event)
            case CheckpointArrived():
                await self._source.keep(event.checkpoint, restored=event.restored)
                await self._look_for_tail(event.checkpoint)
            case _:
                pass

    async def _store(self, batch: BatchArrived) -> None:
        try:
            came = (await self._source.take(batch)).came_back
        except PeerError as error:
            self._feeds_stopped = True
            await self._seen(FeedStopped(error.kind, str(error)))
            return
        if came is not None:
            if came.left_out:
                logger.warning("%d records of this annexe were left out: they do not hold here", came.left_out)
            await self._see_tail(came.stored)
        await self._commit(batch.number)

    async def _see_tail(self, stored: int) -> None:
        """See what of the tail is here now: `stored` records of it came in this conversation."""
        for stream in await self._tail.grew(stored):
            self._session.stop_waiting(stream)
        await self._seen(TailMoved(bool(self._tail.missing), self._tail.came))
        if not self._tail.missing:
            await self._want_scans()

    async def _want_scans(self) -> None:
        """Ask for scans that are not here; the session asks for each once."""
        if self._session.speaks_of_blobs:
            self._session.want(await self._source.scans_missing())

    async def _take_piece(self, came: ChunkArrived) -> None:
        taken = Returned.REFUSED if came.refused else await self._source.take_piece(came)
        if taken is Returned.WHOLE:
            self._session.blobs.over(came.address)
            await self._want_scans()
        elif taken is Returned.REFUSED and not came.refused:
            self._session.blobs.refuse(came.address)
        await self._commit(came.number)

    async def _commit(self, through: int) -> None:
        self._through = through
        counter, held = await self._source.holdings(self._tail.missing)
        if not self._session.is_over:
            self._session.committed(through, counter, held)

    async def _look_for_tail(self, checkpoint: Checkpoint) -> None:
        """Ask for what the peer holds of our own streams and we do not."""
        asked = await self._tail.learn(checkpoint)
        self._has_looked = True
        if asked:
            self._session.ask(asked)
            await self._commit(self._through)
            self._behind.set()
            await self._seen(TailMoved(behind=True, came=self._tail.came))

    async def _wait_for_tail(self) -> None:
        while True:
            await self._behind.wait()
            self._behind.clear()
            for stream in await self._tail.wait():
                self._session.stop_waiting(stream)
            self._room.set()

    async def _pump(self) -> None:
        """Send what the log has, as far as link and credit take it; then wait for an answer or for more."""
        while True:
            await self._room.wait()
            self._room.clear()
            while await self._send_something():
                await self._flush()
            await self._flush()

    async def _send_something(self) -> bool:
        """Put on the wire what is most urgent; False if there is nothing, or no room."""
        if await self._send_records():
            return True
        if self._results is not None and await self._send_results(self._results.old):
            return True
        return await self._send_piece()

    async def _send_results(self, page: Callable[[], Awaitable[Page | None]]) -> bool:
        """Put a page of results on the wire; False if there is none, or no room. An empty one has nothing to send."""
        peer = self._session.peer
        found = await page() if self._session.takes_results else None
        if found is None or peer is None or self._session.is_over:
            return False
        is_due = found.results or (found.mark and self._session.keeps_marks)
        box = self._source.sealed_results(found.results, peer) if is_due else None
        if box is not None:
            self._session.supply_results(box, self._now(), found.mark)
        return True

    async def _send_records(self) -> bool:
        """Put on the wire what is most urgent in the log; False if there is nothing, or no room."""
        if (pull := self._session.pull()) is None:
            return False
        records = await self._source.read(pull)
        keys = await self._source.keys(self._session.keys_wanted(pull, records))
        while self._results is not None and await self._send_results(self._results.new):
            pass  # ahead of the records: they are kept together
        if self._session.is_over:
            return False
        self._session.supply(pull, records, keys, self._source.draw, self._now())
        return True

    async def _send_piece(self) -> bool:
        """Put one piece of a wanted scan on the wire, or that it is not here; False if there is nothing, or no room."""
        if (want := self._session.pull_blob()) is None:
            return False
        part = await self._source.piece(want)
        if self._session.is_over:
            return False
        data, is_last = (part.data, part.is_last) if part else (None, True)
        self._session.supply_blob(want, data, is_last=is_last, now_ms=self._now())
        return True

    async def _watch(self) -> None:
        patience = Patience(self._session)
        while True:
            await asyncio.sleep(SILENCE_S)
            if patience.is_over():
                raise Silent
            if self._tail.missing:
                await self._see_tail(0)  # it may have come another way: over the LAN, or on a stick
            if self._tail.is_to_be_asked_again():
                await self._commit(self._through)
                await self._flush()

    async def _flush(self) -> None:
        async with self._sending:  # two tasks send, and frames must not overtake each other
            for frame in self._session.outgoing():
                await self._socket.send_frame(frame)
