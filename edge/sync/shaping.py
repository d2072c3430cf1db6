"""A dialler whose connections keep to the caps and are counted.

What is sent waits *after* it was chosen and before it leaves, so to the session a cap looks as a slow line does: it
measures it, keeps less under way, and a case waits for one small batch. What comes is read no faster than the cap; the
rest waits at the prefecture, whose session measures the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from edge.sync.bucket import Bucket
from edge.sync.conversation import Socket
from edge.sync.ledger import Ledger
from edge.sync.meter import Carried

OVERHEAD = 100
"""Bytes that a frame costs besides itself: the headers of IP, TCP, TLS and WebSocket (20 + 32 + 29 + 8), rounded up."""


class CountedSocket(Socket, Protocol):
    """A socket that knows what it has cost."""

    def carried(self) -> Carried:
        """All that its connection has carried so far."""


class CountedDials(Protocol):
    """`edge.sync.link.Dials`, counted."""

    patience_s: float

    def dial(self, hello: bytes) -> AbstractAsyncContextManager[CountedSocket]:
        """A connection, closed at the end of the block; raises a NoLine if there is none."""


class _Shaped:
    def __init__(self, socket: Socket, shaping: ShapedDialler) -> None:
        self._socket = socket
        self._shaping = shaping
        self._up, self._down = Bucket(), Bucket()

    async def send_frame(self, frame: bytes) -> None:
        await self._shaping.wait(self._up, len(frame))
        await self._socket.send_frame(frame)

    async def receive_frame(self) -> bytes | None:
        frame = await self._socket.receive_frame()
        if frame is not None:
            await self._shaping.wait(self._down, len(frame))
        return frame


class ShapedDialler:
    """`rate()` gives the bytes a second of this moment, None for no bound; `clock()` seconds that never step back."""

    def __init__(
        self,
        dialler: CountedDials,
        ledger: Ledger,
        rate: Callable[[], int | None],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._dialler = dialler
        self._ledger = ledger
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self.patience_s = dialler.patience_s

    @asynccontextmanager
    async def dial(self, hello: bytes) -> AsyncIterator[Socket]:
        """A connection, closed at the end of the block; raises a NoLine if there is none."""
        async with self._dialler.dial(hello) as socket:
            with self._ledger.counting(socket.carried):
                yield _Shaped(socket, self)

    async def wait(self, bucket: Bucket, size: int) -> None:
        """Wait until so much may pass; count what has passed."""
        self._ledger.look()
        seconds = bucket.pay(size + OVERHEAD, self._clock(), self._rate())
        if seconds:
            await self._sleep(seconds)
