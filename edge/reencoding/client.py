"""Making scans anew as the services see it: the bytes of a file in, the bytes of the new one out.

- One file at a time: on four small cores a second one would only slow the pages down.
- The new file is given out as it comes from the process. Whether it is whole is known at its end: until then what was
  given counts for nothing, and an error says so.
- Nothing of a file is written to a disk, and nothing that a process says of it to the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence

import structlog

from edge.reencoding.outcomes import MOST_PAGES, Outcome
from edge.worker_environment import worker_environment
from protocol.errors import N_, CallerError, PersonError
from protocol.records.blobs import MAX_BLOB

log = structlog.get_logger(__name__)

TIMEOUT_S = 60.0
"""From the last byte in to the last byte out: the slowest board draws forty pages in ten seconds, others may wait."""

PIECE = 64 * 1024

DAMAGED = N_("This file cannot be read as a scan: it is damaged, or not what it says. Scan the document again.")
LOCKED = N_("This PDF is locked with a password. Scan the document itself, or bring the file without its password.")
TOO_MUCH = N_("This scan is too large: %(pages)s pages at most, 200 dots per inch, in grey if that is enough.")
TRY_AGAIN = N_("The scan could not be taken in just now. Try again in a moment.")

SENTENCES: Mapping[int, str] = {Outcome.DAMAGED: DAMAGED, Outcome.LOCKED: LOCKED, Outcome.TOO_LARGE: TOO_MUCH}


def worker_command() -> Sequence[str]:
    """Return the command line of the process; -P keeps the folder it runs in off its module path."""
    return (sys.executable, "-P", "-m", "edge.reencoding")


class Reencoder:
    """Makes scans anew. Safe to call from many tasks at once."""

    def __init__(self, command: Sequence[str] | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        self._command = command or worker_command()
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()

    async def made_anew(self, content: AsyncIterable[bytes], media: str) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of the new file of the same media type.

        Raises what `content` raises; at the end PersonError 422 for a file that is damaged, locked or too large, 503
        when the process took too long.
        """
        data = await _whole(content)  # before the turn: a slow browser keeps nobody waiting
        async with self._turn:
            process = await self._begin(media)
            try:
                async with asyncio.timeout(self._timeout_s):
                    async for piece in _through(process, data):
                        yield piece
                    status = await process.wait()
            except TimeoutError as error:
                log.warning("reencoding.timeout", media=media)
                raise PersonError(TRY_AGAIN, status=503) from error
            finally:
                await _ended(process)
        if status != Outcome.DONE:
            log.info("reencoding.refused", media=media, status=status)
            raise PersonError(SENTENCES.get(status, DAMAGED), field="scan", pages=MOST_PAGES)

    async def _begin(self, media: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            media,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a traceback, or what a decoder says, may quote the file
            env=worker_environment(PYTHONDONTWRITEBYTECODE="1"),
            start_new_session=True,
        )


async def _whole(content: AsyncIterable[bytes]) -> bytes:
    """A file is in memory once, 8 MiB at most: whoever bounds it has done so piece by piece."""
    data = bytearray()
    async for piece in content:
        data += piece
        if len(data) > MAX_BLOB:
            raise PersonError(TOO_MUCH, field="scan", status=413, pages=MOST_PAGES)
    return bytes(data)


async def _through(process: asyncio.subprocess.Process, data: bytes) -> AsyncGenerator[bytes, None]:
    """Give the process its file, all of it, then take what it makes: it writes nothing before it has read all."""
    if process.stdin is None or process.stdout is None:
        raise CallerError("The process was started without its pipes.")
    with contextlib.suppress(ConnectionError):  # it ended early: its status says why
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()
    while piece := await process.stdout.read(PIECE):
        yield piece


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
