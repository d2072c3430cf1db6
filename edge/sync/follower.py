"""The standby's side of the mirror: it dials the annexe that it follows, takes what is written there, and dials again.

It knows whom it follows by his credential, never by his address: whatever answers must hold a key that the prefecture
vouched for as this annexe's, of an earlier epoch. Once promoted it goes on dialling there: so the old appliance hears,
when it comes back, that it was replaced, and what it alone still holds comes here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.store.rows import Committed
from edge.store.store import Store
from edge.store.tail import Owner
from edge.sync.answers import NoLine, Refused
from edge.sync.backoff import Backoff
from edge.sync.conversation import Conversation, FeedStopped, Silent, TailMoved
from edge.sync.link import Cut, Dials
from edge.sync.source import Source
from protocol.errors import N_, PeerError
from protocol.records.credentials import Trust
from protocol.records.keys import OpeningKey
from protocol.sync.events import Authenticated, BatchArrived, PeerFailed, PeerLeft, SessionEvent
from protocol.sync.hello import NONCE_SIZE, LocalIdentity
from protocol.sync.session import Session

UNREACHABLE = N_("The annexe's appliance cannot be reached. If it is lost, this standby can take its place.")
REFUSED = N_("The annexe's appliance refuses this standby: the seed of one of them must be looked at.")
NOT_TRUSTED = N_("What answers at the annexe's address could not prove that it is the annexe's appliance.")
STOPPED = N_("What the annexe's appliance sends cannot be read here. Both must run a current version.")
CUT = N_("The link to the annexe's appliance was cut. It is dialled again.")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Following:
    """How the standby does. Instants are ms since the epoch; `error` is a msgid, `detail` the technical reason.

    `came`: records that came since the start; `heard_ms`: when something last came, or the annexe last proved itself.
    """

    connected_since_ms: int | None = None
    heard_ms: int | None = None
    came: int = 0
    error: str | None = None
    detail: str = ""

    @property
    def connected(self) -> bool:
        """Whether both ends know each other now."""
        return self.connected_since_ms is not None


class Follower:
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
    ) -> None:
        """`opening` opens keys that the annexe seals to this standby. `jitter()` gives a number from 0 up to 1."""
        self.status = Following()
        self._dialler = dialler
        self._identity = identity
        self._trust = trust
        self._now = now
        self._entropy = entropy
        owner = Owner(identity.id, identity.signing.public, identity.leaf.epoch)
        self._source = Source(store, owner, trust, opening, entropy, "standby")
        self._backoff = Backoff(jitter)
        self._hurry = asyncio.Event()
        self._conversation: Conversation | None = None
        self._deadline: asyncio.Timeout
        self._listeners: list[Callable[[Following], None]] = []
        store.on_commit(self._committed)

    def on_change(self, listener: Callable[[Following], None]) -> None:
        """Tell `listener` of each change of the status; it must not block."""
        self._listeners.append(listener)

    def try_now(self) -> None:
        """Dial at once instead of waiting."""
        self._hurry.set()

    async def run(self) -> None:
        """Dial, talk, wait, dial again. Ends by cancellation, or by OperatorError when the store fails."""
        while True:
            began_ms = self._now()
            await self._connect()
            self._backoff.succeeded((self._now() - began_ms) / 1000)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._backoff.wait()):
                    await self._hurry.wait()
            self._hurry.clear()

    async def _connect(self) -> None:
        known = await self._source.known()
        session = Session("standby", self._identity, self._trust, self._entropy(NONCE_SIZE), known=known)
        try:
            async with (
                self._dialler.dial(session.hello) as socket,
                asyncio.timeout(self._dialler.patience_s) as self._deadline,
            ):
                self._conversation = Conversation(session, socket, self._source, self._now, self._seen)
                await self._conversation.run()
                if not session.is_over:
                    self._failed(CUT, "")
        except NoLine as error:
            self._failed(REFUSED if isinstance(error, Refused) else UNREACHABLE, str(error))
        except TimeoutError:
            self._failed(NOT_TRUSTED, "no proof in time")
        except (Silent, Cut, PeerError) as error:
            self._failed(CUT, str(error))
        finally:
            self._conversation = None
            self._show(replace(self.status, connected_since_ms=None))

    async def _seen(self, event: SessionEvent | FeedStopped | TailMoved) -> None:
        now = self._now()
        match event:
            case Authenticated():
                self._deadline.reschedule(None)
                self._show(replace(self.status, connected_since_ms=now, heard_ms=now, error=None, detail=""))
            case BatchArrived():
                self._show(replace(self.status, heard_ms=now, came=self.status.came + len(event.records)))
            case FeedStopped():
                self._failed(STOPPED, f"{event.kind}: {event.sentence}")
            case PeerFailed():
                refused = REFUSED if event.told else NOT_TRUSTED
                self._failed(refused if event.kind == "identity" else STOPPED, f"{event.kind}: {event.sentence}")
            case PeerLeft():
                self._failed(CUT, "")
            case _:
                pass

    def _failed(self, error: str, detail: str) -> None:
        if error != self.status.error:
            logger.warning("%s (%s)", error, detail)
        self._show(replace(self.status, error=error, detail=detail))

    def _committed(self, committed: Sequence[Committed]) -> None:
        """Whoever was promoted has news for the appliance that it replaced, should that one ask."""
        if self._conversation is not None:
            for stream in dict.fromkeys(one.stream for one in committed):
                self._conversation.announce(stream)

    def _show(self, status: Following) -> None:
        if status != self.status:
            self.status = status
            for listener in self._listeners:
                listener(status)
