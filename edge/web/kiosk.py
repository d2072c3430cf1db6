"""The kiosk (GAU): its first page, signing in and out, calling someone.

Rules:

- Everything on the kiosk can be asked without an account but a request itself: the guide, and the state by receipt.
- The session idles for 90 s at most; the page warns 30 s before and one touch extends. The server is the truth: what
  the page does is only to show it. Signing out and timing out kill the session and tell the browser to forget.
- "Listen" and "call someone" are on every page, at the same place.
"""

from __future__ import annotations

from aiohttp import web

from edge.services import accounts, calls, popular
from edge.services.office import Office
from edge.web import (
    kiosk_account,
    kiosk_follow,
    kiosk_guide,
    kiosk_life,
    kiosk_opening,
    kiosk_pin,
    kiosk_request,
    signed_in,
)
from edge.web.kiosk_page import go, leaves_by_itself, show
from edge.web.kiosk_words import page_label
from edge.web.paired import place_of
from protocol.errors import PersonError
from screens import pages
from screens.forms import Form, read_form
from screens.languages import DEFAULT
from screens.limits import CALLS, SIGN_IN
from screens.security import CLEAR_SITE_DATA


def routes(office: Office) -> list[web.RouteDef]:
    """Every route of the kiosk."""
    return [
        web.get("/kiosk", home),
        web.get("/kiosk/sign-in", ask_who),
        web.post("/kiosk/sign-in", enter),
        web.post("/kiosk/sign-out", leave),
        web.get("/kiosk/ended", ended),
        web.post("/kiosk/stay", stay),
        web.post("/kiosk/call", call),
        *kiosk_guide.routes(office),
        *kiosk_opening.routes(office),
        *kiosk_account.routes(office),
        *kiosk_life.routes(office),
        *kiosk_pin.routes(office),
        *kiosk_request.routes(office),
        *kiosk_follow.routes(office),
    ]


@signed_in.anyone
async def home(request: web.Request) -> web.StreamResponse:
    """Four doors, a search, and what people ask for most; an account half opened is forgotten with its answers.

    In another language than the annexe's own the page leaves by itself: the next person finds the kiosk as it begins.
    """
    kiosk_opening.drop_draft(request)
    asked = await popular.most_asked(signed_in.office_of(request))
    page = show(request, "home.html", asked=asked, bye="bye" in request.query)
    if signed_in.principal_of(request) is None and pages.tongue_of(request).code != DEFAULT:
        page.headers["Refresh"] = leaves_by_itself(request)
    return page


@signed_in.anyone
async def ask_who(request: web.Request) -> web.StreamResponse:
    """CNIE and PIN, or the way to an account; `next` is where to go afterwards."""
    if signed_in.principal_of(request) is not None:
        raise go("/kiosk/account")
    wanted = pages.own_path(request.query.get("next", ""))
    if wanted is not None and wanted.startswith("/kiosk/"):
        pages.session_of(request).data["next"] = wanted
    return show(request, "sign_in.html", form=Form())


@signed_in.anyone
async def enter(request: web.Request) -> web.StreamResponse:
    """Check CNIE and PIN, begin the citizen's session under a new id, go on to what he wanted."""
    office, limits = signed_in.office_of(request), request.app[signed_in.LIMITS]
    values = await read_form(request)
    pin, place = values.pop("pin", ""), place_of(request)
    try:
        with limits.trying(SIGN_IN, place, 401, 429):  # a card number mistyped (422) is no guess
            account = await accounts.sign_in(office, values.get("cnie", ""), pin, place)
            known = await accounts.view(office, account)
    except PersonError as error:
        form = Form(values, pages.tongue_of(request).errors(error))
        return show(request, "sign_in.html", error.status, form=form)
    if known.temporary_pin_ms is not None:
        raise go(kiosk_pin.meet(request, known))
    raise go(await kiosk_opening.welcome(request, account))


@signed_in.anyone
async def leave(request: web.Request) -> web.StreamResponse:
    """Sign out: nothing of the person stays, at the server or in the browser."""
    raise forget(request, "/kiosk?bye=1")


@signed_in.anyone
async def ended(request: web.Request) -> web.StreamResponse:
    """Where a page goes by itself when its time is over, also without scripts: the next person chooses his language."""
    leaving = forget(request, "/kiosk")
    leaving.del_cookie(pages.LANGUAGE_COOKIE, path="/")
    raise leaving


def forget(request: web.Request, to: str) -> web.HTTPSeeOther:
    """End the session and have the browser forget what it kept; the answer leads to `to`."""
    signed_in.end(request)
    return go(to, {"Clear-Site-Data": CLEAR_SITE_DATA})


@signed_in.anyone
async def stay(_request: web.Request) -> web.StreamResponse:
    """A touch: the person is still there. The session was extended on the way in."""
    return web.Response(status=204)


@signed_in.anyone
async def call(request: web.Request) -> web.StreamResponse:
    """Call someone: the counters hear it at once, and the page says that somebody comes."""
    office, limits = signed_in.office_of(request), request.app[signed_in.LIMITS]
    limits.admit(CALLS, place_of(request))
    limits.note(CALLS, place_of(request))
    back = pages.own_path((await read_form(request)).get("back", "")) or "/kiosk"
    back = back if back == "/kiosk" or back.startswith("/kiosk/") else "/kiosk"
    calls.ring(office, page_label(back), pages.tongue_of(request).code)
    return show(request, "called.html", back=back, again=back)
