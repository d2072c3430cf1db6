"""Dials another machine, talks as long as the line holds, waits, and dials again: the way to the prefecture, and that
of a standby to the annexe that it follows.

- Whatever ends a connection ends its session; the next one begins with what the other end then says it holds.
- Who has not proved who he is within the dialler's patience is left.
- Between two tries it waits longer each time, and not at all once it is hurried.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from edge.sync.answers import NoLine
from edge.sync.backoff import Backoff
from edge.sync.conversation import Conversation, FeedStopped, Silent, TailMoved
from edge.sync.link import Cut, Dials
from edge.sync.source import Source
from protocol.errors import PeerError
from protocol.sync.events import Authenticated, SessionEvent
from protocol.sync.session import Session


@dataclass(frozen=True, slots=True)
class Words:
    """The msgids of one way, each a sentence that says what is wrong and what to do."""

    no_line: Callable[[NoLine], str]
    not_trusted: str
    silent: str
    cut: str


class Caller(Protocol):
    """Whose way it is: what it says of itself, and what it makes of what it hears."""

    async def new_session(self) -> Session:
        """The session of the next connection."""

    async def seen(self, event: SessionEvent | FeedStopped | TailMoved) -> None:
        """An event of the conversation, after it was acted on."""

    def failed(self, error: str, detail: str) -> None:
        """There is no connection, or it ended: a msgid, and the technical reason."""

    def ended(self) -> None:
        """A try is over, whether there was a connection or not."""

    def pausing(self, seconds: float) -> None:
        """The next try is so far away, unless it is hurried."""


class Dialling:
    """`run()` until it is cancelled. `session` and `conversation`: those that are open, None between two."""

    def __init__(
        self,
        caller: Caller,
        dialler: Dials,
        source: Source,
        words: Words,
        *,
        now: Callable[[], int],
        jitter: Callable[[], float],
    ) -> None:
        """`jitter()` gives a number from 0 up to 1."""
        self.session: Session | None = None
        self.conversation: Conversation | None = None
        self._caller = caller
        self._dialler = dialler
        self._source = source
        self._words = words
        self._now = now
        self._backoff = Backoff(jitter)
        self._hurry = asyncio.Event()
        self._deadline: asyncio.Timeout

    def try_now(self) -> None:
        """Dial at once instead of waiting."""
        self._hurry.set()

    def start_again(self) -> None:
        """What failed before tells nothing of the next try."""
        self._backoff.start_again()

    def announce(self, streams: Iterable[str]) -> None:
        """The log has more of these streams."""
        if self.conversation is not None:
            for stream in dict.fromkeys(streams):
                self.conversation.announce(stream)

    async def run(self) -> None:
        """Dial, talk, wait, dial again. Ends by cancellation, or by OperatorError when the store fails."""
        while True:
            began_ms = self._now()
            await self._connect()
            self._backoff.succeeded((self._now() - began_ms) / 1000)
            await self._pause(self._backoff.wait())

    async def _pause(self, seconds: float) -> None:
        self._caller.pausing(seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        self._hurry.clear()

    async def _connect(self) -> None:
        session, caller, words = await self._caller.new_session(), self._caller, self._words
        try:
            async with (
                self._dialler.dial(session.hello) as socket,
                asyncio.timeout(self._dialler.patience_s) as self._deadline,
            ):
                self.session = session
                self.conversation = Conversation(session, socket, self._source, self._now, self._seen)
                await self.conversation.run()
                if not session.is_over:
                    caller.failed(words.cut, "")
        except NoLine as error:
            caller.failed(words.no_line(error), str(error))
        except TimeoutError:
            caller.failed(words.not_trusted, "no proof in time")
        except Silent:
            caller.failed(words.silent, "an answer is owed")
        except (Cut, PeerError) as error:  # of our own disk: what is damaged there is not the peer's fault
            caller.failed(words.cut, str(error))
        finally:
            self.session = self.conversation = None
            caller.ended()

    async def _seen(self, event: SessionEvent | FeedStopped | TailMoved) -> None:
        if isinstance(event, Authenticated):
            self._deadline.reschedule(None)
        await self._caller.seen(event)
