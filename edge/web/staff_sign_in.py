"""Signing in and out for agents: `/{area}/sign-in`, `/{area}/sign-out` for counter, authority and admin.

Rules:

- A wrong login and a wrong password give the same sentence in the same time; lock-outs are the service's.
- Each screen has its roles: an agent who may not open it is told so here (403), and no session begins.
- A session that ended comes back to its page: `next` is kept through the form, and followed inside the area alone.
- Who signs in with a password that another chose chooses his own first (`edge.web.staff_password`).
- Signing out tells the browser to forget what it cached, but not its storage: the authority agent's key lives there.
"""

from __future__ import annotations

from datetime import date

from aiohttp import web

from edge.services import staff
from edge.services.office import Office
from edge.store.rows import StaffView
from edge.web import signed_in
from edge.web.duties import SCREENS
from edge.web.paired import place_of
from protocol.errors import N_, PersonError
from protocol.office.calendar import local_date
from protocol.office.events import Role
from screens import pages
from screens.forms import Form, read_form
from screens.limits import STAFF_SIGN_IN
from screens.pages import render
from screens.security import SESSION_OVER

OTHER_SCREEN = N_("This login has no right to this screen. Use the screen of your role, or ask the supervisor.")
FORGET = '"cache"'


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of every staff area."""
    made: list[web.RouteDef] = []
    for area in SCREENS:
        made += [
            web.get(f"/{area}/sign-in", ask),
            web.post(f"/{area}/sign-in", enter),
            web.post(f"/{area}/sign-out", leave),
        ]
    return made


@signed_in.anyone
async def ask(request: web.Request) -> web.StreamResponse:
    """Show the form; `next` is where to go afterwards, `over` says that a session has ended (401)."""
    form = Form({"next": pages.own_path(request.query.get("next", "")) or ""})
    if "over" not in request.query:
        return _form(request, form)
    form.errors[""] = pages.tongue_of(request).gettext(SESSION_OVER)
    return _form(request, form, 401)


def _form(request: web.Request, form: Form, status: int = 200) -> web.Response:
    return render(request, "shared/staff_sign_in.html", status, form=form)


@signed_in.anyone
async def enter(request: web.Request) -> web.StreamResponse:
    """Check login and password, begin the session, go on."""
    values = await read_form(request)
    password = values.pop("password", "")
    try:
        agent = await _known(request, values.get("login", ""), password)
        role, last = role_at(request, agent)
    except PersonError as error:
        return _form(request, Form(values, pages.tongue_of(request).errors(error)), error.status)
    target = _back(request, values.get("next", ""))
    if agent.temporary_ms is not None:
        signed_in.begin(request, signed_in.NewAgent(agent.login, agent.name_ar, agent.name_fr))
        raise web.HTTPSeeOther(f"{pages.area_of(request).path}{signed_in.CHOOSING}")
    signed_in.begin(request, signed_in.Agent(agent.login, agent.name_ar, agent.name_fr, role, last))
    raise web.HTTPSeeOther(target)


async def _known(request: web.Request, login: str, password: str) -> StaffView:
    """The agent of this login and password; each failure counts against the screen that it came from."""
    place = place_of(request)
    with request.app[signed_in.LIMITS].trying(STAFF_SIGN_IN, place, 401, 429):
        return await staff.sign_in(signed_in.office_of(request), login, password, place)


def role_at(request: web.Request, agent: StaffView) -> tuple[Role, date | None]:
    """The role in which he works at this screen, and its last day; his own comes first. PersonError 403 for none."""
    office, screen = signed_in.office_of(request), pages.area_of(request).name
    for role, last in agent.roles(local_date(office.now())).items():
        if role in SCREENS[screen]:
            return role, last
    raise PersonError(OTHER_SCREEN, status=403)


def _back(request: web.Request, asked: str) -> str:
    """Where to go on: the page that was asked for if it is of this area, its first page otherwise."""
    area = pages.area_of(request)
    target = pages.own_path(asked) or area.path
    return target if target == area.path or target.startswith((f"{area.path}/", f"{area.path}?")) else area.path


@signed_in.anyone
async def leave(request: web.Request) -> web.StreamResponse:
    """End the session."""
    signed_in.end(request)
    raise web.HTTPSeeOther(f"{pages.area_of(request).path}/sign-in", headers={"Clear-Site-Data": FORGET})
