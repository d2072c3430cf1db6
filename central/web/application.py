"""The prefecture's web application: its pages, the public verification, and the annexes' way in.

    /prefecture...     for officers who signed in: annexes, requests, catalogue
    /verify            for everyone: is this paper genuine?
    /uplink            for annexes: a WebSocket that begins with a signed hello (central.uplinks)
    /health, /metrics  for machines

The pages of the staff have a path, and so a cookie, of their own: the demonstration's annexe serves from the same host.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from central import uplinks
from central.prefecture import Prefecture
from central.web import (
    annexes,
    bodies,
    catalogue,
    health,
    live,
    metrics,
    requests,
    signed_in,
    staff_sign_in,
    verification,
)
from screens import pages, security
from screens.limits import Limits
from screens.pages import Area

TEMPLATES = Path(__file__).parent / "templates"
MINUTE = 60_000
SWEEP_SECONDS = 10
"""Between two looks for sessions that idled away."""

AREAS = (
    Area("prefecture", "prefecture/layout.html", 15 * MINUTE, "/prefecture"),
    Area("verify", "verify/layout.html", 30 * MINUTE, "/verify"),
)
"""An officer's desk stands in a room with visitors: a quarter of an hour. Nobody is signed in on the public page."""


def build(prefecture: Prefecture) -> web.Application:
    """Put all of it on one application."""
    app = web.Application(client_max_size=bodies.LARGEST_UPLOAD)
    app[signed_in.PREFECTURE] = prefecture
    app[signed_in.LIMITS] = Limits(prefecture.now)
    app[live.STREAMS] = set()
    app[verification.TURNS] = asyncio.Semaphore(verification.AT_ONCE)
    app.middlewares.append(bodies.small_bodies)
    security.install(app)
    app.middlewares.append(signed_in.guard)
    pages.setup(
        app,
        areas=AREAS,
        folders=[TEMPLATES],
        now=prefecture.now,
        entropy=prefecture.entropy,
        context=context_of(prefecture),
    )
    for room in (health, metrics, staff_sign_in, live, annexes, requests, catalogue, verification):
        app.add_routes(signed_in.require_marks(room.routes()))
    app.add_routes(uplinks.routes(prefecture.connections))
    app.router.add_get("/", first_page)
    app.cleanup_ctx.append(sweeping)
    app.on_shutdown.append(live.close_streams)
    app.on_shutdown.append(end_uplinks)
    return app


def context_of(prefecture: Prefecture) -> Callable[[web.Request], Mapping[str, Any]]:
    """What every template of the prefecture knows besides."""
    return lambda _request: {"prefecture": prefecture.profile}


async def sweeping(app: web.Application) -> AsyncIterator[None]:
    """End idle sessions while the application runs, also those that nobody asks for again."""

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            app[pages.SITE].sessions.sweep()

    task = asyncio.create_task(sweep())
    yield
    task.cancel()


async def end_uplinks(app: web.Application) -> None:
    """End the annexes' connections, so that the server can stop."""
    await app[signed_in.PREFECTURE].connections.close()


async def first_page(_request: web.Request) -> web.StreamResponse:
    """GET /: the officers' first page."""
    raise web.HTTPSeeOther("/prefecture")
