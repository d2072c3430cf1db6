"""Who works here, on the appliance's page: adding somebody, letting somebody go, letting somebody stand in for another.

A login is posted, never in an address. What ends somebody's work or changes his roles ends his sessions too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from edge.services import own_password, people, staff
from edge.services.office import Office
from edge.services.people import DelegationForm
from edge.services.staff import StaffForm
from edge.store.rows import StaffView
from edge.web import signed_in
from edge.web.counter_page import CORRESPONDENCE
from edge.web.duties import RUNS_IT
from edge.web.staff_words import ROLES
from protocol.errors import N_, PersonError, PersonErrors
from protocol.office.calendar import local_date
from protocol.office.events import Actor, Language
from screens import pages
from screens.forms import Form, read_form
from screens.pages import render

PAGE = "/admin/people"
DONE = "people"
"""Where the session keeps the sentence that the page says once."""

ADDED = N_("The person is added. At the first sign-in a password of one's own is chosen.")
ENDED = N_("The person works here no more, and is signed out everywhere.")
RESUMED = N_("The person works here again, with the password of before.")
DELEGATED = N_("Noted. At the next sign-in the person has this role as well, on these days.")
DELEGATION_ENDED = N_("The person has one role alone again.")
GIVEN = N_("The person signs in with this password within a week, and chooses another one at once.")
SIGNED_OUT = N_("The person is signed out at every screen.")

Act = Callable[[Office, bytes, str, Actor], Awaitable[None]]


def routes(_office: Office) -> list[web.RouteDef]:
    """The page, and what can be done on it."""
    return [
        web.get(PAGE, show),
        web.post(f"{PAGE}/add", add),
        web.post(f"{PAGE}/delegate", delegate),
        web.post(f"{PAGE}/sign-out", sign_out),
        web.post(f"{PAGE}/password", give_password),
        *(web.post(f"{PAGE}/{name}", _act(act, said)) for name, (act, said) in ACTS.items()),
    ]


@RUNS_IT
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    return await _page(request)


@RUNS_IT
async def add(request: web.Request) -> web.StreamResponse:
    """Add somebody."""
    values = await read_form(request)
    password = values.pop("password", "")
    typed = {name: values.get(name, "") for name in ("login", "name_fr", "name_ar", "role")}
    language: Language = "fr" if values.get("language") == "fr" else "ar"
    try:
        form = StaffForm(**{**typed, "login": typed["login"].lower()}, password=password, language=language)
        await staff.add(signed_in.office_of(request), signed_in.command_of(request, values), form, _by(request))
    except (PersonError, PersonErrors) as error:
        return await _page(request, adding=_wrong(request, values, error), status=_status(error))
    raise _done(request, ADDED)


@RUNS_IT
async def delegate(request: web.Request) -> web.StreamResponse:
    """Let somebody stand in for another."""
    values = await read_form(request)
    office, command, by = signed_in.office_of(request), signed_in.command_of(request, values), _by(request)
    form = DelegationForm(*(values.get(name, "") for name in ("deputy", "given", "first", "last")))
    try:
        await people.delegate(office, command, form, by)
    except (PersonError, PersonErrors) as error:
        return await _page(request, delegating=_wrong(request, values, error), status=_status(error))
    signed_in.end_all_of(request, form.login)
    raise _done(request, DELEGATED)


@RUNS_IT
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End somebody's sessions at every screen: a tablet was left on a table."""
    values = await read_form(request)
    signed_in.end_all_of(request, values.get("login", ""))
    raise _done(request, SIGNED_OUT)


@RUNS_IT
async def give_password(request: web.Request) -> web.StreamResponse:
    """Give somebody who forgot his password another one, for the next sign-in."""
    values = await read_form(request)
    password = values.pop("password", "")

    async def give(office: Office, command: bytes, login: str, by: Actor) -> None:
        await own_password.give(office, command, login, password, by)

    return await _do(request, values, give, GIVEN)


ACTS: Mapping[str, tuple[Act, str]] = {
    "end": (people.end, ENDED),
    "resume": (people.resume, RESUMED),
    "end-delegation": (people.end_delegation, DELEGATION_ENDED),
}
"""What is done to one person by one button, and what is said then."""


def _act(act: Act, said: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    @RUNS_IT
    async def handler(request: web.Request) -> web.StreamResponse:
        return await _do(request, await read_form(request), act, said)

    return handler


async def _do(request: web.Request, values: Mapping[str, str], act: Act, said: str) -> web.StreamResponse:
    """Do it to whom the form names, whose sessions end, and say so; a refusal stands on the page."""
    login = values.get("login", "")
    command = signed_in.command_of(request, values)
    try:
        await act(signed_in.office_of(request), command, login, _by(request))
    except PersonError as error:
        return await _page(request, refused=pages.tongue_of(request).error(error), status=error.status)
    signed_in.end_all_of(request, login)
    raise _done(request, said)


def _by(request: web.Request) -> Actor:
    return signed_in.actor_of(request)


def _wrong(request: web.Request, values: Mapping[str, str], error: PersonError | PersonErrors) -> Form:
    return Form(dict(values), pages.tongue_of(request).errors(error))


def _status(error: PersonError | PersonErrors) -> int:
    return error.status if isinstance(error, PersonError) else 422


def _done(request: web.Request, said: str) -> web.HTTPSeeOther:
    if signed_in.principal_of(request) is not None:
        pages.session_of(request).data[DONE] = said
    return web.HTTPSeeOther(PAGE)


def _may_stand_in(request: web.Request, one: StaffView) -> bool:
    return not one.ended and one.login != _by(request).id


async def _page(
    request: web.Request,
    *,
    adding: Form | None = None,
    delegating: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> web.Response:
    office, tongue = signed_in.office_of(request), pages.tongue_of(request)
    today = local_date(office.now())
    everybody = await people.everybody(office)
    return render(
        request,
        "admin/people.html",
        status,
        everybody=everybody,
        today=today,
        said=str(pages.session_of(request).data.pop(DONE, "")),
        refused=refused,
        adding=adding or Form({"role": "clerk", "language": "ar"}),
        delegating=delegating or Form({"given": "authority", "first": today.isoformat(), "last": today.isoformat()}),
        languages_written=CORRESPONDENCE,
        roles={role: ROLES[role] for role in staff.ROLES},
        delegable={role: ROLES[role] for role in staff.DELEGABLE},
        deputies=[
            (one.login, tongue.choose(one.name_ar, one.name_fr)) for one in everybody if _may_stand_in(request, one)
        ],
        may_delegate=_by(request).role == "supervisor",
        oneself=_by(request).id,
    )
