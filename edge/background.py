"""What the appliance does by itself: it seals what was granted, sends what was queued, notes what time has brought,
asks its devices how they are.

Each task looks at what the log says is due, does it, and waits: a second or so, or until something is committed.
Each is a task of its own, so a press or a printer that hangs keeps no message back. What fails for one request
rests inside the services; a look that fails as a whole is logged, and nothing wakes its task until it has rested. Only
a store that failed ends the service, for its data is in doubt. A standby, or an appliance that was replaced, looks
after its devices and its disk's keys, and does nothing else: what is due is done where the annexe is served.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from edge.services import deadlines, devices, key_months, messages, retention, settling
from edge.services.office import Office
from edge.store.post import Post
from edge.store.rows import Committed
from protocol.records.hashing import text_of

log = structlog.get_logger("mulhaqa.background")

LOOK_S = 1.0
"""Seconds between two looks: undo delays and back-offs end by the clock, which nobody commits."""

PAUSE_S = 0.2
"""Seconds from one look to the next at least, of what nobody stands waiting for: a busy office commits fifty times in
them."""

PROMPT = frozenset({"settle", "send"})
"""What somebody waits for: his certificate, the call that tells him of it."""

REST_S = 30.0
"""Seconds to wait after a failure: a full disk or a broken press does not mend itself in one."""

OFFICE_TOPIC, CASE_TOPICS = "log", ("cases", "display")

LOOKS = "account.viewed"
"""An agent's look changes nothing but the account's own page; to announce more would reload every screen for it."""

DEVICES, MONTHS = "devices", "months"
ANYWHERE = frozenset({DEVICES, MONTHS})
"""What each machine looks after, whatever its post: its own devices, and the keys of its own disk."""

Work = Callable[[Office], Awaitable[int]]


def topics_of(changes: Sequence[Committed]) -> list[str]:
    """Return what to announce for what was committed, each once: kinds of pages, and the case or account itself."""
    topics = [OFFICE_TOPIC]
    for change in changes:
        if change.stream.endswith("/cases") and change.kind != LOOKS:
            topics.extend(CASE_TOPICS)
        if change.kind.startswith("message."):
            topics.append("outbox")
        if change.subject is not None:
            topics.append(f"case:{text_of(change.subject)}")
    return list(dict.fromkeys(topics))


class Background:
    """The appliance's own work, from `start` to `stop`; `look_s` and `rest_s` in seconds."""

    def __init__(self, office: Office, *, look_s: float = LOOK_S, rest_s: float = REST_S) -> None:
        self._office = office
        self._look_s = look_s
        self._rest_s = rest_s
        self._stirred: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Settle what a crash left open, then begin to look for what is due."""
        self._office.store.on_commit(self._committed)
        given_up = await messages.settle_unknown(self._office) if self._serves else 0
        if given_up:
            log.warning("messages.unknown", count=given_up)
        work_of: dict[str, Work] = {
            "settle": settling.settle_decisions,
            "send": messages.send_due,
            "deadlines": deadlines.keep_time,
            DEVICES: devices.go_round,
            MONTHS: key_months.KeyMonths().keep,
            "retention": retention.Retention().delete_due,
        }
        for name, work in work_of.items():
            self._tasks.append(asyncio.create_task(self._repeat(name, work), name=f"background-{name}"))

    async def stop(self) -> None:
        """End the tasks; what they had begun is in the log or not at all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _serves(self) -> bool:
        return self._office.store.post is Post.ANNEXE

    def _committed(self, changes: Sequence[Committed]) -> None:
        self._office.announcer.publish(topics_of(changes))
        for event in self._stirred:
            event.set()

    async def _repeat(self, name: str, work: Work) -> None:
        stirred = asyncio.Event()
        self._stirred.append(stirred)
        while True:
            stirred.clear()
            if not await self._look(name, work):
                await asyncio.sleep(self._rest_s)
                continue
            if name not in PROMPT:
                await asyncio.sleep(min(PAUSE_S, self._look_s))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_s):
                    await stirred.wait()

    async def _look(self, name: str, work: Work) -> bool:
        """Do what is due; False when it failed, whatever the fault, for a task that ended would be missed by nobody."""
        if not self._serves and name not in ANYWHERE:
            return True
        try:
            await work(self._office)
        except Exception as error:
            log.exception("background.failed", work=name, error=type(error).__name__)
            return False
        return True
