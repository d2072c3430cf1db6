"""The annexe's web application: every screen's routes on one aiohttp application.

    app = application.build(office)                      # all screens
    runner = web.AppRunner(app, access_log=None)         # our own log has route patterns, aiohttp's the raw paths

Each screen module has `routes(office) -> list[web.RouteDef]`, handlers marked by `edge.web.signed_in`, templates in
`edge/web/templates/<screen>/`, styles in `screens/static/<screen>.css`. `SCREENS` is the only place that lists them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from aiohttp import web

from edge.services.office import Office
from edge.services.published import PUBLISHED
from edge.store.rows import Committed
from edge.web import (
    health,
    live,
    metrics,
    mirror,
    paired,
    pairing_page,
    post,
    signed_in,
    staff_password,
    staff_sign_in,
)
from edge.web.screen_routes import kind_of
from edge.web.signed_in import OFFICE
from protocol.errors import CallerError
from screens import pages, security
from screens.limits import Limits
from screens.own_pages import OWN_PAGES, OwnPages
from screens.pages import Area
from screens.shared_pages import SHARED_PAGES, SharedPages

TEMPLATES = Path(__file__).parent / "templates"
MINUTE = 60_000

AREAS = (
    Area("kiosk", "kiosk/layout.html", 90_000, "/kiosk", ("ar", "fr", "zgh"), "kiosk"),
    Area("counter", "shared/staff.html", 15 * MINUTE, "/counter"),
    Area("authority", "shared/staff.html", 15 * MINUTE, "/authority"),
    Area("display", "shared/staff.html", 24 * 60 * MINUTE, "/display"),
    Area("admin", "shared/staff.html", 15 * MINUTE, "/admin"),
    Area("pair", "shared/staff.html", 15 * MINUTE, "/pair"),
)
"""A kiosk stands in a hall: 90 s. Staff screens stand behind a counter, but people lean over it: a quarter of an hour.
The display has nobody at it."""

SCREENS = ("kiosk", "counter", "authority", "display", "admin")

Routes = Callable[[Office], Sequence[web.RouteDef]]


def build(office: Office, screens: Sequence[str] = SCREENS) -> web.Application:
    """Put the named screens together on one application."""
    app = web.Application(client_max_size=security.LARGEST_FORM)
    app[OFFICE] = office
    app[signed_in.LIMITS] = Limits(office.now)
    app[live.STREAMS] = set()
    app[SHARED_PAGES] = shared_pages(office)
    app[OWN_PAGES] = own_pages(office)
    security.install(app, paired.door)
    app.middlewares.extend([post.keep_to_post, signed_in.guard])
    pages.setup(
        app, areas=AREAS, folders=[TEMPLATES], now=office.now, entropy=office.entropy, context=context_of(office)
    )
    for routes in _routes(office, screens):
        add(app, routes)
    app.router.add_get("/", pairing_page.first_page)
    app.cleanup_ctx.append(sweeping)
    app.on_shutdown.append(live.close_streams)
    app.on_shutdown.append(mirror.end_mirror)
    return app


def _routes(office: Office, screens: Sequence[str]) -> list[Sequence[web.RouteDef]]:
    made: list[Sequence[web.RouteDef]] = [
        health.routes(office),
        metrics.routes(office),
        mirror.routes(office),
        staff_sign_in.routes(office),
        staff_password.routes(office),
        live.routes(office, (*SCREENS, "pair")),
        pairing_page.routes(office),
    ]
    for name in screens:
        routes: Routes = import_module(f"edge.web.{name}").routes
        made.append(routes(office))
    return made


def add(app: web.Application, routes: Sequence[web.RouteDef]) -> None:
    """Add a screen's routes. Raises CallerError when one does not say who it is for."""
    for route in routes:
        if signed_in.access_of(route.handler) is None:
            raise CallerError(f"{route.method} {route.path} does not say who may open it: mark its handler")
    app.add_routes(routes)


def shared_pages(office: Office) -> SharedPages:
    """The pages that all visitors share; forgotten when the prefecture publishes a procedure."""
    shared = SharedPages()

    def heard(changes: Sequence[Committed]) -> None:
        if any(change.kind == PUBLISHED for change in changes):
            shared.forget()

    office.store.on_commit(heard)
    return shared


def own_pages(office: Office) -> OwnPages:
    """The pages that sessions keep; told whom each commit concerns."""
    own = OwnPages()

    def heard(changes: Sequence[Committed]) -> None:
        for change in changes:
            own.changed(change.accounts)

    office.store.on_commit(heard)
    return own


def context_of(office: Office) -> Callable[[web.Request], Mapping[str, Any]]:
    """What every template of the annexe knows besides: its own annexe; on a citizen's own telephone, another layout."""

    def context(request: web.Request) -> Mapping[str, Any]:
        is_telephone = kind_of(request.path) == "kiosk" and paired.SCREEN not in request
        return {"annexe": office.annexe} | ({"layout": TELEPHONE} if is_telephone else {})

    return context


TELEPHONE = "kiosk/telephone.html"
"""The layout of what a citizen opens on a device of his own: nothing on it leads into the kiosk."""

SWEEP_SECONDS = 10
"""Between two looks for sessions that idled away: how long a draft may outlive its session in memory."""


async def sweeping(app: web.Application) -> AsyncIterator[None]:
    """End idle sessions while the application runs, also those that nobody asks for again."""

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            app[pages.SITE].sessions.sweep()

    task = asyncio.create_task(sweep())
    yield
    task.cancel()
