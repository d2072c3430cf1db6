"""Carrying by stick from the administration page: which sticks are there, one export or import at a time, its progress.

The running service does it itself, for it alone may write to the store. A stick is named by an id that the page got
from here, never by a path that somebody typed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from disk.sticks import StickFolder
from edge.services.announcer import Announcer
from edge.sync.plugged import Plugged, Stick
from edge.sync.sticks import Sticks
from protocol.errors import N_, OperatorError, PeerError, PersonError
from protocol.sync.carrying import Outcome, Progress

log = structlog.get_logger("mulhaqa.sticks")

SHOWN_EVERY_MS = 1000
"""Milliseconds between two announcements of progress: a page that is read anew for each batch would slow the work."""

GONE = N_("This stick is not plugged in any more. Plug it in and choose it again.")
BUSY = N_("A stick is being written or read already. Wait until it is done.")
NOTHING_TO_GO_ON = N_("There is nothing to go on with: begin a new export.")

Work = Callable[[StickFolder], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Carrying:
    """The work under way, or the last one. `doing`: "export" or "import"; `ended_ms` None while it goes on.

    `failed`: why it ended early, in technical English; empty otherwise.
    """

    doing: str
    label: str
    progress: Progress
    began_ms: int
    ended_ms: int | None = None
    outcome: Outcome | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class StickState:
    """What the page shows. `left`: records that the prefecture has not confirmed."""

    sticks: list[Stick]
    carrying: Carrying | None
    can_go_on: bool
    left: int

    @property
    def busy(self) -> bool:
        """Whether a stick is in use now."""
        return self.carrying is not None and self.carrying.ended_ms is None


class StickDesk:
    """One for the appliance; `stop` ends what is under way, and leaves no half file."""

    def __init__(self, sticks: Sticks, plugged: Plugged, announcer: Announcer, now: Callable[[], int]) -> None:
        self._sticks = sticks
        self._plugged = plugged
        self._announcer = announcer
        self._now = now
        self._task: asyncio.Task[None] | None = None
        self._carrying: Carrying | None = None
        self._shown_ms = 0
        self.whole_ms: dict[str, int] = {}
        """When an "export" or "import" last ended whole, since the start."""

    @property
    def carrying(self) -> Carrying | None:
        """The work under way, or the last one."""
        return self._carrying

    async def state(self) -> StickState:
        """What the page shows now."""
        sticks = await asyncio.to_thread(self._plugged.look)
        return StickState(sticks, self._carrying, await self._sticks.can_go_on(), await self._sticks.left())

    async def export(self, stick: str, *, go_on: bool = False) -> None:
        """Begin to write to a stick. Raises PersonError."""
        place = await self._place(stick)
        if go_on and not await self._sticks.can_go_on():
            raise PersonError(NOTHING_TO_GO_ON, status=409)
        self._begin("export", place, lambda folder: self._sticks.export(folder, self._seen, go_on=go_on))

    async def take(self, stick: str) -> None:
        """Begin to read a stick. Raises PersonError."""
        place = await self._place(stick)
        self._begin("import", place, lambda folder: self._sticks.take(folder, self._seen))

    async def done(self) -> None:
        """Wait until what is under way has ended."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def stop(self) -> None:
        """End what is under way."""
        if self._task is not None:
            self._task.cancel()
            await self.done()

    async def _place(self, stick: str) -> Stick:
        found = await asyncio.to_thread(self._plugged.find, stick)
        if found is None:
            raise PersonError(GONE, status=409)
        return found

    def _begin(self, doing: str, place: Stick, work: Work) -> None:
        if self._task is not None and not self._task.done():
            raise PersonError(BUSY, status=409)
        self._carrying = Carrying(doing, place.label, Progress(), self._now())
        self._task = asyncio.create_task(
            self._carry(self._carrying, work, StickFolder(place.folder)), name=f"stick-{doing}"
        )

    async def _carry(self, begun: Carrying, work: Work, folder: StickFolder) -> None:
        outcome, failed = None, "stopped"
        try:
            outcome = await work(folder)
            failed = ""
        except (OperatorError, PeerError) as error:  # of a PeerError, our own disk is to blame: files are judged inside
            failed = str(error)
        finally:
            now = self._carrying or begun
            progress = outcome.progress if outcome else now.progress
            self._carrying = Carrying(begun.doing, begun.label, progress, begun.began_ms, self._now(), outcome, failed)
            if outcome is not None and not outcome.full and not outcome.refused:
                self.whole_ms[begun.doing] = self._now()
            log.info("stick.ended", doing=begun.doing, files=progress.files, records=progress.records, whole=not failed)
            self._announcer.publish(["sync"])

    def _seen(self, progress: Progress) -> None:
        carrying = self._carrying
        if carrying is None:
            return
        self._carrying = Carrying(carrying.doing, carrying.label, progress, carrying.began_ms)
        if self._now() - self._shown_ms >= SHOWN_EVERY_MS:
            self._shown_ms = self._now()
            self._announcer.publish(["sync"])
