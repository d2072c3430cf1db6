"""One annexe's connection, on the prefecture's side: a session, a socket, the centre. It decides nothing that is the
session's.

- Batches are verified and committed in the order in which they come, then answered: all that arrived while the last
  commit was under way are one commit and one answer. Folding comes after the answer (`central.folding_soon`): what
  arrived just before a line broke is committed and folded all the same.
- Scans that folded cases name and that are not here are wanted of their annexe when it connects, and whenever folding
  found more (`central.store.blobs`).
- An annexe whose checkpoint names records of our own feeds that are not held here gives them back first: the database
  was restored from a backup (`central.lost_feeds`).
- Whatever ends the connection ends the session: the annexe dials again, and both say anew what they hold.
- A machine of an annexe has one connection: a newer one takes the older one's place. An appliance and the standby that
  replaced it are two machines: the old one may come and deliver what it still has.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from central.centre import Centre
from central.folding_soon import FoldingSoon
from central.lost_feeds import LostFeeds
from central.scan_traffic import ScanTraffic
from central.sockets import LineDead, Socket
from central.store.feed_log import ALL
from central.store.ingest import Receipt
from central.store.prepared import Prepared, together
from central.store.signers import standing_words
from central.taking import Taking, Waiting
from central.verifying import Verify, verify_here
from protocol.errors import CallerError, PeerError
from protocol.records.envelope import Record
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.events import Authenticated, BatchArrived, CheckpointArrived, PeerFailed, ProgressTold, SessionEvent
from protocol.sync.hello import NONCE_SIZE, VERSIONS
from protocol.sync.patience import SILENCE_S, Patience
from protocol.sync.session import Session
from protocol.sync.streams import streams_of

# How long a stranger may take to prove who it is: one answer of a slow mobile network. Credentials are public, so
# whoever shows one could otherwise hold a connection open for ever.
PROOF_S = 30.0
# How often feeds are looked at for what another process published.
LOOK_AGAIN_S = 30.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What an annexe last told of itself: records left to send, and how far its clock was ahead of ours (ms)."""

    left: int
    ahead_ms: int
    at_ms: int


