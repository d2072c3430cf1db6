"""The prefecture's web application: sign-in, annexes and requests, the uplink, and the health check.

Every page but sign-in and health is an officer's; a reference in an address is no personal data, everything else of a
person stays in the page. Nothing here is cached by the browser.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from central.centre import Centre
from central.staff import Staff, StaffMember
from central.store.queries import RequestRow
from central.uplinks import Uplinks
from central.uplinks import routes as uplink_routes
from protocol.errors import PersonError
from protocol.office import references
from screens import pages, security
from screens.forms import Form, read_form
from screens.pages import Area, render

TEMPLATES = Path(__file__).parent / "templates"
ROOT = "/prefecture"
AREAS = (Area("prefecture", "prefecture/layout.html", 15 * 60_000, ROOT),)
"""An officer's desk stands in an open office: a quarter of an hour."""

CENTRE: web.AppKey[Centre] = web.AppKey("centre", Centre)
STAFF: web.AppKey[Staff] = web.AppKey("staff", Staff)
UPLINKS: web.AppKey[Uplinks] = web.AppKey("uplinks", Uplinks)


def build(centre: Centre, staff: Staff, uplinks: Uplinks) -> web.Application:
    """Put the prefecture's routes together on one application."""
    app = web.Application(client_max_size=security.LARGEST_FORM)
    app[CENTRE], app[STAFF], app[UPLINKS] = centre, staff, uplinks
    security.install(app)
    pages.setup(
        app, areas=AREAS, folders=[TEMPLATES], now=centre.now, entropy=centre.entropy, context=lambda _request: {}
    )
    app.add_routes(uplink_routes(centre, uplinks))
    app.add_routes(
        [
            web.get("/", first_page),
            web.get("/health", health),
            web.get(ROOT, annexes),
            web.get(f"{ROOT}/requests", requests),
            web.get(f"{ROOT}/sign-in", ask),
            web.post(f"{ROOT}/sign-in", enter),
            web.post(f"{ROOT}/sign-out", leave),
        ]
    )
    return app


async def first_page(_request: web.Request) -> web.StreamResponse:
    """GET /: the officer's desk."""
    raise web.HTTPSeeOther(ROOT)


async def health(request: web.Request) -> web.StreamResponse:
    """Answer once the store does."""
    known = await request.app[CENTRE].queries.annexes()
    return web.json_response({"centre": request.app[CENTRE].identity.id, "annexes": len(known)})


async def annexes(request: web.Request) -> web.StreamResponse:
    """Every annexe: whether it is connected, when it last was, how much of its log is here."""
    officer = _officer(request)
    uplinks = request.app[UPLINKS]
    states = await request.app[CENTRE].queries.annexes()
    return render(
        request,
        "prefecture/annexes.html",
        principal=officer,
        states=[(state, uplinks.connected(state.annexe)) for state in states],
    )


async def requests(request: web.Request) -> web.StreamResponse:
    """The newest requests of all annexes, or the one of a reference."""
    officer = _officer(request)
    form = Form({"reference": request.query.get("reference", "")})
    rows: list[RequestRow] = []
    try:
        rows = await _found(request.app[CENTRE], form.get("reference"))
    except PersonError as error:
        form.errors.update(pages.tongue_of(request).errors(error))
    return render(
        request, "prefecture/requests.html", 422 if form.errors else 200, principal=officer, form=form, rows=rows
    )


async def _found(centre: Centre, asked: str) -> list[RequestRow]:
    rows = await centre.queries.requests()
    if not asked.strip():
        return rows
    wanted = references.parse(asked)
    return [row for row in rows if row.case.reference == wanted]


def _officer(request: web.Request) -> StaffMember:
    """The officer who is signed in; anybody else is led to the sign-in page."""
    principal = pages.session_of(request).principal
    if not isinstance(principal, StaffMember):
        raise web.HTTPSeeOther(f"{ROOT}/sign-in")
    return principal


async def ask(request: web.Request) -> web.StreamResponse:
    """Show the sign-in form."""
    return render(request, "prefecture/sign_in.html", form=Form({}))


async def enter(request: web.Request) -> web.StreamResponse:
    """Check login and password, begin the session."""
    values = await read_form(request)
    try:
        officer = await request.app[STAFF].sign_in(values.get("login", ""), values.pop("password", ""))
    except PersonError as error:
        form = Form(values, pages.tongue_of(request).errors(error))
        return render(request, "prefecture/sign_in.html", error.status, form=form)
    request.app[pages.SITE].sessions.sign_in(pages.session_of(request), officer)
    raise web.HTTPSeeOther(ROOT)


async def leave(request: web.Request) -> web.StreamResponse:
    """End the session."""
    request.app[pages.SITE].sessions.close(pages.session_of(request))
    raise web.HTTPSeeOther(f"{ROOT}/sign-in", headers={"Clear-Site-Data": '"cache"'})
