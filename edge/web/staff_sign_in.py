"""Signing in and out for agents: `/{area}/sign-in`, `/{area}/sign-out` for counter, authority and admin."""

from __future__ import annotations

from aiohttp import web

from edge.services import staff
from edge.services.office import Office
from edge.web import signed_in
from protocol.errors import PersonError
from screens import pages
from screens.forms import Form, read_form
from screens.limits import SIGN_IN
from screens.pages import render
from screens.security import CLEAR_SITE_DATA

STAFF_AREAS = ("counter", "authority", "admin")


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of every staff area."""
    made: list[web.RouteDef] = []
    for area in STAFF_AREAS:
        made += [
            web.get(f"/{area}/sign-in", ask),
            web.post(f"/{area}/sign-in", enter),
            web.post(f"/{area}/sign-out", leave),
        ]
    return made


@signed_in.anyone
async def ask(request: web.Request) -> web.StreamResponse:
    """Show the form; `next` is where to go afterwards."""
    form = Form({"next": pages.own_path(request.query.get("next", "")) or ""})
    return render(request, "shared/staff_sign_in.html", form=form)


@signed_in.anyone
async def enter(request: web.Request) -> web.StreamResponse:
    """Check login and password, begin the session, go on."""
    office, limits = signed_in.office_of(request), request.app[signed_in.LIMITS]
    values = await read_form(request)
    password = values.pop("password", "")
    address = request.remote or ""
    try:
        limits.admit(SIGN_IN, address)
        agent = await staff.sign_in(office, values.get("login", ""), password)
    except PersonError as error:
        limits.note(SIGN_IN, address)
        form = Form(values, pages.tongue_of(request).errors(error))
        return render(request, "shared/staff_sign_in.html", error.status, form=form)
    signed_in.begin(request, signed_in.Agent(agent.login, agent.name_ar, agent.name_fr, agent.role))
    area = pages.area_of(request)
    target = pages.own_path(values.get("next", "")) or area.path
    raise web.HTTPSeeOther(target if target.split("/")[1].split("?")[0] == area.name else area.path)


@signed_in.anyone
async def leave(request: web.Request) -> web.StreamResponse:
    """End the session and forget everything in the browser too."""
    signed_in.end(request)
    raise web.HTTPSeeOther(f"{pages.area_of(request).path}/sign-in", headers={"Clear-Site-Data": CLEAR_SITE_DATA})
