"""GET /mirror: where a standby follows this appliance, one WebSocket whose messages are frames (`edge.sync.mirror`).

The standby's hello comes in the header `Mulhaqa-Hello` (base64url). A request without a good one gets 401 and not a
byte more.
"""

from __future__ import annotations

import base64
import binascii

from aiohttp import ClientError, WSMsgType, web

from edge.services.office import Office
from edge.sync.answers import REFUSAL
from edge.sync.link import CLOSE_S, HEADER, HEARTBEAT_S, Cut
from edge.web import signed_in
from protocol.errors import PeerError
from protocol.sync.events import PeerFailed
from protocol.sync.frames import MAX_FRAME

PATH = "/mirror"


class _WebSocket:
    """A `Socket` over aiohttp's server side."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def send_frame(self, frame: bytes) -> None:
        try:
            await self._socket.send_bytes(frame)
        except (ClientError, OSError, RuntimeError) as error:  # aiohttp raises RuntimeError for one that is closing
            raise Cut(type(error).__name__) from error

    async def receive_frame(self) -> bytes | None:
        try:
            message = await self._socket.receive()
        except (ClientError, OSError, RuntimeError) as error:
            raise Cut(type(error).__name__) from error
        return message.data if message.type is WSMsgType.BINARY else None

    async def close(self) -> None:
        await self._socket.close()


def routes(_office: Office) -> list[web.RouteDef]:
    """The one route."""
    return [web.get(PATH, serve)]


async def end_mirror(app: web.Application) -> None:
    """End a standby's connection, so that the application can stop."""
    mirror = app[signed_in.OFFICE].mirror
    if mirror is not None:
        await mirror.close()


@signed_in.anyone
async def serve(request: web.Request) -> web.StreamResponse:
    """Take a standby in: who it is says its hello, and then its signature."""
    office = signed_in.office_of(request)
    mirror = office.mirror
    if mirror is None or not mirror.takes_standbys:
        return _refused("This appliance is a standby itself: follow the annexe's.")
    session = await mirror.session()
    try:
        hello = base64.urlsafe_b64decode(request.headers.get(HEADER, "").encode())
        heard = session.receive(hello, office.now())
    except (PeerError, binascii.Error, UnicodeError):
        return _refused("A mirror begins with the signed hello of a standby.")
    refusal = next((event for event in heard if isinstance(event, PeerFailed)), None)
    if refusal is not None:
        return _refused(refusal.sentence)
    socket = web.WebSocketResponse(timeout=CLOSE_S, heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME, compress=False)
    await socket.prepare(request)
    await mirror.serve(session, _WebSocket(socket))
    return socket


def _refused(sentence: str) -> web.Response:
    return web.Response(status=401, text=f"{sentence}\n", headers={REFUSAL: "hello"})
