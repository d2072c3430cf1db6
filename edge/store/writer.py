"""The single writer: group commit, one group ahead of the disk.

    queue -> decide group 1 | land group 1   ->  futures resolve, memory is taken over, listeners are told
                            | decide group 2 | land group 2
                                             | decide group 3 | ...

Rules (those inside one group: `edge.store.group`):

- All that arrived while a group was landing is decided together, and lands together: one fsync for many commands.
- Deciding is Python's work, landing the disk's, and they go on at the same time. So of what waits while nothing lands,
  one half goes first.
- Groups land in the order in which they were decided; two never land at once.
- Nobody learns of success before COMMIT returned. A failure is told at once after it too, so that an answer such as
  "this login is taken" never rests on a neighbour's row that did not survive.
- When a write of a group fails, the group decided behind it waits until it is redone, and is then decided anew.
- If BEGIN, COMMIT or a rollback fails, or the disk, every command of both groups fails and the writer stops for good.
  After a failed fsync nobody knows what is on the disk (the kernel drops the pages): it is never tried again on this
  connection. The store is opened anew and verified instead; a mark in the folder says so.
- A caller that goes away takes nothing with it: its command runs and commits, only nobody hears the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from edge.store.connection import Connection
from edge.store.group import Decide, Desk, Group, Job, Outcome, Overtaken
from edge.store.limit import Limit
from edge.store.transaction import Changes, Workshop
from protocol.errors import CallerError, OperatorError
from protocol.records.encoding import Value

COMMAND_SIZE = 16

LONGEST_DECISION = 10.0
"""Seconds that a decision may take: it reads and appends, which takes milliseconds; the office waits meanwhile."""

GROUP = 128
"""Commands of one commit. More would make the first of them wait longer than a commit costs."""

HALVED = 4
"""Commands that wait while nothing lands, from which on one half goes first: of fewer, an fsync each costs more."""


class _Signal(Enum):
    CLOSE = "nothing more will come"
    LOOK = "what was landing failed"


@dataclass(frozen=True, slots=True)
class _Flight:
    """A group on its way to the disk; `task` returns whether it was kept, or raises."""

    group: Group
    task: asyncio.Task[bool]

    async def arrived(self) -> bool:
        """Wait for its end, which a caller that is cancelled does not take along."""
        if not self.task.done():  # a wait would cost a turn of the loop, in which this group could be on its way
            await asyncio.wait((self.task,))
        return self.task.result()

    async def kept(self) -> None:
        """Wait for its end; raises Overtaken when it was not kept."""
        if not await self.arrived():
            raise Overtaken("the group before is decided anew")


class Writer:
    """Runs jobs in groups on one connection until `close`, or until the disk fails."""

    def __init__(
        self,
        connection: Connection,
        workshop: Workshop,
        *,
        now: Callable[[], int],
        longest: float,
        committed: Callable[[Sequence[Changes]], None],
        failed: Callable[[OperatorError], None],
    ) -> None:
        self._limit = Limit(longest)
        self._desk = Desk(connection, workshop, now, self._limit)
        self._committed = committed
        self._failed = failed
        self._queue: asyncio.Queue[Job | _Signal] = asyncio.Queue()
        self._stopped: OperatorError | None = None
        self._taken: list[Job] = []
        self._flight: _Flight | None = None
        self._task = asyncio.create_task(self._run(), name="store-writer")

    async def execute(self, command: bytes | None, decide: Decide) -> Value:
        """Queue a job and return its result once it is on the disk; raises what `decide` raised, or OperatorError."""
        if command is not None and len(command) != COMMAND_SIZE:
            raise CallerError(f"a command id is {COMMAND_SIZE} bytes")
        if self._stopped is not None:
            raise self._stopped
        job = Job(command, decide, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(job)
        return await job.done

    async def close(self) -> None:
        """Finish what was queued, then refuse everything."""
        if self._stopped is None:
            self._stopped = OperatorError("the store is closed: try again once the appliance has started anew")
            self._queue.put_nowait(_Signal.CLOSE)
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while await self._take():
                await self._pass_on()
            await self._pass_on()
            await self._settled()
        except BaseException as error:
            self._stop(error)
            if not isinstance(error, Exception):
                raise
        self._limit.close()

    async def _take(self) -> bool:
        """Take the jobs of the next group; False once nothing more will come."""
        first = await self._queue.get()
        await asyncio.sleep(0)  # whoever was just answered asks again now: into this commit, not the one after it
        share = self._share(self._queue.qsize() + 1)
        self._taken = []
        while first is not _Signal.CLOSE:
            if isinstance(first, Job):
                self._taken.append(first)
            if len(self._taken) >= share or self._queue.empty():
                return True
            first = self._queue.get_nowait()
        return False

    def _share(self, waiting: int) -> int:
        landing = self._flight is not None and not self._flight.task.done()
        return min(GROUP, waiting if landing or waiting < HALVED else -(-waiting // 2))

    async def _pass_on(self) -> None:
        """Decide what was taken, ahead of the group that lands now, then land it."""
        if not self._taken:
            if self._flight is not None and self._flight.task.done():
                await self._settled()
            return
        flight = self._flight
        group = Group(self._desk, self._taken, None if flight is None else flight.kept)
        await group.decide()
        if not await self._settled():
            group = Group(self._desk, self._taken)
            await group.decide()
        self._flight = _Flight(group, asyncio.create_task(self._land(group), name="store-commit"))
        self._taken = []

    async def _land(self, group: Group) -> bool:
        kept = False
        try:
            kept = await group.land()
        finally:
            if kept:
                self._tell(group)
            elif self._task.done():
                _fail(group.jobs, OperatorError("the store was closed before this was kept: try it again"))
            else:
                self._queue.put_nowait(_Signal.LOOK)
        return kept

    async def _settled(self) -> bool:
        """Wait for the group that lands; if a write of it failed, redo it, and return False."""
        if self._flight is None or await self._flight.arrived():
            self._flight = None
            return True
        await self._flight.group.redo()
        self._tell(self._flight.group)
        self._flight = None
        return False

    def _tell(self, group: Group) -> None:
        """Take over what a group that is on the disk changed, then answer its callers."""
        changes = [outcome.changes for outcome in group.outcomes if outcome.changes is not None]
        for change in changes:
            for subject, key in change.keys.items():
                self._desk.workshop.keyring.remember(subject, key)
        self._desk.workshop.recent.settle(group.edition)
        self._committed(changes)
        for outcome in group.outcomes:
            _settle(outcome)

    def _stop(self, error: BaseException) -> None:
        """Fail both groups and all that waits: nobody is told that something is kept while the disk is in doubt."""
        self._stopped = stopped = _stopped_by(error)
        jobs = list(self._taken)
        if self._flight is not None and self._flight.task.done():
            jobs = [*self._flight.group.jobs, *jobs]
        while not self._queue.empty():
            waiting = self._queue.get_nowait()
            if isinstance(waiting, Job):
                jobs.append(waiting)
        _fail(jobs, error)
        self._failed(stopped)


def _settle(outcome: Outcome) -> None:
    if outcome.job.done.done():
        return
    if outcome.error is None:
        outcome.job.done.set_result(outcome.result)
    else:
        outcome.job.done.set_exception(outcome.error)


def _fail(jobs: Iterable[Job], error: BaseException) -> None:
    for job in jobs:
        if not job.done.done():
            job.done.set_exception(_stopped_by(error))


def _stopped_by(error: BaseException) -> OperatorError:
    stopped = OperatorError(
        "the log could not be written, so nothing of this was kept. Check the disk and its free space, then start the "
        "service again: it verifies the log first"
    )
    stopped.__cause__ = error
    return stopped
