"""Web security for every screen: headers, sessions, CSRF and error pages.

Rules:

- Nothing inline, nothing from elsewhere: `default-src 'self'`. A page with an inline script or style is broken, not
  dangerous.
- Every page is `no-store`: a screen is shared, and the back button shows nothing of the last person.
- Every POST carries the session's CSRF token (field `csrf` or header `X-CSRF`) and comes from this site.
- Over TLS every cookie is `Secure`, `HttpOnly` and `SameSite=Strict`, whoever sets it, and the browser is told to stay
  with TLS. Without TLS a browser would not send a `Secure` cookie back: then alone is it not one.
- A refusal is a sentence in the person's language with a fitting status; what broke inside is a calm page without
  details, and a log line with file, line and function of each frame, never with values or messages of foreign
  exceptions, for those may quote what a person typed.
"""

from __future__ import annotations

import hmac
import traceback
from collections import Counter

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from multidict import CIMultiDict

from protocol.errors import N_, MulhaqaError, PersonError
from screens import cookies, pages
from screens.access_log import READS, SAFE_METHODS, Handler, access_log
from screens.forms import NOT_UNDERSTOOD, read_posted
from screens.pages import DEVICE, LOST, SESSION, SITE, Area
from screens.sessions import Session
from screens.uploads import FORGED, checks_its_token

COOKIE = "mulhaqa"
LARGEST_FORM = 64 * 1024
"""Bytes of a request's body: a form has a few dozen fields of some hundred characters, a decision sheet a few kB."""

LONGEST_PATH = 2_048
"""Characters of path and query: our longest is a search text; more is nobody typing."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
OF_A_PAGE = CIMultiDict({**HEADERS, "Cache-Control": "no-store"})
OF_A_FILE = CIMultiDict({**HEADERS, "Cache-Control": "no-cache"})
"""With what each answer is sent where it says nothing else itself."""

STAY_SECURE = f"max-age={180 * 24 * 3600}"
"""Over TLS: a browser that was here speaks no plain HTTP to this name for half a year, longer than a tablet lies in a
drawer, and lets nobody click a warning away. For this name alone: other names of the network are not ours."""

MUST = {"secure": "Secure", "httponly": "HttpOnly", "samesite": "SameSite=Strict"}

CLEAR_SITE_DATA = '"cache", "storage"'

LIVE_HEADER = "X-Live"
"""A page that refreshes itself says so: it is not the person's touch, and does not keep a session alive."""

NOT_FOUND = N_("This page does not exist. Go back to the first page, or ask at the counter.")
NOT_ALLOWED = N_("This cannot be done at this address. Go back to the first page.")
TOO_LARGE = N_("What was sent is too large. Shorten it and send it again.")
TOO_LONG = N_("This address is too long. Go back to the first page.")
BROKEN = N_("Something went wrong here, not with you. What was confirmed is kept. Try again, or ask at the counter.")
SESSION_OVER = N_("Your session has ended, to protect you. Nothing was sent. Please begin again.")
SENTENCES = {404: NOT_FOUND, 405: NOT_ALLOWED, 413: TOO_LARGE, 414: TOO_LONG}

log = structlog.get_logger("mulhaqa.web")


def install(app: web.Application, *doors: Middleware) -> None:
    """Add headers and middlewares; `doors` stand before sessions and forms, and turn away who may come no further.
    What they refuse they say themselves, by way of `errors`.

    Call it before the application's own middlewares are added.
    """
    app[READS] = Counter()
    app.on_response_prepare.append(add_headers)
    app.middlewares.extend([access_log, *doors, sessions, errors, csrf])


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on everything, `no-store` on all but static files; none on a WebSocket, which shows nothing."""
    if isinstance(response, web.WebSocketResponse):
        for name in ("Server", "Date", "Content-Type"):
            response.headers.pop(name, None)
        return
    static = request.path.startswith("/static/") and response.status < 400
    response.headers.merge(OF_A_FILE if static else OF_A_PAGE)
    response.headers.pop("Server", None)
    if request.secure:
        response.headers["Strict-Transport-Security"] = STAY_SECURE
        for cookie in response.headers.popall("Set-Cookie", ()):
            response.headers.add("Set-Cookie", _kept_secure(cookie))


def _kept_secure(cookie: str) -> str:
    """A cookie as it is sent, with what none of ours may lack: written last, in place of what it says of it itself."""
    said = [part for part in cookie.split("; ") if part.partition("=")[0].lower() not in MUST]
    return "; ".join([*said, *MUST.values()])


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a page (or JSON, for our own modules) in the person's language."""
    try:
        if len(request.raw_path) > LONGEST_PATH:
            return refuse(request, PersonError(TOO_LONG, status=414))
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        sentence = SENTENCES.get(error.status, NOT_UNDERSTOOD if error.status < 500 else BROKEN)
        return refuse(request, PersonError(sentence, status=error.status), allow=error.headers.get("Allow"))
    except PersonError as error:
        return refuse(request, error)
    except Exception as error:  # the last line of defence: logged with its frames, answered calmly
        log.error("request failed", **described(error))  # noqa: TRY400 - log.exception would quote its message
        return _apologise(request)


