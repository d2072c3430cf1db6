"""The single writer: group commit with a savepoint a command.

    queue ->  BEGIN IMMEDIATE
                SAVEPOINT  decide, append, fold, remember the answer  RELEASE          (a command that succeeds)
                SAVEPOINT  decide ... fails            ROLLBACK TO, RELEASE, memory goes back  (one that does not)
              COMMIT
              futures resolve, memory is taken over, listeners are told

Rules:

- All that arrived while the last commit was under way is one transaction: one fsync for many commands.
- Nobody learns of success before COMMIT returned. A failure is told at once after it too, so that an answer such as
  "this login is taken" never rests on a neighbour's row that did not survive.
- A command id that was seen answers with the first result, also within one group. A failed command leaves no trace, so
  its id may try again.
- The writes of a group make as few trips to the database as its reads allow. When one fails, nobody can tell whose it
  was: the group is taken back to its beginning and decided again, each command with trips of its own. So a decision may
  be run twice; only what its last run appended and returned counts.
- A savepoint is set on the disk only for a command some of whose writes have run before it ended. Of one that fails
  while all its writes still wait, they are forgotten: the database never saw them.
- If BEGIN, COMMIT or a rollback fails, or the disk, every command of the group fails and the writer stops for good.
  After a failed fsync nobody knows what is on the disk (the kernel drops the pages): it is never tried again on this
  connection. The store is opened anew and verified instead; a mark in the folder says so.
- A caller that goes away takes nothing with it: its command runs and commits, only nobody hears the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from edge.store.columns import blob
from edge.store.connection import Connection, DiskFailed
from edge.store.limit import Limit
from edge.store.pending import Mark, Pending
from edge.store.transaction import Changes, Transaction, Workshop
from protocol.errors import CallerError, MulhaqaError, OperatorError
from protocol.records.encoding import Value, decode, encode

COMMAND_SIZE = 16

LONGEST_DECISION = 10.0
"""Seconds that a decision may take: it reads and appends, which takes milliseconds; the office waits meanwhile."""

GROUP = 128
"""Commands of one commit. More would make the first of them wait longer than a commit costs."""

Decide = Callable[[Transaction], Awaitable[Value]]


@dataclass(slots=True)
class Job:
    """A command that waits for the writer; `command` is None for the store's own work, which has no id to remember."""

    command: bytes | None
    decide: Decide
    done: asyncio.Future[Value]


