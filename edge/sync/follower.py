"""The standby's side of the mirror: it dials the annexe that it follows (`edge.sync.dialling`), and takes what is
written there.

It knows whom it follows by his credential, never by his address: whatever answers must hold a key that the prefecture
vouched for as this annexe's, of an earlier epoch. Once promoted it goes on dialling there: so the old appliance hears,
when it comes back, that it was replaced, and what it alone still holds comes here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.store.rows import Committed
from edge.store.store import Store
from edge.store.tail import Owner
from edge.sync.answers import Refused
from edge.sync.conversation import FeedStopped, TailMoved
from edge.sync.dialling import Dialling, Words
from edge.sync.link import Dials
from edge.sync.source import Source
from protocol.errors import N_
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

WORDS = Words(
    no_line=lambda error: REFUSED if isinstance(error, Refused) else UNREACHABLE,
    not_trusted=NOT_TRUSTED,
    silent=CUT,
    cut=CUT,
)

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
        self._identity = identity
        self._trust = trust
        self._now = now
        self._entropy = entropy
        owner = Owner(identity.id, identity.signing.public, identity.leaf.epoch)
        self._source = Source(store, owner, trust, opening, entropy, "standby")
        self._dialling = Dialling(self, dialler, self._source, WORDS, now=now, jitter=jitter)
        self._listeners: list[Callable[[Following], None]] = []
        store.on_commit(self._committed)

    def on_change(self, listener: Callable[[Following], None]) -> None:
        """Tell `listener` of each change of the status; it must not block."""
        self._listeners.append(listener)

    def try_now(self) -> None:
        """Dial at once instead of waiting."""
        self._dialling.try_now()

    async def run(self) -> None:
        """Dial, talk, wait, dial again (`edge.sync.dialling`). Ends by cancellation, or by OperatorError when the
        store fails."""
        await self._dialling.run()

    async def new_session(self) -> Session:
        """The session of the next connection."""
        known = await self._source.known()
        return Session("standby", self._identity, self._trust, self._entropy(NONCE_SIZE), known=known)

    def ended(self) -> None:
        """A try is over."""
        self._show(replace(self.status, connected_since_ms=None))

    def pausing(self, seconds: float) -> None:
        """The standby's page shows no time of the next try."""

    async def seen(self, event: SessionEvent | FeedStopped | TailMoved) -> None:
        """Show what an event says of the standby."""
        now = self._now()
        match event:
            case Authenticated():
                self._show(replace(self.status, connected_since_ms=now, heard_ms=now, error=None, detail=""))
            case BatchArrived():
                self._show(replace(self.status, heard_ms=now, came=self.status.came + len(event.records)))
            case FeedStopped():
                self.failed(STOPPED, f"{event.kind}: {event.sentence}")
            case PeerFailed():
                refused = REFUSED if event.told else NOT_TRUSTED
                self.failed(refused if event.kind == "identity" else STOPPED, f"{event.kind}: {event.sentence}")
            case PeerLeft():
                self.failed(CUT, "")
            case _:
                pass

    def failed(self, error: str, detail: str) -> None:
        """There is no connection, or it ended."""
        if error != self.status.error:
            logger.warning("%s (%s)", error, detail)
        self._show(replace(self.status, error=error, detail=detail))

    def _committed(self, committed: Sequence[Committed]) -> None:
        """Whoever was promoted has news for the appliance that it replaced, should that one ask."""
        self._dialling.announce(one.stream for one in committed)

    def _show(self, status: Following) -> None:
        if status != self.status:
            self.status = status
            for listener in self._listeners:
                listener(status)
