"""The door of the house: a device that is not a paired screen reaches nothing but the pairing page.

- A paired device sends a secret in a cookie of its kind (`screen-kiosk`, ...): one browser may be several screens, as
  in a demonstration. The log has its hash (`edge.services.screens`).
- The door stands before sessions: a stranger gets none, and its forms are not read. A session belongs to the screen
  that it began on, so what was copied from one screen opens nothing on another.
- Every page passes here, so a screen that was let in once is found by a look into a table; strangers pay for the rest.
- A page that is asked for without the secret leads to the pairing page; all else is refused (403), in words.
- Browsers keep a cookie 400 days at most: it is given again once a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from aiohttp import web

from edge.services.known_screens import token_hash
from edge.services.office import Office
from edge.store.rows import ScreenView
from edge.web.screen_routes import HOMES, is_open, kind_of
from edge.web.signed_in import OFFICE
from protocol.errors import N_, CallerError, PersonError
from protocol.office.events import ScreenKind
from screens import cookies, pages
from screens.access_log import SAFE_METHODS, Handler
from screens.security import errors, refreshes_itself, wants_json

PAIR = "/pair"
KEPT_S = 400 * 24 * 3600
"""Seconds: as long as browsers keep any cookie (RFC 6265bis)."""

COOKIES: Mapping[ScreenKind, str] = {kind: f"screen-{kind}" for kind in HOMES}

NOT_PAIRED = N_("This device is not a screen of this annexe. Open the annexe's address to pair it.")

SCREEN: web.RequestKey[ScreenView] = web.RequestKey("screen", ScreenView)


@web.middleware
async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let paired screens through to the paths of their kind."""
    kind = kind_of(request.path)
    if kind is None:
        return await handler(request)
    screen = request.app[OFFICE].screens.at_hand(_sent(request, kind))
    if screen is None or screen.kind != kind:
        return await errors(request, partial(_look, handler, kind))
    _seat(request, screen)
    return _held_on(request, await handler(request), screen)


async def _look(handler: Handler, kind: ScreenKind, request: web.Request) -> web.StreamResponse:
    """For a screen that was not let in since the service began, and for who is none."""
    screen = await screen_in(request, kind)
    if screen is None:
        if not is_open(request):
            raise _shut(request)
        return await handler(request)
    _seat(request, screen)
    return _held_on(request, await handler(request), screen)


def _seat(request: web.Request, screen: ScreenView) -> None:
    """Say at which screen a request is made, and note that the screen is there."""
    office = request.app[OFFICE]
    request[SCREEN], request[pages.DEVICE] = screen, screen.screen.hex()
    office.screens.see(screen.screen, office.now())


def _held_on(request: web.Request, response: web.StreamResponse, screen: ScreenView) -> web.StreamResponse:
    """The answer to a screen; once a day with its secret again."""
    office = request.app[OFFICE]
    if not response.prepared and office.screens.renew(screen.screen, office.now()):
        hold(request, response, screen.kind, _sent(request, screen.kind))
    return response


def _shut(request: web.Request) -> Exception:
    """The way to the pairing page for who opens a page; a refusal for forms, modules and streams."""
    if request.method in SAFE_METHODS and not refreshes_itself(request) and not wants_json(request):
        return web.HTTPSeeOther(PAIR)
    return PersonError(NOT_PAIRED, status=403)


async def screen_in(request: web.Request, kind: ScreenKind) -> ScreenView | None:
    """Return the paired screen of this kind that the browser is, or None."""
    secret = _sent(request, kind)
    if not secret:
        return None
    office: Office = request.app[OFFICE]
    found = await office.screens.with_secret(office.store, secret)
    return found if found is not None and found.kind == kind else None


async def still_paired(request: web.Request, screen: ScreenView) -> bool:
    """Say whether a screen is one still, and note that it is there: a stream may last for days."""
    office = request.app[OFFICE]
    office.screens.see(screen.screen, office.now())
    return screen.token_hash in await office.screens.known(office.store)


async def screens_in(request: web.Request) -> list[ScreenView]:
    """Return all the paired screens that the browser is."""
    found = [await screen_in(request, kind) for kind in HOMES]
    return [one for one in found if one is not None]


def screen_of(request: web.Request) -> ScreenView:
    """Return the screen of a request for a path that is not open to everybody."""
    found: ScreenView | None = request.get(SCREEN)
    if found is None:
        raise CallerError("this path is open to every device: it has no screen")
    return found


def place_of(request: web.Request) -> str:
    """Return what tries are counted by: the paired screen, or the address of a device that is none."""
    screen = request.get(SCREEN)
    return screen.screen.hex() if screen is not None else request.remote or ""


def hashes_sent(request: web.Request) -> dict[ScreenKind, bytes]:
    """Return the hash of each secret that the browser holds, paired or not."""
    return {kind: token_hash(secret) for kind in HOMES if (secret := _sent(request, kind))}


def hold(request: web.Request, response: web.StreamResponse, kind: ScreenKind, secret: str) -> None:
    """Give a browser the secret to hold."""
    response.set_cookie(
        cookie_of(kind), secret, max_age=KEPT_S, httponly=True, samesite="Strict", secure=request.secure, path="/"
    )


def cookie_of(kind: ScreenKind) -> str:
    """Return the name of the cookie in which a screen of this kind holds its secret."""
    return COOKIES[kind]


def _sent(request: web.Request, kind: ScreenKind) -> str:
    return cookies.sent(request).get(COOKIES[kind], "")
