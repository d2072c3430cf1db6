"""Who may open which page.

Every route says who it is for, by a decorator on its handler; `application.build` refuses a route that does not:

    @signed_in.anyone                          the guide, the waiting-room display
    @signed_in.citizen                         a citizen signed in at the kiosk
    @signed_in.newcomer                        a citizen who has to choose his PIN first
    @signed_in.staff("clerk", "supervisor")    an agent with one of these roles
    @signed_in.new_agent                       an agent who has to choose his password first

Inside such a handler `principal_of` / `citizen_of` / `agent_of` give the person, `actor_of` the `Actor` that signs his
events. Sessions are per area (see screens.sessions): a clerk signed in at /counter is nobody at /authority.

- GET by someone not signed in: sent to the area's sign-in page (`over` says that a session ended), and back afterwards.
  Anything else: 401 in words.
- Signed in with another role: 403 in words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from urllib.parse import quote

from aiohttp import web

from edge.services.office import Office
from protocol.errors import N_, CallerError, PersonError
from protocol.office.calendar import local_date
from protocol.office.events import Actor, Role
from protocol.records.hashing import digest
from screens import forms, pages
from screens.access_log import SAFE_METHODS
from screens.limits import Limits
from screens.security import SESSION_OVER, wants_json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OFFICE: web.AppKey[Office] = web.AppKey("office", Office)
LIMITS: web.AppKey[Limits] = web.AppKey("limits", Limits)
H = TypeVar("H")
MARK = "__who_may__"

CHOOSE_PIN = "/kiosk/new-pin"
"""Where a newcomer is sent from every page of a citizen."""

CHOOSING = "/new-password"
"""Where an agent with a password of another's choosing is sent from every page of a screen, below the screen."""

OTHER_ROLE = N_("This page is not for your role. Sign in with the right account, or ask the supervisor.")


@dataclass(frozen=True, slots=True)
class Citizen:
    """A citizen at the kiosk: his account and how he is greeted."""

    account: bytes
    name_ar: str
    name_fr: str
    role: str = "citizen"


@dataclass(frozen=True, slots=True)
class Agent:
    """A member of staff at a counter, on the tablet or at the admin screen: clerk, authority, supervisor or admin.

    `last`: the last day on which he has this role, where he stands in for another.
    """

    login: str
    name_ar: str
    name_fr: str
    role: Role
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A citizen who signed in with the one-time PIN of the counter: he may choose his own, and nothing else."""

    account: bytes
    name_ar: str
    name_fr: str
    role: str = "newcomer"


@dataclass(frozen=True, slots=True)
class NewAgent:
    """An agent who signed in with a password that another chose: he may choose his own, and nothing else."""

    login: str
    name_ar: str
    name_fr: str
    role: str = "new agent"


Principal = Citizen | Agent


@dataclass(frozen=True, slots=True)
class Access:
    """The roles that may open a route; None for everyone."""

    roles: frozenset[str] | None


def anyone(handler: H) -> H:
    """Mark a handler as open to everyone."""
    return _mark(handler, Access(None))


def citizen(handler: H) -> H:
    """Mark a handler as a signed-in citizen's."""
    return _mark(handler, Access(frozenset({"citizen"})))


def newcomer(handler: H) -> H:
    """Mark a handler as for who must choose a PIN first."""
    return _mark(handler, Access(frozenset({"newcomer"})))


def new_agent(handler: H) -> H:
    """Mark a handler as for an agent who must choose a password first."""
    return _mark(handler, Access(frozenset({"new agent"})))


def staff(*roles: str) -> Callable[[H], H]:
    """Mark a handler as for agents with one of `roles`."""
    return lambda handler: _mark(handler, Access(frozenset(roles)))


def _mark(handler: H, access: Access) -> H:
    setattr(handler, MARK, access)
    return handler


