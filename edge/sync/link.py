"""How the prefecture is reached: a WebSocket whose messages are frames, the hello on its upgrade request."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Protocol

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    Fingerprint,
    SocketFactoryType,
    TCPConnector,
    WSMsgType,
    encode_basic_auth,
)

from edge.sync.answers import stay_here, what_failed
from edge.sync.conversation import Socket
from edge.sync.meter import Carried
from edge.sync.promptness import PromptWebSocket, prompt_socket
from edge.sync.tcp_count import carried_by
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


class Cut(Exception):
    """The connection broke."""


class Dials(Protocol):
    """How the uplink reaches the prefecture. `patience_s`: seconds for the connection, and again for its proof."""

    patience_s: float

    def dial(self, hello: bytes) -> AbstractAsyncContextManager[Socket]:
        """A connection, closed at the end of the block; raises a NoLine if there is none."""


class WebSocket:
    """A `Socket` over aiohttp."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._carried = Carried()

    async def send_frame(self, frame: bytes) -> None:
        """Send one frame; raises Cut when the line is dead."""
        try:
            await self._socket.send_bytes(frame)
        except (ClientError, OSError) as error:
            raise Cut(type(error).__name__) from error

    async def receive_frame(self) -> bytes | None:
        """The next frame, or None when the other end has closed."""
        message = await self._socket.receive()
        return message.data if message.type is WSMsgType.BINARY else None

    def carried(self) -> Carried:
        """What the connection has carried, as far as the system tells; once it is closed, what it told last."""
        tcp = self._socket.get_extra_info("socket")
        with suppress(OSError):
            self._carried = self._carried if tcp is None else carried_by(tcp)
        return self._carried


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy of the network: its address, and a name and password if it wants them. CONNECT alone is asked of
    it, so it sees the prefecture's host and how much is carried, and nothing of what."""

    url: str
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What only the proxy is sent."""
        return {"Proxy-Authorization": encode_basic_auth(self.login, self.password)} if self.login else {}


class Dialler:
    """Opens connections to `url` (http, https, ws or wss), each with a client session of its own.

    `proxy`: through which, for TLS alone. `pin`: the SHA-256 of the prefecture's TLS certificate; without it a
    certificate must be one that this machine's authorities vouch for, or with `trust` those that it names.
    `patience_s`: seconds for the connection, and again for the other end to prove who it is. `new_socket` opens the
    sockets.
    """

    def __init__(
        self,
        url: str,
        *,
        proxy: Proxy | None = None,
        pin: bytes | None = None,
        trust: SSLContext | None = None,
        patience_s: float = PATIENCE_S,
        new_socket: SocketFactoryType = prompt_socket,
    ) -> None:
        self._url = url
        self._proxy = proxy
        self._ssl = Fingerprint(pin) if pin is not None else trust or True
        self._new_socket = new_socket
        self._open: ClientWebSocketResponse | None = None
        self.patience_s = patience_s

    @asynccontextmanager
    async def dial(self, hello: bytes) -> AsyncIterator[WebSocket]:
        """A connection, closed at the end of the block; raises a NoLine if there is none."""
        async with self._client() as client:
            try:
                async with asyncio.timeout(self.patience_s):
                    socket = await self._connect(client, hello)
            except (ClientError, OSError, TimeoutError) as error:
                raise what_failed(error) from error
            self._open = socket
            try:
                yield WebSocket(socket)
            finally:
                self._open = None
                await socket.close()

    def leave_unless(self, addresses: Collection[str]) -> bool:
        """End the open connection if it is from an address that this machine has no more, for TCP itself would wait;
        returns whether it was."""
        if not isinstance(self._open, PromptWebSocket):
            return False
        here = self._open.get_extra_info("sockname")
        if here is None or here[0] in addresses:
            return False
        self._open.abandon()
        return True

    async def _connect(self, client: ClientSession, hello: bytes) -> ClientWebSocketResponse:
        proxy = self._proxy
        return await client.ws_connect(
            self._url,
            headers={HEADER: base64.urlsafe_b64encode(hello).decode()},
            heartbeat=HEARTBEAT_S,
            max_msg_size=MAX_FRAME,
            timeout=ClientWSTimeout(ws_close=CLOSE_S),
            proxy=None if proxy is None else proxy.url,
            proxy_headers=None if proxy is None else proxy.headers,
            ssl=self._ssl,
        )

    def _client(self) -> ClientSession:
        return ClientSession(
            connector=TCPConnector(socket_factory=self._new_socket),
            timeout=ClientTimeout(total=None),
            skip_auto_headers=UNSAID,
            ws_response_class=PromptWebSocket,
            middlewares=(stay_here,),
        )
