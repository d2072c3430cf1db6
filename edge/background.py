"""What the appliance does by itself: sealing what was granted, sending what was queued, announcing what changed.

Each task looks at what the log says is due, does it, and waits: a second at most, or until something is committed. A
failure is logged and tried again at the next look; only a store that failed ends the service, for its data is in doubt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from edge.services import certificates, messages
from edge.services.office import Office
from edge.store.rows import Committed
from protocol.errors import MulhaqaError
from protocol.records.hashing import text_of

log = structlog.get_logger("mulhaqa.background")

LOOK_S = 1.0
"""Seconds between two looks: undo delays and back-offs end by the clock, which nobody commits."""

REST_S = 30.0
"""Seconds to wait after a failure: a full disk or a broken press does not mend itself in one."""

OFFICE_TOPIC, CASE_TOPICS = "log", ("cases", "display")


def topics_of(changes: Sequence[Committed]) -> list[str]:
    """Return what to announce for what was committed: kinds of pages, and the case or account itself."""
    topics = [OFFICE_TOPIC]
    for change in changes:
        if change.stream.endswith("/cases"):
            topics.extend(CASE_TOPICS)
        if change.kind.startswith("message."):
            topics.append("outbox")
        if change.subject is not None:
            topics.append(f"case:{text_of(change.subject)}")
    return topics


class Background:
    """The appliance's own work, from `start` to `stop`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._stirred: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Settle what a crash left open, then begin to look for what is due."""
        self._office.store.on_commit(self._committed)
        given_up = await messages.settle_unknown(self._office)
        if given_up:
            log.warning("messages.unknown", count=given_up)
        for name, work in (("seal", certificates.settle_decisions), ("send", messages.send_due)):
            self._tasks.append(asyncio.create_task(self._repeat(name, work), name=f"background-{name}"))

    async def stop(self) -> None:
        """End the tasks; what they had begun is in the log or not at all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _committed(self, changes: Sequence[Committed]) -> None:
        self._office.announcer.publish(topics_of(changes))
        for event in self._stirred:
            event.set()

    async def _repeat(self, name: str, work: Callable[[Office], Awaitable[int]]) -> None:
        stirred = asyncio.Event()
        self._stirred.append(stirred)
        while True:
            pause = LOOK_S
            try:
                await work(self._office)
            except MulhaqaError as error:
                log.exception("background.failed", work=name, error=type(error).__name__)
                pause = REST_S
            try:
                async with asyncio.timeout(pause):
                    await stirred.wait()
            except TimeoutError:
                continue
            finally:
                stirred.clear()
