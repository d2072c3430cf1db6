"""The annexes' way in: one WebSocket each, at `/uplink`, whose messages are frames (`central.connections` drives it).

The edge's hello comes in the header `Mulhaqa-Hello` (base64url). A request without a good one gets 401 and not a byte
more.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import socket

from aiohttp import WSMsgType, web

from central.connections import Connections
from central.sockets import LineDead
from protocol.errors import PeerError
from protocol.sync.events import PeerFailed
from protocol.sync.frames import MAX_FRAME
from protocol.sync.hello import parse_hello
from protocol.sync.transport import TCP_OPTIONS

HEADER = "Mulhaqa-Hello"
# On our own refusals, so that an annexe tells them from the sign-in page of some network.
REFUSAL = "Mulhaqa-Refusal"
PATH = "/uplink"
# The annexe asks every 20 seconds, so that no network takes the line for dead. Only where nothing is heard of it do we
# ask ourselves: two askers cost an idle line twice as much, and many annexes pay theirs by the byte.
HEARTBEAT_S = 50.0
# How long a farewell waits for its answer.
CLOSE_S = 2.0


class _WebSocket:
    """A `Socket` over aiohttp."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def send_frame(self, frame: bytes) -> None:
        try:
            await self._socket.send_bytes(frame)
        except (ConnectionError, RuntimeError) as error:  # aiohttp raises RuntimeError for one that is closing
            raise LineDead(type(error).__name__) from error

    async def receive_frame(self) -> bytes | None:
        try:
            message = await self._socket.receive()
        except (ConnectionError, RuntimeError) as error:
            raise LineDead(type(error).__name__) from error
        return message.data if message.type is WSMsgType.BINARY else None

    async def close(self) -> None:
        await self._socket.close()


def routes(connections: Connections) -> list[web.RouteDef]:
    """The route of the uplink, for the server's application."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            hello = base64.urlsafe_b64decode(request.headers.get(HEADER, "").encode())
            claimed = parse_hello(hello).id
        except (PeerError, binascii.Error, UnicodeError):
            return _refused("An uplink begins with a signed hello of an enrolled annexe.")
        session = await connections.session_for(claimed)
        heard = session.receive(hello, connections.centre.now())
        refusal = next((event for event in heard if isinstance(event, PeerFailed)), None)
        if refusal is not None:
            return _refused(refusal.sentence)
        line = web.WebSocketResponse(
            timeout=CLOSE_S, heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME, compress=False, writer_limit=0
        )
        await line.prepare(request)
        _hold_little(request)
        await connections.serve(session, _WebSocket(line))
        return line

    connections.centre.feeds.on_publish(connections.published)
    return [web.get(PATH, serve)]


def _refused(sentence: str) -> web.Response:
    return web.Response(status=401, text=f"{sentence}\n", headers={REFUSAL: "hello"})


def _hold_little(request: web.Request) -> None:
    """A frame counts as sent once the kernel has it, and the kernel holds little (`protocol.sync.transport`)."""
    if request.transport is None:
        return
    request.transport.set_write_buffer_limits(high=1, low=0)  # not 0: under TLS an empty buffer would count as full
    tcp: socket.socket = request.transport.get_extra_info("socket")
    for level, option, value in TCP_OPTIONS:
        with contextlib.suppress(OSError):  # a kernel that does not know it
            tcp.setsockopt(level, option, value)
