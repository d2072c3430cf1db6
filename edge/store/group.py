"""One group of commands that commit together.

    decide   each command in turn; its writes wait. No trip, unless a decision reads
    land     BEGIN IMMEDIATE, SAVEPOINT together, the writes of all, RELEASE, COMMIT: one trip
    redo     a write failed: back to the savepoint, then each command alone, with trips of its own, and COMMIT

Rules:

- Deciding goes ahead of the disk: the group before may still be landing. What it left in memory (the log's tips) is
  built upon; what it wrote is read only once it has committed. If a write of it fails, this group is `overtaken`: it
  was decided on what did not come to be, and is decided anew.
- A command id that was seen answers with the first result, or with a refusal once that was forgotten. Nobody looks
  first, for nearly all are new: the table's key refuses the second, and the group is redone, looking; or the second
  decision fails, and then it is looked for.
- When a write fails, nobody can tell whose it was. So a decision may be run more than once; only what its last run
  appended and returned counts.
- A savepoint is set on the disk only for a command some of whose writes have run before it ended. Of one that fails
  while all its writes still wait, they are forgotten: the database never saw them.
- A disk that failed is no command's fault: DiskFailed is raised, and the writer stops.
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
from protocol.errors import N_, CallerError, MulhaqaError, PersonError
from protocol.records.encoding import Value, decode, encode
from protocol.sync.results import CommandResult

LONG_AGO = N_("This form was sent before, long ago, and was accepted then. Look for what it asked before asking again.")

Decide = Callable[[Transaction], Awaitable[Value]]


class Overtaken(CallerError):
    """The group before failed on a write: what was decided on top of it is decided anew. Never leaves the writer."""


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


@dataclass(frozen=True)
class Desk:
    """What all groups of one writer share; `now` in milliseconds since the epoch."""

    connection: Connection
    workshop: Workshop
    now: Callable[[], int]
    limit: Limit


class Group:
    """See the rules above. `after`: awaited before the first trip, raises Overtaken (`edge.store.pending`)."""

    def __init__(self, desk: Desk, jobs: Sequence[Job], after: Callable[[], Awaitable[None]] | None = None) -> None:
        self.jobs = jobs
        self.outcomes: list[Outcome] = []
        self.edition = 0
        """The last change of an account that this group, or one before it, decided (`edge.store.recent`)."""
        self._desk = desk
        self._log = desk.workshop.log.mark()
        self._pending = Pending(desk.connection, after)
        self._pending.write("BEGIN IMMEDIATE")
        self._begun = self._pending.mark()

    async def decide(self) -> None:
        """Run the commands; it ends early when a write that rode with a read failed."""
        self._pending.write("SAVEPOINT together")
        answered: dict[bytes, bytes] = {}
        for job in self.jobs:
            self.outcomes.append(await self._one(job, answered, shared=True))
            if self._pending.failed is not None:
                return
        self.edition = self._desk.workshop.recent.edition

    async def land(self) -> bool:
        """Write and commit; False when a write failed, and nothing is kept. Raises DiskFailed."""
        if self._pending.failed is None:
            self._pending.write("RELEASE together")
            self._pending.write("COMMIT")
            with suppress(MulhaqaError):
                await self._pending.flush()
        if isinstance(self._pending.failed, DiskFailed):
            raise self._pending.failed
        return self._pending.failed is None

    async def redo(self) -> None:
        """After `land` failed: run each command alone, and commit. Raises DiskFailed."""
        self._desk.workshop.log.back_to(self._log)
        if self._pending.failed is not None:
            await self._take_back(self._begun, self._pending.failed, "together")
        answered = await self._seen([job.command for job in self.jobs if job.command is not None])
        self.outcomes = [await self._alone(job, answered) for job in self.jobs]
        self.edition = self._desk.workshop.recent.edition
        await self._desk.connection.execute("COMMIT")

    async def _seen(self, commands: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the sealed answers that these commands were given before."""
        marks = ", ".join("?" for _ in commands)
        seen = await self._pending.rows(f"SELECT id, result FROM commands WHERE id IN ({marks})", commands)  # noqa: S608 - marks
        return {blob(row[0]): blob(row[1]) for row in seen}

    async def _alone(self, job: Job, answered: dict[bytes, bytes]) -> Outcome:
        """Run a command with trips of its own: whatever fails is its own fault."""
        log, place = self._desk.workshop.log.mark(), self._pending.mark()
        outcome = await self._one(job, answered, shared=False)
        try:
            await self._pending.flush()
        except MulhaqaError as error:
            self._desk.workshop.log.back_to(log)
            await self._take_back(place, error, "command")
            answered.pop(job.command or b"", None)
            return Outcome(job, error=outcome.error or error)
        return outcome

    async def _one(self, job: Job, answered: dict[bytes, bytes], *, shared: bool) -> Outcome:
        """Run one command. `shared`: if a write of it fails at a later trip, the whole group goes back."""
        if job.command is not None and job.command in answered:
            return self._again(job, job.command, answered[job.command])
        log, place = self._desk.workshop.log.mark(), self._pending.mark()
        transaction = Transaction(self._desk.workshop, self._pending, self._desk.now())
        try:
            self._pending.write("SAVEPOINT command")
            result = await _decided(job, transaction, self._desk.limit)
            transaction.finish()
            sealed = self._remember(job, result, transaction)
            if not shared or not self._pending.forget(place):
                self._pending.write("RELEASE command")
        except Exception as error:
            if self._pending.failed is None:
                self._desk.workshop.log.back_to(log)
                await self._take_back(place, error, "command")
            return await self._failed(job, error) if shared else Outcome(job, error=error)
        if job.command is not None:
            answered[job.command] = sealed
        return Outcome(job, result, changes=transaction.changes)

    async def _failed(self, job: Job, error: Exception) -> Outcome:
        """Return what a command that failed is told: its first answer, if it succeeded before."""
        if job.command is not None and self._pending.failed is None:
            with suppress(MulhaqaError):  # a neighbour's write, which rides along: the group goes back
                seen = await self._seen((job.command,))
                if seen:
                    return self._again(job, job.command, seen[job.command])
        return Outcome(job, error=error)

    def _again(self, job: Job, command: bytes, sealed: bytes) -> Outcome:
        if not sealed:
            return Outcome(job, error=PersonError(LONG_AGO, status=409))
        try:
            return Outcome(job, decode(self._desk.workshop.vault.open_result(command, sealed)))
        except Exception as error:
            return Outcome(job, error=error)

    def _remember(self, job: Job, result: Value, transaction: Transaction) -> bytes:
        if job.command is None:
            return b""
        workshop, now_ms, encoded = self._desk.workshop, transaction.now_ms, encode(result)
        sealed = workshop.vault.seal_result(job.command, encoded)
        self._pending.insert("INSERT INTO commands (id, result, at_ms)", (job.command, sealed, now_ms))
        transaction.changes.result = CommandResult(job.command, encoded, now_ms, workshop.log.ends())
        return sealed

    async def _take_back(self, place: Mark, error: Exception, savepoint: str) -> None:
        """Undo what was written since `place`."""
        if isinstance(error, DiskFailed):
            raise error
        if self._pending.back_to(place):
            await self._desk.connection.run(((f"ROLLBACK TO {savepoint}", ()), (f"RELEASE {savepoint}", ())))


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
