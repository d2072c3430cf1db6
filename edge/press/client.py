"""The press as the services see it: a queue of one before a process that is started when needed and stopped when idle.

- One job at a time: on four small cores a second worker would only slow the pages down.
- The process is started by the first job and stopped when it had none for a while: at rest the service holds none of
  its memory.
- A worker that dies is replaced and the job done again, once: making a document has no effect but the document. A
  second death, or a job that takes too long, is the person's "try again" and a line in the journal.
- A caller who gives up in mid-job takes the worker with him: its next answer would be another person's paper.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import structlog

from edge.press.documents import CertificateData, DeclarationData, Paper, ReceiptData, SealedCertificate
from edge.press.fonts import FONT_FOLDERS
from edge.press.frames import (
    Answer,
    CertificateJob,
    DeclarationJob,
    Done,
    Drawn,
    Failed,
    FrameError,
    Job,
    NoticeJob,
    ReceiptJob,
    Seals,
    TicketJob,
    frame,
    read_answer,
)
from edge.press.notices import Notice
from edge.worker_environment import worker_environment
from protocol.errors import N_, CallerError, OperatorError, PersonError
from protocol.office.seals import SealKeys

log = structlog.get_logger(__name__)

TIMEOUT_S = 20.0
"""A certificate takes 0.1 s here and about 1 s on the slowest board, its first about 5 s; the rest is for a queue of
those before it. Whoever waits longer than this has walked away."""

IDLE_S = 180.0
"""Long enough that a busy morning keeps one warm worker, short enough that at lunch its memory is free."""

CLOSING_S = 3.0
"""How long a worker may take to end by itself when its input closes; it has nothing to save."""

TRIES = 2

TRY_AGAIN = N_("The document could not be made just now. Try again in a moment, or ask at the counter.")

Command = Sequence[str]
A = TypeVar("A", Done, Drawn)


def worker_command(fonts: Sequence[Path] = FONT_FOLDERS) -> Command:
    """Return the command line of the press's process; -P keeps the folder it runs in off its module path."""
    return (sys.executable, "-P", "-m", "edge.press", *(str(folder) for folder in fonts))


class Press:
    """Makes receipts, tickets, notices, certificates and blank declarations. Safe to call from many tasks at once."""

    def __init__(self, folder: Path | None, command: Command, timeout_s: float, idle_s: float) -> None:
        self._folder = folder
        self._command = command
        self._timeout_s = timeout_s
        self._idle_s = idle_s
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._retiring: asyncio.Task[None] | None = None

    @classmethod
    def start(
        cls,
        folder: Path | None = None,
        *,
        command: Command | None = None,
        timeout_s: float = TIMEOUT_S,
        idle_s: float = IDLE_S,
    ) -> Press:
        """Return a press whose process begins with the first job; `folder` is where that runs (it writes nothing)."""
        return cls(folder, command or worker_command(), timeout_s, idle_s)

    @property
    def pid(self) -> int | None:
        """The worker's process id, or None while there is none."""
        return None if self._process is None else self._process.pid

    async def receipt(self, data: ReceiptData, language: str, paper: Paper = "a4") -> bytes:
        """Return the receipt as a PDF, `language` first (French for "fr", Arabic for every other).

        PersonError 503 when it cannot be made now, OperatorError when the machine lacks something (a font).
        """
        done = await self._ask(ReceiptJob(data, "fr" if language == "fr" else "ar", paper), Done)
        return done.pdf

    async def ticket(self, data: ReceiptData, language: str) -> bytes:
        """Return the receipt as the picture of a ticket (PNG, 576 dots wide); errors as for `receipt`."""
        drawn = await self._ask(TicketJob(data, "fr" if language == "fr" else "ar"), Drawn)
        return drawn.png

    async def notice(self, data: Notice, language: str) -> bytes:
        """Return a notice about a request as a PDF, `language` first; errors as for `receipt`."""
        done = await self._ask(NoticeJob(data, "fr" if language == "fr" else "ar"), Done)
        return done.pdf

    async def certificate(self, data: CertificateData, seals: SealKeys) -> SealedCertificate:
        """Return the certificate sealed by `seals`; errors as for `receipt`."""
        job = CertificateJob(
            data, Seals(seals.pades_key, seals.pades_cert, list(seals.chain), seals.token_key, seals.token_cert)
        )
        done = await self._ask(job, Done)
        return SealedCertificate(pdf=done.pdf, token=done.token)

    async def declaration(self, data: DeclarationData) -> bytes:
        """Return a blank declaration on honour as a PDF; errors as for `receipt`."""
        done = await self._ask(DeclarationJob(data), Done)
        return done.pdf

    async def rest(self) -> None:
        """Stop the worker once it has finished its job; the next job starts another."""
        async with self._turn:
            await self._end()

    async def close(self) -> None:
        """Stop the worker for good."""
        self._stop_idle_clock()
        if self._retiring is not None:
            await self._retiring
        await self.rest()

    async def _ask(self, job: Job, kind: type[A]) -> A:
        try:
            async with asyncio.timeout(self._timeout_s):
                async with self._turn:
                    answer = await self._answer(job)
        except TimeoutError as error:
            log.warning("press.timeout", job=type(job).__name__)
            raise PersonError(TRY_AGAIN, status=503) from error
        if isinstance(answer, Failed):
            raise _error_of(answer)
        if not isinstance(answer, kind):
            raise CallerError("The press answered another kind of job than it was given.")
        return answer

    async def _answer(self, job: Job) -> Answer:
        self._stop_idle_clock()
        try:
            return await self._persist(job)
        except BaseException:
            # Cancelled, timed out or out of step: whatever the worker would still answer belongs to nobody.
            self._kill()
            await self._end()
            raise
        finally:
            self._start_idle_clock()

    async def _persist(self, job: Job) -> Answer:
        for _ in range(TRIES):
            try:
                return await self._once(job)
            except (EOFError, ConnectionError):
                log.warning("press.worker_died", job=type(job).__name__, code=await self._end())
            except FrameError as error:
                log.exception("press.out_of_step", job=type(job).__name__)
                raise PersonError(TRY_AGAIN, status=503) from error
        raise PersonError(TRY_AGAIN, status=503)

    async def _once(self, job: Job) -> Answer:
        process = self._process = self._process or await self._spawn()
        if process.stdin is None or process.stdout is None:
            raise CallerError("The press's process was started without its pipes.")
        process.stdin.write(frame(job))
        await process.stdin.drain()
        return await read_answer(process.stdout)

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=self._folder,
            env=worker_environment(PYTHONUNBUFFERED="1"),
            start_new_session=True,  # a Ctrl-C at the terminal is for the service, which ends its worker in order
        )

    async def _end(self) -> int | None:
        """Close the worker's input, wait for its end, and return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(CLOSING_S):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def _start_idle_clock(self) -> None:
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._retire)

    def _stop_idle_clock(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _retire(self) -> None:
        self._retiring = asyncio.ensure_future(self.rest())


def _error_of(failed: Failed) -> Exception:
    match failed.who:
        case "operator":
            return OperatorError(failed.message)
        case "caller":
            return CallerError(failed.message)
    log.error("press.fault", place=failed.message)
    return PersonError(TRY_AGAIN, status=503)