@dataclass(slots=True)
class Outcome:
    """What became of a job inside its group; `changes` only when it changed something."""

    job: Job
    result: Value = None
    error: BaseException | None = None
    changes: Changes | None = None


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
        self._connection = connection
        self._workshop = workshop
        self._now = now
        self._limit = Limit(longest)
        self._committed = committed
        self._failed = failed
        self._queue: asyncio.Queue[Job | None] = asyncio.Queue()
        self._stopped: OperatorError | None = None
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
            self._queue.put_nowait(None)
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            group = await self._next_group()
            try:
                await self._commit([job for job in group if job is not None])
            except BaseException as error:
                self._stop(error, group)
                if isinstance(error, Exception):
                    return
                raise
            if group[-1] is None:
                self._limit.close()
                return

    async def _next_group(self) -> list[Job | None]:
        group = [await self._queue.get()]
        await asyncio.sleep(0)  # whoever was just answered asks again now: into this commit, not the one after it
        while group[-1] is not None and len(group) < GROUP and not self._queue.empty():
            group.append(self._queue.get_nowait())
        return group

    def _stop(self, error: BaseException, group: Sequence[Job | None]) -> None:
        """Fail the group and all that waits: nobody is told that something is kept while the disk is in doubt."""
        self._stopped = stopped = _stopped_by(error)
        self._limit.close()
        while not self._queue.empty():
            group = [*group, self._queue.get_nowait()]
        for job in group:
            if job is not None and not job.done.done():
                job.done.set_exception(_stopped_by(error))
        self._failed(stopped)

    async def _commit(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        pending = Pending(self._connection)
        answered = await self._begin(pending, jobs)
        outcomes = await self._together(pending, jobs, dict(answered)) if len(jobs) > 1 else None
        if outcomes is None:
            outcomes = [await self._alone(pending, job, answered) for job in jobs]
        await self._connection.execute("COMMIT")
        changes = [outcome.changes for outcome in outcomes if outcome.changes is not None]
        for change in changes:
            for subject, key in change.keys.items():
                self._workshop.keyring.remember(subject, key)
        self._committed(changes)
        for outcome in outcomes:
            _settle(outcome)

    async def _begin(self, pending: Pending, jobs: Sequence[Job]) -> dict[bytes, bytes]:
        """Open the transaction and return the sealed answers that this group's commands were given before."""
        pending.write("BEGIN IMMEDIATE")
        commands = tuple(job.command for job in jobs if job.command is not None)
        marks = ", ".join("?" for _ in commands)
        seen = await pending.rows(f"SELECT id, result FROM commands WHERE id IN ({marks})", commands)  # noqa: S608 - marks
        return {blob(row[0]): blob(row[1]) for row in seen}

    async def _together(
        self, pending: Pending, jobs: Sequence[Job], answered: dict[bytes, bytes]
    ) -> list[Outcome] | None:
        """Run the commands of a group with shared trips; None, all of it taken back, when a write of theirs failed."""
        log, place = self._workshop.log.mark(), pending.mark()
        pending.write("SAVEPOINT together")
        outcomes = []
        for job in jobs:
            outcomes.append(await self._one(pending, job, answered, shared=True))
            if pending.failed is not None:
                break
        else:
            pending.write("RELEASE together")
            with suppress(MulhaqaError):
                await pending.flush()
        if pending.failed is None:
            return outcomes
        self._workshop.log.back_to(log)
        await self._take_back(pending, place, pending.failed, "together")
        return None

    async def _alone(self, pending: Pending, job: Job, answered: dict[bytes, bytes]) -> Outcome:
        """Run a command with trips of its own: whatever fails is its own fault."""
        log, place = self._workshop.log.mark(), pending.mark()
        outcome = await self._one(pending, job, answered, shared=False)
        try:
            await pending.flush()
        except MulhaqaError as error:
            self._workshop.log.back_to(log)
            await self._take_back(pending, place, error, "command")
            answered.pop(job.command or b"", None)
            return Outcome(job, error=outcome.error or error)
        return outcome

    async def _one(self, pending: Pending, job: Job, answered: dict[bytes, bytes], *, shared: bool) -> Outcome:
        """Run one command. `shared`: if a write of it fails at a later trip, the whole group goes back."""
        if job.command is not None and job.command in answered:
            return self._again(job, job.command, answered[job.command])
        log, place = self._workshop.log.mark(), pending.mark()
        transaction = Transaction(self._workshop, pending, self._now())
        try:
            pending.write("SAVEPOINT command")
            result = await _decided(job, transaction, self._limit)
            transaction.finish()
            sealed = self._remember(pending, job, result, transaction.now_ms)
            if not shared or not pending.forget(place):
                pending.write("RELEASE command")
        except Exception as error:
            if pending.failed is None:
                self._workshop.log.back_to(log)
                await self._take_back(pending, place, error, "command")
            return Outcome(job, error=error)
        if job.command is not None:
            answered[job.command] = sealed
        return Outcome(job, result, changes=transaction.changes)

    def _again(self, job: Job, command: bytes, sealed: bytes) -> Outcome:
        try:
            return Outcome(job, decode(self._workshop.vault.open_result(command, sealed)))
        except Exception as error:
            return Outcome(job, error=error)

    def _remember(self, pending: Pending, job: Job, result: Value, now_ms: int) -> bytes:
        if job.command is None:
            return b""
        sealed = self._workshop.vault.seal_result(job.command, encode(result))
        pending.write("INSERT INTO commands (id, result, at_ms) VALUES (?, ?, ?)", (job.command, sealed, now_ms))
        return sealed

    async def _take_back(self, pending: Pending, place: Mark, error: Exception, savepoint: str) -> None:
        """Undo what was written since `place`; a disk that failed is no command's fault, and stops the writer."""
        if isinstance(error, DiskFailed):
            raise error
        if pending.back_to(place):
            await self._connection.run(((f"ROLLBACK TO {savepoint}", ()), (f"RELEASE {savepoint}", ())))


async def _decided(job: Job, transaction: Transaction, limit: Limit) -> Value:
    """Run the decision; what it awaited may be cancelled or never come, which is its own failure, not the writer's end.

    The store's own work (a rebuild) takes as long as it takes.
    """
    try:
        if job.command is None:
            return await job.decide(transaction)
        with limit:
            return await job.decide(transaction)
    except TimeoutError as error:
        raise CallerError("a decision took too long: do what is slow before deciding") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise CallerError("a decision awaited what was cancelled: decide from the transaction alone") from error


def _settle(outcome: Outcome) -> None:
    if outcome.job.done.done():
        return
    if outcome.error is None:
        outcome.job.done.set_result(outcome.result)
    else:
        outcome.job.done.set_exception(outcome.error)


def _stopped_by(error: BaseException) -> OperatorError:
    stopped = OperatorError(
        "the log could not be written, so nothing of this was kept. Check the disk and its free space, then start the "
        "service again: it verifies the log first"
    )
    stopped.__cause__ = error
    return stopped
