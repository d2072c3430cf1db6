"""Live updates: `/{area}/live?topics=cases,display` streams the names of what changed (server-sent events).

Only topics cross the wire, never data: the page asks again for its region, with its own rights. Each role hears its
topics alone. The stream ends with the session, so that a signed-out screen goes quiet by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from aiohttp import web

from edge.services.office import Office
from edge.web import signed_in
from edge.web.signed_in import OFFICE
from protocol.errors import N_, PersonError
from screens import pages
from screens.missed import missed_s

TOPICS: dict[str, frozenset[str]] = {
    "": frozenset({"display", "cases"}),
    "citizen": frozenset({"display", "cases"}),
    "clerk": frozenset({"display", "cases", "outbox", "calls", "sync"}),
    "authority": frozenset({"display", "cases", "outbox", "sync"}),
    "supervisor": frozenset({"display", "cases", "outbox", "calls", "sync", "devices"}),
    "admin": frozenset({"outbox", "sync", "devices", "calls"}),
}
"""What each role may hear; "" is whoever did not sign in: a receipt's holder watches for the state of his request, and
learns at most that some request moved. `case:<id>` goes with "cases" for staff."""

BEAT = 15.0
"""Seconds between signs of life: a proxy or a browser drops a silent stream after 30 at the earliest."""

MOST_TOPICS = 16
"""Topics of one stream: a page shows a handful."""

STREAMS: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("streams", set[asyncio.Task[None]])


def routes(_office: Office, areas: tuple[str, ...]) -> list[web.RouteDef]:
    """A stream for every area."""
    return [web.get(f"/{area}/live", listen) for area in areas]


@signed_in.anyone
async def listen(request: web.Request) -> web.StreamResponse:
    """Stream what changes among the topics asked for, as far as this role may hear them."""
    topics = allowed(request)
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


def allowed(request: web.Request) -> frozenset[str]:
    """The topics asked for. Raises PersonError (403) when this role may hear none of them."""
    asked = request.query.get("topics", "").split(",")[:MOST_TOPICS]
    principal = signed_in.principal_of(request)
    role = principal.role if principal else ""
    may = TOPICS.get(role, TOPICS[""])
    cases = role not in ("", "citizen")
    heard = frozenset(topic for topic in asked if topic in may or (cases and topic.startswith("case:")))
    if not heard:
        raise PersonError(N_("There is nothing to follow here. Sign in again."), status=403)
    return heard


async def _stream(request: web.Request, response: web.StreamResponse, topics: frozenset[str]) -> None:
    sessions, session = request.app[pages.SITE].sessions, pages.session_of(request)
    with request.app[OFFICE].announcer.subscribe(topics, missed_s(request)) as subscription:
        try:
            await response.write(b"retry: 3000\n\n")
            while sessions.alive(session):
                await response.write(await _next(subscription.next()))
        except ConnectionResetError:
            return


async def _next(arrival: Coroutine[None, None, str]) -> bytes:
    try:
        topic = await asyncio.wait_for(arrival, BEAT)
    except TimeoutError:
        return b": still here\n\n"
    return f"event: changed\ndata: {topic}\n\n".encode()


async def close_streams(app: web.Application) -> None:
    """End all streams, so that the application can stop."""
    streams = app[STREAMS]
    for task in list(streams):
        task.cancel()