def _apologise(request: web.Request) -> web.Response:
    """The calm page; should even that page be broken, its sentence alone."""
    try:
        return refuse(request, PersonError(BROKEN, status=500))
    except Exception as error:
        log.error("error page failed", **described(error))  # noqa: TRY400 - as above
        return web.Response(text=pages.tongue_of(request).gettext(BROKEN), status=500)


def described(error: BaseException) -> dict[str, object]:
    """What a log may say of an error: kinds and frames, and the words of our own errors alone."""
    kinds: list[str] = []
    frames: list[str] = []
    current: BaseException | None = error
    while current is not None and len(kinds) < 5:
        own = isinstance(current, MulhaqaError) and not isinstance(current, PersonError)
        kinds.append(f"{type(current).__name__}: {current}" if own else type(current).__name__)
        frames.extend(f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(current.__traceback__))
        current = current.__cause__ or current.__context__
    return {"error": kinds, "traceback": frames}


def wants_json(request: web.Request) -> bool:
    """Say whether one of our own modules asks, not a page."""
    return "application/json" in request.headers.get("Accept", "") or request.content_type == "application/json"


def refuse(request: web.Request, error: PersonError, *, allow: str | None = None) -> web.Response:
    """Answer with what was wrong: a page in the area's layout, or `{"error", "field", "errors"}`."""
    tongue = pages.tongue_of(request)
    sentence = tongue.error(error)
    if wants_json(request):
        body = {"error": sentence, "field": error.field, "errors": tongue.errors(error)}
        response = web.json_response(body, status=error.status)
    else:
        details = [text for name, text in tongue.errors(error).items() if name and text != sentence]
        response = pages.render(
            request, "error.html", error.status, sentence=sentence, details=details, code=error.status
        )
    if allow:
        response.headers["Allow"] = allow
    return response


@web.middleware
async def sessions(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find or open the session of the request's area, and keep the cookie in step with it."""
    site = request.app[SITE]
    area = pages.sitting_area(request)
    if area is None or request.path.startswith("/static/"):
        return await handler(request)
    held = cookies.sent(request).get(COOKIE)
    device = request.get(DEVICE, "")
    session = site.sessions.find(held or "", area.name, device)
    if session is None:
        request[LOST] = held is not None
        session = site.sessions.open(area.name, area.idle_ms, device)
    elif not refreshes_itself(request):
        site.sessions.touch(session)
    request[SESSION] = session
    try:
        response = await handler(request)
    except web.HTTPException as redirect:
        set_cookie(request, redirect, area, session)
        raise
    if not response.prepared:
        set_cookie(request, response, area, session)
    return response


def refreshes_itself(request: web.Request) -> bool:
    """Say whether a page asks by itself, so that nobody's presence follows from it."""
    return LIVE_HEADER in request.headers or "text/event-stream" in request.headers.get("Accept", "")


def set_cookie(request: web.Request, response: web.StreamResponse, area: Area, session: Session) -> None:
    """Hand out the session's id, or take it back from a browser whose session was closed."""
    held = cookies.sent(request).get(COOKIE)
    if not request.app[SITE].sessions.alive(session):
        if held is not None:
            response.del_cookie(COOKIE, path=area.path)
    elif held != session.id:
        response.set_cookie(COOKIE, session.id, path=area.path, httponly=True, samesite="Strict")


@web.middleware
async def csrf(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what changes something unless it comes from our own page, in a session that still lives.

    What leads nowhere changes nothing: it is told so, by the handler that aiohttp put there.
    """
    if request.method in SAFE_METHODS or SESSION not in request or request.match_info.http_exception is not None:
        return await handler(request)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise PersonError(FORGED, status=403)
    if request.get(LOST):
        raise PersonError(SESSION_OVER, status=401)
    if checks_its_token(request.match_info.handler):  # a file is not read into memory to find the token beside it
        return await handler(request)
    token = request.headers.get("X-CSRF")
    if token is None:
        posted = (await read_posted(request)).get("csrf", "")
        token = posted if isinstance(posted, str) else ""
    if not hmac.compare_digest(token.encode(), pages.session_of(request).csrf.encode()):
        raise PersonError(FORGED, status=403)
    return await handler(request)
