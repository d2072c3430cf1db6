"""Signing in and out at the prefecture: `/prefecture/sign-in`, `/prefecture/sign-out`.

A session that ended comes back to its page: `next` is kept through the form, and followed inside this area alone.
"""

from __future__ import annotations

from aiohttp import web

from central.staff import StaffMember
from central.web import signed_in
from protocol.errors import PersonError
from screens import pages
from screens.forms import Form, read_form
from screens.limits import STAFF_SIGN_IN
from screens.pages import render
from screens.security import CLEAR_SITE_DATA, SESSION_OVER

HOME = "/prefecture"


def routes() -> list[web.RouteDef]:
    """The routes of the sign-in."""
    return [
        web.get(f"{HOME}/sign-in", ask),
        web.post(f"{HOME}/sign-in", enter),
        web.post(f"{HOME}/sign-out", leave),
    ]


@signed_in.anyone
async def ask(request: web.Request) -> web.StreamResponse:
    """Show the form; `next` is where to go afterwards, `over` says that a session has ended (401)."""
    form = Form({"next": pages.own_path(request.query.get("next", "")) or ""})
    if "over" not in request.query:
        return _form(request, form)
    form.errors[""] = pages.tongue_of(request).gettext(SESSION_OVER)
    return _form(request, form, 401)


def _form(request: web.Request, form: Form, status: int = 200) -> web.Response:
    return render(request, "prefecture/sign_in.html", status, form=form)


@signed_in.anyone
async def enter(request: web.Request) -> web.StreamResponse:
    """Check login and password, begin the session, go on."""
    values = await read_form(request)
    password = values.pop("password", "")
    try:
        member = await _known(request, values.get("login", ""), password)
    except PersonError as error:
        return _form(request, Form(values, pages.tongue_of(request).errors(error)), error.status)
    signed_in.begin(request, signed_in.Officer(member.login, member.name_ar, member.name_fr, member.role))
    raise web.HTTPSeeOther(_back(values.get("next", "")))


async def _known(request: web.Request, login: str, password: str) -> StaffMember:
    """The member of this login and password; each failure counts against the address that it came from."""
    with request.app[signed_in.LIMITS].trying(STAFF_SIGN_IN, request.remote or "", 401, 429):
        return await signed_in.prefecture_of(request).staff.sign_in(login, password)


def _back(asked: str) -> str:
    target = pages.own_path(asked) or HOME
    return target if target == HOME or target.startswith((f"{HOME}/", f"{HOME}?")) else HOME


@signed_in.anyone
async def leave(request: web.Request) -> web.StreamResponse:
    """End the session."""
    signed_in.end(request)
    raise web.HTTPSeeOther(f"{HOME}/sign-in", headers={"Clear-Site-Data": CLEAR_SITE_DATA})