def access_of(handler: object) -> Access | None:
    """Who a handler is for, or None if it does not say."""
    found = getattr(handler, MARK, None)
    return found if isinstance(found, Access) else None


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through whom the route is for."""
    access = access_of(request.match_info.handler)
    if access is None or access.roles is None:
        return await handler(request)
    principal = pages.session_of(request).principal
    if isinstance(principal, Agent) and _stood_in(principal, request):
        end(request)
        principal = None
    if principal is None:
        return _send_to_sign_in(request)
    if isinstance(principal, Newcomer | NewAgent) and request.method in SAFE_METHODS:
        _send_to_choose(request, principal, access.roles)
    if principal.role not in access.roles:
        raise PersonError(OTHER_ROLE, status=403)
    return await handler(request)


def _send_to_choose(request: web.Request, principal: Newcomer | NewAgent, roles: frozenset[str]) -> None:
    if principal.role not in roles:
        here = CHOOSE_PIN if isinstance(principal, Newcomer) else f"{pages.area_of(request).path}{CHOOSING}"
        raise web.HTTPSeeOther(here)


def _stood_in(agent: Agent, request: web.Request) -> bool:
    """Whether the days are over in which he stood in for another."""
    return agent.last is not None and local_date(office_of(request).now()) > agent.last


def _send_to_sign_in(request: web.Request) -> web.StreamResponse:
    if request.method not in SAFE_METHODS or wants_json(request):
        raise PersonError(SESSION_OVER, status=401)
    area = pages.area_of(request)
    over = "&over=1" if request.get(pages.LOST) else ""
    raise web.HTTPSeeOther(f"{area.path}/sign-in?next={quote(request.path)}{over}")


def office_of(request: web.Request) -> Office:
    """The office that this application serves."""
    return request.app[OFFICE]


def new_agent_of(request: web.Request) -> NewAgent:
    """The agent of a route marked `new_agent`."""
    found = pages.session_of(request).principal
    if not isinstance(found, NewAgent):
        raise CallerError("this route is not marked @signed_in.new_agent")
    return found


def principal_of(request: web.Request) -> Principal | None:
    """Whoever signed in on this screen, or None."""
    found = pages.session_of(request).principal
    return found if isinstance(found, Citizen | Agent) else None


def citizen_of(request: web.Request) -> Citizen:
    """The citizen of a route marked `citizen`."""
    found = principal_of(request)
    if not isinstance(found, Citizen):
        raise CallerError("this route is not marked @signed_in.citizen")
    return found


def newcomer_of(request: web.Request) -> Newcomer:
    """The person of a route marked `newcomer`."""
    found = pages.session_of(request).principal
    if not isinstance(found, Newcomer):
        raise CallerError("this route is not marked @signed_in.newcomer")
    return found


def agent_of(request: web.Request) -> Agent:
    """The agent of a route marked `staff`."""
    found = principal_of(request)
    if not isinstance(found, Agent):
        raise CallerError("this route is not marked @signed_in.staff")
    return found


def actor_of(request: web.Request) -> Actor:
    """The `Actor` under whose name this person's events are signed."""
    found = principal_of(request)
    if isinstance(found, Citizen):
        return Actor(role="citizen", id=found.account.hex(), name=found.name_fr, name_ar=found.name_ar)
    agent = agent_of(request)
    return Actor(role=agent.role, id=agent.login, name=agent.name_fr, name_ar=agent.name_ar)


def command_of(request: web.Request, values: Mapping[str, str]) -> bytes:
    """The id of the command that this form carries (16 bytes); PersonError (422) when it has none.

    It is bound to who sends it and to where: the store answers an id that it has seen with its first result, and in
    other hands, or about another request, that would be someone else's account or receipt, or a step confirmed that was
    never taken. A person keeps his own over a restart; before a sign-in there is only the session to tell people apart.
    """
    found = principal_of(request)
    if found is None:
        who = f"session {pages.session_of(request).id}"
    else:
        who = f"citizen {found.account.hex()}" if isinstance(found, Citizen) else f"agent {found.login}"
    return digest(
        "command", forms.command_of(values), request.rel_url.raw_path.encode(), who.encode(), size=forms.COMMAND_SIZE
    )


def begin(request: web.Request, principal: Principal | Newcomer | NewAgent) -> None:
    """Sign `principal` in: the session gets a new id and a new CSRF token."""
    request.app[pages.SITE].sessions.sign_in(pages.session_of(request), principal)


def end_all_of(request: web.Request, login: str) -> int:
    """End every session of an agent, at whatever screen; returns how many."""
    return request.app[pages.SITE].sessions.close_all(
        lambda one: isinstance(one, Agent | NewAgent) and one.login == login
    )


def end_others_of(request: web.Request, login: str) -> None:
    """End every session of an agent but this one."""
    own = pages.session_of(request).principal
    request.app[pages.SITE].sessions.close_all(
        lambda one: isinstance(one, Agent | NewAgent) and one.login == login and one is not own
    )


def end(request: web.Request) -> None:
    """End the session at the server: its drafts and its person are gone."""
    request.app[pages.SITE].sessions.close(pages.session_of(request))
