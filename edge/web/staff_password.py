"""A password of one's own, at each staff screen: `/{area}/password` changes it, `/{area}/new-password` chooses it.

Rules:

- Who signed in with a password that another chose is sent here from every page, until he has chosen (`signed_in`).
- A password is never given back to a page, nor kept between two of them.
- Once it is changed, every other session of the agent ends: whoever knew the one before is out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiohttp import web

from edge.services import own_password, staff
from edge.services.office import Office
from edge.web import signed_in
from edge.web.duties import SCREENS
from edge.web.paired import place_of
from edge.web.signed_in import CHOOSING
from edge.web.staff_sign_in import role_at
from protocol.errors import PersonError, PersonErrors
from protocol.office.parties import Role
from screens import pages
from screens.forms import Form, read_form
from screens.pages import render

CHANGE = "/password"


def routes(_office: Office) -> list[web.RouteDef]:
    """The pages, below each staff screen."""
    made: list[web.RouteDef] = []
    for area, roles in SCREENS.items():
        made += [web.get(f"/{area}{CHOOSING}", ask_new), web.post(f"/{area}{CHOOSING}", choose)]
        made += _changing(f"/{area}{CHANGE}", roles)
    return made


def _changing(path: str, roles: Iterable[Role]) -> list[web.RouteDef]:
    @signed_in.staff(*roles)
    async def ask(request: web.Request) -> web.StreamResponse:
        """The password of now, and another twice."""
        return _form(request, Form(), done="done" in request.query)

    @signed_in.staff(*roles)
    async def change(request: web.Request) -> web.StreamResponse:
        """Change the password; every other session of this agent ends."""
        return await _change(request)

    return [web.get(path, ask), web.post(path, change)]


@signed_in.new_agent
async def ask_new(request: web.Request) -> web.StreamResponse:
    """A password of one's own, twice."""
    return _form(request, Form(), is_new=True)


@signed_in.new_agent
async def choose(request: web.Request) -> web.StreamResponse:
    """Take the new password, and begin the agent's own session."""
    office, values = signed_in.office_of(request), await read_form(request)
    login = signed_in.new_agent_of(request).login
    try:
        command = signed_in.command_of(request, values)
        await own_password.choose(office, command, login, *_typed(values))
    except (PersonError, PersonErrors) as error:
        return _refused(request, error, is_new=True)
    await _begin(request, login)
    raise web.HTTPSeeOther(pages.area_of(request).path)


async def _change(request: web.Request) -> web.StreamResponse:
    office, values = signed_in.office_of(request), await read_form(request)
    login, command = signed_in.agent_of(request).login, signed_in.command_of(request, values)
    try:
        await own_password.change(office, command, login, values.get("now", ""), *_typed(values), place_of(request))
    except (PersonError, PersonErrors) as error:
        return _refused(request, error)
    await _begin(request, login)
    raise web.HTTPSeeOther(f"{pages.area_of(request).path}{CHANGE}?done=1")


def _typed(values: Mapping[str, str]) -> tuple[str, str]:
    return values.get("password", ""), values.get("again", "")


async def _begin(request: web.Request, login: str) -> None:
    """A session under a new id; every other one of this agent ends."""
    known = await staff.by_login(signed_in.office_of(request), login)
    role, last = role_at(request, known)
    signed_in.begin(request, signed_in.Agent(known.login, known.name_ar, known.name_fr, role, last))
    signed_in.end_others_of(request, login)


def _refused(request: web.Request, error: PersonError | PersonErrors, *, is_new: bool = False) -> web.Response:
    form = Form({}, pages.tongue_of(request).errors(error))
    return _form(request, form, error.status if isinstance(error, PersonError) else 422, is_new=is_new)


def _form(
    request: web.Request, form: Form, status: int = 200, *, is_new: bool = False, done: bool = False
) -> web.Response:
    return render(request, "shared/staff_password.html", status, form=form, is_new=is_new, done=done)