@dataclass
class Connections:
    """The open connections: who is here now, and who is told of a change."""

    centre: Centre
    proof_s: float = PROOF_S
    verify: Verify = verify_here
    versions: tuple[int, ...] = VERSIONS
    told: dict[str, Told] = field(default_factory=dict)
    open: dict[bytes, Connection] = field(default_factory=dict)
    _listeners: list[Callable[[str], None]] = field(default_factory=list)
    _ending: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._folding = FoldingSoon(
            self.centre,
            is_busy=lambda: any(connection.is_taking for connection in self.open.values()),
            folded=self._folded,
        )

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Tell `listener` the annexe's id whenever it came, went, or sent something that was folded."""
        self._listeners.append(listener)

    def changed(self, annexe: str) -> None:
        """Pass a change on."""
        for listener in self._listeners:
            listener(annexe)

    def arrived(self, annexe: str) -> None:
        """Records of this annexe were committed: fold them soon."""
        self._folding.arrived(annexe)

    def _folded(self, annexe: str) -> None:
        self.changed(annexe)
        here = [connection for connection in self.open.values() if connection.annexe == annexe]
        for connection in here:
            connection.look_for_scans()
            if len(here) > 1:  # a clone, or one that was replaced, is told what another machine of its annexe wrote
                connection.say_again_soon()

    def hear(self, annexe: str, progress: ProgressTold) -> None:
        """Remember what an annexe tells of itself."""
        now_ms = self.centre.now()
        self.told[annexe] = Told(progress.left, progress.clock_ms - now_ms, now_ms)
        self.changed(annexe)

    def connected(self, annexe: str) -> bool:
        """Whether this annexe is connected now."""
        return any(connection.annexe == annexe for connection in self.open.values())

    def since(self, annexe: str) -> int | None:
        """Since when this annexe is connected (ms); None while it is not."""
        return max((one.since_ms for one in self.open.values() if one.annexe == annexe), default=None)

    def published(self, stream: str) -> None:
        """A feed has grown: every connection looks for more."""
        for connection in self.open.values():
            connection.announce(stream)

    async def session_for(self, claimed: str) -> Session:
        """A session for who comes with a hello that claims this id; it has heard nothing yet."""
        centre = self.centre
        known = await centre.outgoing.known(claimed)
        nonce = centre.entropy(NONCE_SIZE)
        return Session("centre", centre.identity, centre.trust, nonce, known=known, versions=self.versions)

    async def serve(self, session: Session, socket: Socket) -> None:
        """One connection, whose session has heard its hello, to its end."""
        await Connection(self, session, socket).run()

    def dismiss(self, connection: Connection) -> None:
        """End a connection without waiting for its other end, which may be long dead."""
        ending = asyncio.create_task(connection.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End every connection, for a clean stop of the server."""
        for connection in list(self.open.values()):
            self.dismiss(connection)
        await asyncio.gather(*self._ending, self._folding.close(), return_exceptions=True)


class Connection:
    """One annexe's connection."""

    def __init__(self, connections: Connections, session: Session, socket: Socket) -> None:
        self._connections = connections
        self._centre = connections.centre
        self._session = session
        self._socket = socket
        self._sending = asyncio.Lock()
        self._wake = asyncio.Event()
        self._lost = LostFeeds(self._centre, session, self._say_again, self._wake.set)
        self._must_say_again = False  # more of its own streams may have come here than it was told of
        self._scans = ScanTraffic(self._centre, session)
        self._through = 0
        self._taking = Taking(self._take_group)
        self.since_ms = 0
        self.annexe: str | None = None
        self.machine: bytes | None = None

    def announce(self, stream: str) -> None:
        """Something may have been published on this stream."""
        self._session.announce(stream)
        self._wake.set()

    @property
    def is_taking(self) -> bool:
        """Whether a batch of it waits to be committed."""
        return self._taking.is_busy

    def look_for_scans(self) -> None:
        """Cases may name scans that are not here."""
        self._scans.look()

    def say_again_soon(self) -> None:
        """Another machine of this annexe may have given something that this one lacks."""
        self._must_say_again = True
        self._wake.set()

    async def end(self) -> None:
        """Close the connection from our side."""
        if not self._session.is_over:
            self._session.bye()
        with contextlib.suppress(LineDead):  # a line that is dead already needs no farewell
            await self._flush()
        await self._socket.close()

    async def run(self) -> None:
        """Drive the session until the connection ends."""
        work = (self._send_feeds(), self._want_scans(), self._watch())
        helpers = [asyncio.create_task(one) for one in work]
        taking = asyncio.create_task(self._taking.run())
        for helper in (*helpers, taking):
            helper.add_done_callback(self._stop_without)
        waiting = asyncio.get_running_loop().call_later(self._connections.proof_s, self._stop_unproved)
        try:
            await self._flush()
            await self._receive()
        except LineDead as error:
            logger.info("an uplink was cut: %s", error)
        finally:
            waiting.cancel()
            self._lost.end()
            for helper in helpers:
                helper.cancel()
            self._taking.end()
            await asyncio.gather(*helpers, taking, return_exceptions=True)
            self._leave()
            await self._socket.close()

    def _stop_unproved(self) -> None:
        if self.annexe is None:
            self._connections.dismiss(self)

    def _stop_without(self, helper: asyncio.Task[None]) -> None:
        """A connection that can no longer do all its work ends, so that the annexe dials again."""
        error = None if helper.cancelled() else helper.exception()
        if error is not None and not isinstance(error, LineDead):
            logger.error("an uplink cannot go on: %s", type(error).__name__, exc_info=error)
            self._connections.dismiss(self)

    async def _receive(self) -> None:
        while not self._session.is_over and (frame := await self._socket.receive_frame()) is not None:
            for event in self._session.receive(frame, self._centre.now()):
                await self._act(event)
            await self._flush()
            self._wake.set()

    async def _act(self, event: SessionEvent) -> None:
        match event:
            case Authenticated():
                await self._greet(event)
            case BatchArrived() if self.annexe is not None:
                self._taking.add(event, self._prepared(self.annexe, event))
            case ChunkArrived() if self.annexe is not None:
                await self._taking.idle()  # a piece is answered after the batches before it
                await self._take_piece(self.annexe, event)
            case CheckpointArrived() if self.annexe is not None:
                await self._centre.outgoing.keep(self.annexe, event.checkpoint, self._centre.now())
                await self._lost.look(self.annexe, event.checkpoint)
            case ProgressTold() if self.annexe is not None:
                self._connections.hear(self.annexe, event)
            case PeerFailed():
                logger.warning("uplink of %s ended: %s: %s", self.annexe or "a stranger", event.kind, event.sentence)

    async def _prepared(self, annexe: str, batch: BatchArrived) -> Prepared:
        """What needs no database of taking in a batch."""
        claims = self._centre.ingest.claims(batch.records)
        verifying = asyncio.ensure_future(self._connections.verify(list(claims.values())))
        await asyncio.sleep(0)  # the question leaves, and is worked on meanwhile
        prepared = self._centre.ingest.prepare(annexe, batch.keys, batch.records)
        verified = await verifying
        return replace(prepared, signed=frozenset(compress(claims, verified)))

    async def _greet(self, event: Authenticated) -> None:
        annexe, machine = event.peer.holder, event.peer.id
        older = self._connections.open.get(machine)
        if older is not None:
            self._connections.dismiss(older)  # a machine has one connection: the older one is dead, or a clone's
        self.annexe, self.machine = annexe, machine
        self.since_ms = self._centre.now()
        self._connections.open[machine] = self
        flags = ",".join(standing_words(event.standing))
        receipt = await self._centre.ingest.greet(annexe, software=event.software, flags=flags, machine=event.peer)
        await self._answer(0, receipt)
        self.look_for_scans()
        self._connections.changed(annexe)

    async def _take_group(self, group: Sequence[Waiting]) -> None:
        """Take batches in as one, and answer; if one of them is refused, those before it must not go with it."""
        try:
            await self._take(group)
        except PeerError as error:
            if len(group) > 1:
                for one in group:
                    if not self._session.is_over:
                        await self._take_group([one])
                return
            logger.warning("a batch of %s was refused: %s: %s", self.annexe, error.kind, error)
            self._taking.drop()
            if not self._session.is_over:
                self._session.reject(error)
        with contextlib.suppress(LineDead):  # who receives notices it too; what waits is committed all the same
            await self._flush()
        self._wake.set()

    async def _take(self, group: Sequence[Waiting]) -> None:
        annexe = self.annexe
        if annexe is None:
            raise CallerError("Nobody has proved who he is on this connection.")
        prepared = together([await waiting.prepared for waiting in group])
        records = [one for waiting in group for one in waiting.batch.records]
        feeds = [one.record for one in records if one.stream in streams_of("centre", annexe)]
        own = [one for one in records if one.stream in streams_of("edge", annexe)]
        if feeds:
            await self._take_lost(annexe, [record for record in feeds if record is not None])
        keys = [key for waiting in group for key in waiting.batch.keys]
        receipt = await self._centre.ingest.take(annexe, keys, own, prepared)
        if own:
            self._connections.arrived(annexe)
        await self._answer(group[-1].batch.number, receipt)

    async def _take_lost(self, annexe: str, records: Sequence[Record]) -> None:
        await self._lost.take(annexe, records)
        self._connections.changed(annexe)
        for stream in dict.fromkeys(record.stream for record in records):
            self._connections.published(stream)

    async def _take_piece(self, annexe: str, came: ChunkArrived) -> None:
        """One piece of a scan: answered once it is kept, or was refused."""
        if await self._scans.take(annexe, came):
            self._connections.changed(annexe)
        await self._answer(came.number, await self._centre.ingest.take(annexe, (), ()))

    async def _want_scans(self) -> None:
        while True:
            await self._scans.due()
            if self.annexe is not None:
                await self._scans.want(self.annexe)
                await self._flush()

    async def _answer(self, through: int, receipt: Receipt) -> None:
        self._through = through
        asked = await self._centre.returned.held(self._lost.streams)
        if not self._session.is_over:  # a newer connection may have taken this one's place meanwhile
            self._session.committed(through, receipt.counter, [*receipt.held, *asked])

    async def _say_again(self, annexe: str) -> None:
        """Say what is held now, though nothing came here."""
        await self._answer(self._through, await self._centre.ingest.take(annexe, (), ()))
        await self._flush()

    async def _send_feeds(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._wake.wait()
            if not self._wake.is_set():
                self._session.announce("all")
            self._wake.clear()
            await self._pump()

    async def _watch(self) -> None:
        patience = Patience(self._session)
        while True:
            await asyncio.sleep(SILENCE_S)
            if patience.is_over():
                logger.info("%s does not answer any more", self.annexe)
                self._connections.dismiss(self)
                return
            if self.annexe is not None:
                await self._lost.ask_again(self.annexe)

    async def _pump(self) -> None:
        while await self._send_records() or await self._send_scans():
            await self._flush()
        if self._must_say_again and self.annexe is not None:
            self._must_say_again = False
            await self._say_again(self.annexe)

    async def _send_scans(self) -> bool:
        return self.annexe is not None and not self._is_withheld("scans") and await self._scans.send(self.annexe)

    def _is_withheld(self, stream: str) -> bool:
        """Whether this machine was revoked, and may hear nothing but what is published to all: whoever took it away
        reads what it receives. What it sends is taken in, as from everybody."""
        machine = self._centre.trust.signer(self.machine) if self.machine else None
        return stream != ALL and machine is not None and self._centre.trust.standing(machine, 0).is_revoked

    async def _send_records(self) -> bool:
        """Put on the wire what is most urgent; False if there is nothing, or no room."""
        if (pull := self._session.pull()) is None:
            return False
        records = [] if self._is_withheld(pull.stream) else await self._centre.outgoing.read(pull)
        wanted = self._session.keys_wanted(pull, records)
        held = await self._centre.outgoing.keys(pull.stream, wanted) if wanted else {}
        if self._session.is_over:
            return False
        keys = [(one, held[one]) for one in wanted if one in held]
        self._session.supply(pull, records, keys, self._centre.entropy, self._centre.now())
        gave_back = pull.stream not in streams_of("centre", self.annexe or "")
        self._must_say_again = self._must_say_again or gave_back
        return True

    async def _flush(self) -> None:
        async with self._sending:  # two tasks send, and frames must not overtake each other
            for frame in self._session.outgoing():
                await self._socket.send_frame(frame)

    def _leave(self) -> None:
        if self.annexe is not None and self.machine is not None and self._connections.open.get(self.machine) is self:
            del self._connections.open[self.machine]
            self._connections.changed(self.annexe)
