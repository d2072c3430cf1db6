"""The annexes' way in: one WebSocket each, at `/uplink`. All decisions are the session's; this drives it.

- The edge's hello comes in the header `Mulhaqa-Hello` (base64url). A request without a good one gets 401 and not a
  byte more.
- A message is a frame. Batches are verified and committed in the order in which they come, then answered; folding
  comes after the answer, and tells whoever listens.
- Whatever ends the connection ends the session: the annexe dials again, and both say anew what they hold.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from central.centre import Centre
from central.store.ingest import standing_words
from protocol.errors import PeerError
from protocol.records.keys import seal_to
from protocol.sync.batches import SealedKey, Stored
from protocol.sync.events import Authenticated, BatchArrived, CheckpointArrived, PeerFailed, SessionEvent
from protocol.sync.frames import MAX_FRAME
from protocol.sync.hello import NONCE_SIZE, parse_hello
from protocol.sync.outbound import Pull
from protocol.sync.session import Session

HEADER = "Mulhaqa-Hello"
PATH = "/uplink"
# Proxies and mobile networks drop a silent connection after a minute or so; two lost pings mean that the line is dead.
HEARTBEAT_S = 20.0
# How long a farewell waits for its answer.
CLOSE_S = 2.0
# How long a stranger may take to prove who it is: one answer of a slow mobile network. Credentials are public, so
# whoever shows one could otherwise hold a connection open for ever.
PROOF_S = 30.0
# How often feeds are looked at for what another process published.
LOOK_AGAIN_S = 30.0

logger = logging.getLogger(__name__)


@dataclass
class Uplinks:
    """The open connections: who is here now, and who is told of a change."""

    centre: Centre
    proof_s: float = PROOF_S
    open: dict[str, Uplink] = field(default_factory=dict)
    _listeners: list[Callable[[str], None]] = field(default_factory=list)
    _ending: set[asyncio.Task[None]] = field(default_factory=set)

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Tell `listener` the annexe's id whenever it came, went, or sent something that was folded."""
        self._listeners.append(listener)

    def changed(self, annexe: str) -> None:
        """Pass a change on."""
        for listener in self._listeners:
            listener(annexe)

    def connected(self, annexe: str) -> bool:
        """Whether this annexe is connected now."""
        return annexe in self.open

    def published(self, stream: str) -> None:
        """A feed has grown: every connection looks for more."""
        for uplink in self.open.values():
            uplink.announce(stream)

    def dismiss(self, uplink: Uplink) -> None:
        """End a connection without waiting for its other end, which may be long dead."""
        ending = asyncio.create_task(uplink.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End every connection, for a clean stop of the server."""
        for uplink in list(self.open.values()):
            self.dismiss(uplink)
        await asyncio.gather(*self._ending)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its hello to its end."""
        try:
            hello = base64.urlsafe_b64decode(request.headers.get(HEADER, "").encode())
            claimed = parse_hello(hello).id
        except (PeerError, binascii.Error, UnicodeError):
            return web.Response(status=401, text="An uplink begins with a signed hello of an enrolled annexe.\n")
        centre = self.centre
        known = await centre.outgoing.known(claimed)
        session = Session("centre", centre.identity, centre.trust, centre.entropy(NONCE_SIZE), known=known)
        refusal = [event for event in session.receive(hello, centre.now()) if isinstance(event, PeerFailed)]
        if refusal:
            return web.Response(status=401, text=f"{refusal[0].sentence}\n")
        socket = web.WebSocketResponse(timeout=CLOSE_S, heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME, compress=False)
        await socket.prepare(request)
        await Uplink(self, session, socket).run()
        return socket


class Uplink:
    """One annexe's connection."""

    def __init__(self, uplinks: Uplinks, session: Session, socket: web.WebSocketResponse) -> None:
        self._uplinks = uplinks
        self._centre = uplinks.centre
        self._session = session
        self._socket = socket
        self._sending = asyncio.Lock()
        self._wake = asyncio.Event()
        self._fold = asyncio.Event()
        self.annexe: str | None = None

    def announce(self, stream: str) -> None:
        """Something may have been published on this stream."""
        self._session.announce(stream)
        self._wake.set()

    async def end(self) -> None:
        """Close the connection from our side."""
        if not self._session.is_over:
            self._session.bye()
        with contextlib.suppress(ConnectionError):  # a line that is dead already needs no farewell
            await self._flush()
        await self._socket.close()

    async def run(self) -> None:
        """Drive the session until the connection ends."""
        helpers = [asyncio.create_task(self._send_feeds()), asyncio.create_task(self._fold_arrivals())]
        for task in helpers:
            task.add_done_callback(self._stop_without)
        waiting = asyncio.get_running_loop().call_later(self._uplinks.proof_s, self._stop_unproved)
        try:
            await self._flush()
            await self._receive()
        except (ConnectionError, RuntimeError) as error:
            logger.info("an uplink was cut: %s", error)
        finally:
            waiting.cancel()
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._leave()
            await self._socket.close()

    def _stop_unproved(self) -> None:
        if self.annexe is None:
            self._uplinks.dismiss(self)

    def _stop_without(self, helper: asyncio.Task[None]) -> None:
        """A connection that can no longer do all its work ends, so that the annexe dials again."""
        error = None if helper.cancelled() else helper.exception()
        if error is not None and not isinstance(error, (ConnectionError, RuntimeError)):  # those say the line is dead
            logger.error("an uplink cannot go on: %s", type(error).__name__, exc_info=error)
            self._uplinks.dismiss(self)

    async def _receive(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.BINARY or self._session.is_over:
                break
            for event in self._session.receive(message.data, self._centre.now()):
                await self._act(event)
            await self._flush()
            self._wake.set()
            if self._session.is_over:
                break

    async def _act(self, event: SessionEvent) -> None:
        match event:
            case Authenticated():
                await self._greet(event)
            case BatchArrived() if self.annexe is not None:
                await self._take(self.annexe, event)
            case CheckpointArrived() if self.annexe is not None:
                await self._centre.outgoing.keep(self.annexe, event.checkpoint, self._centre.now())
            case PeerFailed():
                logger.warning("uplink of %s ended: %s: %s", self.annexe or "a stranger", event.kind, event.sentence)

    async def _greet(self, event: Authenticated) -> None:
        annexe = event.peer.holder
        older = self._uplinks.open.get(annexe)
        if older is not None:
            self._uplinks.dismiss(older)  # an annexe has one connection: the older one is dead, or a clone's
        self.annexe = annexe
        self._uplinks.open[annexe] = self
        flags = ",".join(standing_words(event.standing))
        receipt = await self._centre.ingest.greet(annexe, software=event.software, flags=flags)
        if not self._session.is_over:
            self._session.committed(0, receipt.counter, receipt.held)
        self._uplinks.changed(annexe)

    async def _take(self, annexe: str, batch: BatchArrived) -> None:
        try:
            receipt = await self._centre.ingest.take(annexe, batch.keys, batch.records)
        except PeerError as error:
            logger.warning("a batch of %s was refused: %s: %s", annexe, error.kind, error)
            if not self._session.is_over:
                self._session.reject(error)
            return
        self._fold.set()
        if not self._session.is_over:  # a newer connection may have taken this one's place meanwhile
            self._session.committed(batch.number, receipt.counter, receipt.held)

    async def _fold_arrivals(self) -> None:
        while True:
            await self._fold.wait()
            self._fold.clear()
            if self.annexe is None:
                continue
            try:
                await self._centre.folder.fold(self.annexe)
            except Exception:
                logger.exception("what %s sent is kept and could not be folded; it is tried again", self.annexe)
            self._uplinks.changed(self.annexe)

    async def _send_feeds(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._wake.wait()
            if not self._wake.is_set():
                self._session.announce("all")
            self._wake.clear()
            await self._pump()

    async def _pump(self) -> None:
        while (pull := self._session.pull()) is not None:
            records = await self._centre.outgoing.read(pull)
            keys = await self._seal_keys(pull, records)
            if self._session.is_over:
                return
            self._session.supply(pull, records, keys, self._centre.now())
            await self._flush()

    async def _seal_keys(self, pull: Pull, records: list[Stored]) -> list[SealedKey]:
        peer = self._session.peer
        wanted = self._session.keys_wanted(pull, records)
        if not wanted or peer is None or peer.sealing is None:
            return []
        held = await self._centre.outgoing.keys(wanted)
        return [
            SealedKey(one, seal_to(peer.sealing, held[one], self._centre.entropy(32))) for one in wanted if one in held
        ]

    async def _flush(self) -> None:
        async with self._sending:  # two tasks send, and frames must not overtake each other
            for frame in self._session.outgoing():
                await self._socket.send_bytes(frame)

    def _leave(self) -> None:
        if self.annexe is not None and self._uplinks.open.get(self.annexe) is self:
            del self._uplinks.open[self.annexe]
            self._uplinks.changed(self.annexe)


def routes(centre: Centre, uplinks: Uplinks | None = None) -> list[web.RouteDef]:
    """The route of the uplink, for the server's application. Pass `uplinks` to see who is connected."""
    serving = uplinks or Uplinks(centre)
    centre.feeds.on_publish(serving.published)
    return [web.get(PATH, serving.serve)]
