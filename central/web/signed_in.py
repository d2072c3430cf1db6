"""Who may open which page of the prefecture.

Every route says who it is for, by a decorator on its handler; `application.build` refuses a route that does not:

    @signed_in.anyone                 the sign-in, the verification of papers
    @signed_in.staff("officer")       somebody of the prefecture's staff with this role

Not signed in: a GET is sent to the sign-in page and back afterwards, anything else is refused in words (401). Signed in
with another role: 403 in words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from aiohttp import web

from central.prefecture import Prefecture
from protocol.errors import N_, CallerError, PersonError
from screens import pages
from screens.access_log import SAFE_METHODS
from screens.limits import Limits
from screens.security import SESSION_OVER, wants_json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PREFECTURE: web.AppKey[Prefecture] = web.AppKey("prefecture", Prefecture)
LIMITS: web.AppKey[Limits] = web.AppKey("limits", Limits)
H = TypeVar("H")
MARK = "__who_may__"

OTHER_ROLE = N_("This page is not for your role. Sign in with the right account, or ask the supervisor.")


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody of the prefecture's staff, signed in."""

    login: str
    name_ar: str
    name_fr: str
    role: str


@dataclass(frozen=True, slots=True)
class Access:
    """The roles that may open a route; None for everyone."""

    roles: frozenset[str] | None


def anyone(handler: H) -> H:
    """Mark a handler as open to everyone."""
    setattr(handler, MARK, Access(None))
    return handler


def staff(*roles: str) -> Callable[[H], H]:
    """Mark a handler as for staff with one of `roles`."""

    def mark(handler: H) -> H:
        setattr(handler, MARK, Access(frozenset(roles)))
        return handler

    return mark


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
    officer = officer_of(request)
    if officer is None:
        return _send_to_sign_in(request)
    if officer.role not in access.roles:
        raise PersonError(OTHER_ROLE, status=403)
    return await handler(request)


def _send_to_sign_in(request: web.Request) -> web.StreamResponse:
    if request.method not in SAFE_METHODS or wants_json(request):
        raise PersonError(SESSION_OVER, status=401)
    area = pages.area_of(request)
    over = "&over=1" if request.get(pages.LOST) else ""
    raise web.HTTPSeeOther(f"{area.path}/sign-in?next={quote(request.path)}{over}")


def prefecture_of(request: web.Request) -> Prefecture:
    """The prefecture that this application serves."""
    return request.app[PREFECTURE]


def officer_of(request: web.Request) -> Officer | None:
    """Whoever signed in, or None."""
    found = pages.session_of(request).principal
    return found if isinstance(found, Officer) else None


def begin(request: web.Request, officer: Officer) -> None:
    """Sign somebody in: the session gets a new id and a new CSRF token."""
    request.app[pages.SITE].sessions.sign_in(pages.session_of(request), officer)


def end(request: web.Request) -> None:
    """End the session at the server."""
    request.app[pages.SITE].sessions.close(pages.session_of(request))


def require_marks(routes: list[web.RouteDef]) -> list[web.RouteDef]:
    """The routes, when each says who it is for; CallerError otherwise."""
    for route in routes:
        if access_of(route.handler) is None:
            raise CallerError(f"{route.method} {route.path} does not say who may open it: mark its handler")
    return routes
