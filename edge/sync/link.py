"""How the prefecture is reached: a WebSocket whose messages are frames, the hello on its upgrade request."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
    WSServerHandshakeError,
)

from edge.sync.conversation import Socket
from protocol.sync.frames import MAX_FRAME

HEADER = "Mulhaqa-Hello"
# Proxies and mobile networks drop a silent connection after a minute or so; two lost pings mean that the line is dead.
HEARTBEAT_S = 20.0
# What a browser would say of itself and of pages: nobody at the other end asks, and a slow link carries it each time.
UNSAID = ("Accept", "Accept-Encoding", "User-Agent")
# How long a farewell waits for its answer.
CLOSE_S = 2.0
# A mobile network may need this long to open a connection. Who has not answered by then, or has taken the call and not
# proved who it is, is left: a hung proxy answers pings for ever.
PATIENCE_S = 30.0


class Unreachable(Exception):
    """Nobody answered. The text is the technical reason."""


class Refused(Exception):
    """The prefecture answered, and does not want this annexe."""


class Cut(Exception):
    """The connection broke."""


class Dials(Protocol):
    """How the uplink reaches the prefecture. `patience_s`: seconds for the connection, and again for its proof."""

    patience_s: float

    def dial(self, hello: bytes) -> AbstractAsyncContextManager[Socket]:
        """A connection, closed at the end of the block; raises Unreachable or Refused if there is none."""


class _WebSocket:
    """A `Socket` over aiohttp."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send_frame(self, frame: bytes) -> None:
        try:
            await self._socket.send_bytes(frame)
        except (ClientError, OSError) as error:
            raise Cut(type(error).__name__) from error

    async def receive_frame(self) -> bytes | None:
        message = await self._socket.receive()
        return message.data if message.type is WSMsgType.BINARY else None


class Dialler:
    """Opens connections to `url` (http, https, ws or wss). `new_client` makes the client session, once a connection.

    `patience_s`: seconds for the connection, and again for the other end to prove who it is.
    """

    def __init__(
        self,
        url: str,
        new_client: Callable[[], ClientSession] | None = None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._url = url
        self._new_client = new_client or _client
        self.patience_s = patience_s

    @asynccontextmanager
    async def dial(self, hello: bytes) -> AsyncIterator[Socket]:
        """A connection, closed at the end of the block; raises Unreachable or Refused if there is none."""
        headers = {HEADER: base64.urlsafe_b64encode(hello).decode()}
        async with self._new_client() as client:
            try:
                async with asyncio.timeout(self.patience_s):
                    socket = await client.ws_connect(
                        self._url,
                        headers=headers,
                        heartbeat=HEARTBEAT_S,
                        max_msg_size=MAX_FRAME,
                        timeout=ClientWSTimeout(ws_close=CLOSE_S),
                    )
            except WSServerHandshakeError as error:
                kind = Refused if error.status in (401, 403) else Unreachable
                raise kind(f"HTTP {error.status}") from error
            except (ClientError, OSError, TimeoutError) as error:
                raise Unreachable(type(error).__name__) from error
            try:
                yield _WebSocket(socket)
            finally:
                await socket.close()


def _client() -> ClientSession:
    return ClientSession(timeout=ClientTimeout(total=None), skip_auto_headers=UNSAID)
