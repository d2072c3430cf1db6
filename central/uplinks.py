"""The annexes' way in: one WebSocket each, at `/uplink`, whose messages are frames (`central.connections` drives it).

The edge's hello comes in the header `Mulhaqa-Hello` (base64url). A request without a good one gets 401 and not a byte
more.
"""

from __future__ import annotations

import base64
import binascii

from aiohttp import WSMsgType, web

from central.connections import Connections
from central.sockets import LineDead
from protocol.errors import PeerError
from protocol.sync.events import PeerFailed
from protocol.sync.frames import MAX_FRAME
from protocol.sync.hello import parse_hello

HEADER = "Mulhaqa-Hello"
PATH = "/uplink"
# Proxies and mobile networks drop a silent connection after a minute or so; two lost pings mean that the line is dead.
HEARTBEAT_S = 20.0
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
            return web.Response(status=401, text="An uplink begins with a signed hello of an enrolled annexe.\n")
        session = await connections.session_for(claimed)
        heard = session.receive(hello, connections.centre.now())
        refusal = next((event for event in heard if isinstance(event, PeerFailed)), None)
        if refusal is not None:
            return web.Response(status=401, text=f"{refusal.sentence}\n")
        socket = web.WebSocketResponse(timeout=CLOSE_S, heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME, compress=False)
        await socket.prepare(request)
        await connections.serve(session, _WebSocket(socket))
        return socket

    connections.centre.feeds.on_publish(connections.published)
    return [web.get(PATH, serve)]
