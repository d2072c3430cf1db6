"""Live updates: `/{area}/live?topics=cases,display` streams the names of what changed (server-sent events).

Only topics cross the wire, never data: the page asks again for its region, with its own rights. Each role hears its
topics alone. The stream ends with the session, so that a signed-out screen goes quiet by itself, and with the screen's
pairing: its removal is announced to it alone, under its own name.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from edge.services.announcer import Subscription
from edge.services.known_screens import topic_of
from edge.services.office import Office
from edge.web import signed_in
from edge.web.paired import PAIR, SCREEN, still_paired
from edge.web.signed_in import OFFICE
from protocol.errors import N_, PersonError
from screens import pages
from screens.missed import missed_s

TOPICS: dict[str, frozenset[str]] = {
    "": frozenset({"display", "cases"}),
    "citizen": frozenset({"display", "cases"}),
    "clerk": frozenset({"display", "cases", "outbox", "calls", "sync"}),
    "authority": frozenset({"display", "cases", "outbox", "sync"}),
    "supervisor": frozenset({"display", "cases", "outbox", "calls", "sync", "devices", "screens"}),
    "admin": frozenset({"outbox", "sync", "devices", "calls", "screens"}),
}
"""What each role may hear; "" is whoever did not sign in: a receipt's holder watches for the state of his request, and
learns at most that some request moved. `case:<id>` goes with "cases" for staff."""

AT_THE_DOOR = frozenset({"screens"})
"""What a device hears that waits to be paired: that something was confirmed, or was not."""

BEAT = 15.0
"""Seconds between signs of life: a proxy or a browser drops a silent stream after 30 at the earliest."""

OVER = b"event: over\ndata:\n\n"
"""The last words to a screen that was removed: its page asks for itself again, and is led to the door."""

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
    may = AT_THE_DOOR if pages.area_of(request).path == PAIR else TOPICS.get(role, TOPICS[""])
    cases = role not in ("", "citizen")
    heard = frozenset(topic for topic in asked if topic in may or (cases and topic.startswith("case:")))
    if not heard:
        raise PersonError(N_("There is nothing to follow here. Sign in again."), status=403)
    return heard


async def _stream(request: web.Request, response: web.StreamResponse, topics: frozenset[str]) -> None:
    sessions, session = request.app[pages.SITE].sessions, pages.session_of(request)
    screen = request.get(SCREEN)
    own = frozenset() if screen is None else frozenset({topic_of(screen.screen)})
    with request.app[OFFICE].announcer.subscribe(topics | own, missed_s(request)) as subscription:
        try:
            await response.write(b"retry: 3000\n\n")
            while sessions.alive(session):
                topic = await _next(subscription)
                if screen is not None and not await still_paired(request, screen):
                    await response.write(OVER)
                    return
                await response.write(_said(topic))
        except ConnectionResetError:
            return


async def _next(subscription: Subscription) -> str:
    """The next topic; "" where none came for so long that a sign of life is due."""
    try:
        return await asyncio.wait_for(subscription.next(), BEAT)
    except TimeoutError:
        return ""


def _said(topic: str) -> bytes:
    return f"event: changed\ndata: {topic}\n\n".encode() if topic else b": still here\n\n"


async def close_streams(app: web.Application) -> None:
    """End all streams, so that the application can stop."""
    streams = app[STREAMS]
    for task in list(streams):
        task.cancel()
