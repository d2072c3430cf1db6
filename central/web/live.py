"""Live updates: `/prefecture/live?topics=annexes,requests` streams the names of what changed (server-sent events).

Only topics cross the wire, never data: the page asks again for its region, with its own rights. The stream ends with
the session, so that a signed-out page goes quiet by itself.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from central.announcements import TOPICS, Listener
from central.web import signed_in
from protocol.errors import N_, PersonError
from screens import pages
from screens.missed import missed_s

BEAT_S = 15.0
"""Seconds between signs of life: a proxy or a browser drops a silent stream after 30 at the earliest."""

RETRY = b"retry: 3000\n\n"
STREAMS: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("streams", set[asyncio.Task[None]])


def routes() -> list[web.RouteDef]:
    """The one route."""
    return [web.get("/prefecture/live", listen)]


@signed_in.staff("officer")
async def listen(request: web.Request) -> web.StreamResponse:
    """Stream what changes among the topics asked for."""
    topics: frozenset[str] = TOPICS.intersection(request.query.get("topics", "").split(","))
    if not topics:
        raise PersonError(N_("There is nothing to follow here. Sign in again."), status=403)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    task = asyncio.create_task(_stream(request, response, topics))
    request.app[STREAMS].add(task)
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
        request.app[STREAMS].discard(task)
    return response


async def _stream(request: web.Request, response: web.StreamResponse, topics: frozenset[str]) -> None:
    sessions, session = request.app[pages.SITE].sessions, pages.session_of(request)
    with signed_in.prefecture_of(request).announcements.listen(topics, missed_s(request)) as listener:
        try:
            await response.write(RETRY)
            while sessions.alive(session):
                await response.write(await _next(listener))
        except ConnectionResetError:
            return


async def _next(listener: Listener) -> bytes:
    try:
        topic = await asyncio.wait_for(listener.next(), BEAT_S)
    except TimeoutError:
        return b": still here\n\n"
    return f"event: changed\ndata: {topic}\n\n".encode()


async def close_streams(app: web.Application) -> None:
    """End all streams, so that the application can stop."""
    streams = app[STREAMS]
    for task in list(streams):
        task.cancel()
