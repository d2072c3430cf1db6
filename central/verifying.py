"""Signatures verified beside the server, by a process of its own (`central.verifier`): half of what a record costs.

- Questions go out at once and are answered in their order; the process works while the server commits what came before.
- A few records are verified here, in less time than it takes to ask.
- The process is there before it is asked: its start takes as long as hundreds of records, and would be waited for just
  when an annexe has come back with days of them.
- Where the process fails, what was asked is verified here, and the next question starts another.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

import central
from central.verifier import LENGTH, Claim, is_signed
from protocol.errors import CallerError

# Records verified here: a millisecond of the server's time, and as long as a question takes.
FEW = 16
CHUNK = 4096
# How long the process may take to end once its input has: it has nothing to save.
CLOSING_S = 2.0

Verify = Callable[[Sequence[Claim]], Awaitable[list[bool]]]
"""Which of these are signed, in their order."""

logger = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode


async def verify_here(claims: Sequence[Claim]) -> list[bool]:
    """Verify now, in this thread."""
    return [is_signed(claim) for claim in claims]


def command() -> list[str]:
    """What starts the process; -P keeps the folder it runs in off its module path."""
    return [sys.executable, "-P", "-m", "central.verifier"]


class Verifier:
    """Made once for a server; `verify` is for any number of tasks at once."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._asking = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked: deque[tuple[int, asyncio.Future[bytes]]] = deque()

    @property
    def pid(self) -> int | None:
        """The process's id, or None while there is none."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process; where that fails, the first question tries again."""
        async with self._asking:
            try:
                await self._writer()
            except OSError as error:
                logger.warning("the process that verifies cannot be started: %s", type(error).__name__)

    async def verify(self, claims: Sequence[Claim]) -> list[bool]:
        """Which of these are signed, in their order."""
        if len(claims) < FEW:
            return await verify_here(claims)
        try:
            return [one == 1 for one in await self._ask(claims)]
        except (OSError, EOFError) as error:
            logger.warning("the process that verifies failed: %s; its work is done here", type(error).__name__)
            return await asyncio.to_thread(lambda: [is_signed(claim) for claim in claims])

    async def close(self) -> None:
        """End the process; what is still asked is answered first."""
        async with self._asking:
            await self._end()

    async def _ask(self, claims: Sequence[Claim]) -> bytes:
        question = _encode(claims)
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        async with self._asking:
            writer = await self._writer()
            self._asked.append((len(claims), answered))
            try:
                writer.write(len(question).to_bytes(LENGTH, "big") + question)
                await writer.drain()
            except OSError:
                answered.cancel()
                raise
        return await answered

    async def _writer(self) -> asyncio.StreamWriter:
        """The process's input; starts the process where there is none, or none any more."""
        if self._reading is not None and self._reading.done():
            await self._end()
        process = self._process = self._process or await self._spawn()
        if process.stdin is None or process.stdout is None:
            raise CallerError("The process that verifies was started without its pipes.")
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(process.stdout), name="verifying")
        return process.stdin

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # a Ctrl-C at the terminal is for the server, which ends it in order
        )

    async def _read(self, answers: asyncio.StreamReader) -> None:
        """Hand out answers until there are no more; who still waits then is told."""
        ready = b""
        try:
            while more := await answers.read(CHUNK):
                ready += more
                while self._asked and len(ready) >= self._asked[0][0]:
                    size, answered = self._asked.popleft()
                    if not answered.done():  # who asked may have gone
                        answered.set_result(ready[:size])
                    ready = ready[size:]
        finally:
            for _, answered in self._asked:
                if not answered.done():
                    answered.set_exception(EOFError())
            self._asked.clear()

    async def _end(self) -> None:
        process, self._process = self._process, None
        reading, self._reading = self._reading, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                async with asyncio.timeout(CLOSING_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if reading is not None:
            await asyncio.gather(reading, return_exceptions=True)


def _environment() -> dict[str, str]:
    """What Python needs to start, and none of the server's own settings, which may hold secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(central.__file__).parent.parent)}
