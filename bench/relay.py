"""A relay between two processes of ours: it counts what passes from outside of both, and opens when it is told to.

While it is closed it takes calls and lets them wait, so what is measured begins at a moment that both ends are ready.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from launcher.stage import HOST

CHUNK = 256 * 1024


@dataclass(slots=True)
class Passed:
    """What passed since the relay was opened, in bytes. `turns`: how often the caller began to speak anew, each the
    beginning of a round trip. Instants are those of `time.perf_counter`."""

    up: int = 0
    down: int = 0
    turns: int = 0
    began: float = 0.0
    last: float = 0.0
    _upward: bool = False

    @property
    def total(self) -> int:
        """Bytes in both directions."""
        return self.up + self.down

    def count(self, size: int, *, upward: bool) -> None:
        """Note `size` bytes of the caller (`upward`), or of who was called."""
        self.last = time.perf_counter()
        if upward:
            self.up += size
            self.turns += not self._upward
        else:
            self.down += size
        self._upward = upward


class Relay:
    """Made by `relay`. `port` is what the caller dials."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._gate = asyncio.Event()
        self._calling = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._left = asyncio.Event()
        self.port = 0
        self.passed = Passed()

    def open(self) -> None:
        """Let through who calls, and count from zero."""
        self.passed = Passed(began=time.perf_counter())
        self._gate.set()

    async def close(self) -> None:
        """Let nothing through; what was open is cut."""
        self._gate.clear()
        self._calling.clear()
        for call in self._calls:
            call.cancel()
        while self._calls:
            self._left.clear()
            await self._left.wait()

    async def called(self) -> None:
        """Wait until somebody calls."""
        await self._calling.wait()

    async def quiet(self, seconds: float) -> None:
        """Wait until nothing has passed for so long."""
        left = seconds
        while left > 0:
            await asyncio.sleep(left)
            left = seconds + max(self.passed.began, self.passed.last) - time.perf_counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One call to its end, or until the relay is closed."""
        call = asyncio.create_task(self._call(reader, writer))
        self._calls.add(call)
        try:
            await asyncio.wait((call,))
        finally:
            await _close(writer)
            self._calls.discard(call)
            self._left.set()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._calling.set()
        await self._gate.wait()
        inner, outer = await asyncio.open_connection(HOST, self._target)
        ways = [
            asyncio.create_task(self._carry(reader, outer, upward=True)),
            asyncio.create_task(self._carry(inner, writer, upward=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            outer.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await _close(outer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, upward: bool) -> None:
        while data := await reader.read(CHUNK):
            self.passed.count(len(data), upward=upward)
            writer.write(data)
            await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):  # who was cut has nothing left to say
        await writer.wait_closed()


@asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    """A closed relay to the port `target` of this machine, for as long as the context lasts."""
    made = Relay(target)
    server = await asyncio.start_server(made.serve, HOST, 0, limit=CHUNK)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.close()
