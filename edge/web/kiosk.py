"""The kiosk (GAU): its first page, the guide, signing in and out, calling someone.

Rules:

- Everything on the kiosk can be asked without an account but a request itself: the guide, and the state by receipt.
- The session idles for 90 s at most; the page warns 30 s before and one touch extends. The server is the truth: what
  the page does is only to show it. Signing out and timing out kill the session and tell the browser to forget.
- "Listen" and "call someone" are on every page, at the same place.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from edge.services import accounts, calls, guide, popular
from edge.services.office import Office
from edge.web import kiosk_account, kiosk_follow, kiosk_life, kiosk_opening, kiosk_request, signed_in
from edge.web.kiosk_page import go, leaves_by_itself, show, show_shared
from edge.web.kiosk_words import page_label, path_of, status_look
from protocol.errors import PersonError
from protocol.office.catalogue import requestable
from screens import pages
from screens.forms import Form, read_form
from screens.languages import DEFAULT
from screens.limits import CALLS, SIGN_IN
from screens.security import CLEAR_SITE_DATA


def routes(office: Office) -> list[web.RouteDef]:
    """Every route of the kiosk."""
    return [
        web.get("/kiosk", home),
        web.get("/kiosk/guide", show_guide),
        web.get("/kiosk/procedures/{id}", show_procedure),
        web.get("/kiosk/sign-in", ask_who),
        web.post("/kiosk/sign-in", enter),
        web.post("/kiosk/sign-out", leave),
        web.get("/kiosk/ended", ended),
        web.post("/kiosk/stay", stay),
        web.post("/kiosk/call", call),
        *kiosk_opening.routes(office),
        *kiosk_account.routes(office),
        *kiosk_life.routes(office),
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
async def show_guide(request: web.Request) -> web.StreamResponse:
    """The list of procedures, or those that a search may mean. `?for=request`: who wants to ask for a certificate."""
    text = request.query.get("q", "").strip()
    asking = request.query.get("for") == "request"
    if text:
        return show(request, "guide.html", **await _guide(request, text, asking))
    return await show_shared(request, "guide.html", lambda: _guide(request, "", asking), ("", "for=request"))


async def _guide(request: web.Request, text: str, asking: bool) -> dict[str, Any]:
    found = await guide.search(signed_in.office_of(request), text)
    if asking and not text:
        found = [procedure for procedure in found if requestable(procedure)]
    return {"rows": [(procedure, status_look(procedure)) for procedure in found], "text": text, "asking": asking}


@signed_in.anyone
async def show_procedure(request: web.Request) -> web.StreamResponse:
    """One procedure: facts, pieces, the way of a request, or what to do instead."""
    return await show_shared(request, "procedure.html", lambda: _procedure(request))


async def _procedure(request: web.Request) -> dict[str, Any]:
    office = signed_in.office_of(request)
    procedure = await guide.procedure(office, request.match_info["id"])
    person = signed_in.principal_of(request)
    verified = isinstance(person, signed_in.Citizen) and (await accounts.view(office, person.account)).verified
    return {
        "procedure": procedure,
        "seen": status_look(procedure),
        "path": path_of(procedure),
        "requestable": requestable(procedure),
        "verified": verified,
    }


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
    pin, address = values.pop("pin", ""), request.remote or ""
    try:
        with limits.trying(SIGN_IN, address, 401, 429):  # a card number mistyped (422) is no guess
            account = await accounts.sign_in(office, values.get("cnie", ""), pin)
    except PersonError as error:
        form = Form(values, pages.tongue_of(request).errors(error))
        return show(request, "sign_in.html", error.status, form=form)
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
    limits.admit(CALLS, request.remote or "")
    limits.note(CALLS, request.remote or "")
    back = pages.own_path((await read_form(request)).get("back", "")) or "/kiosk"
    back = back if back == "/kiosk" or back.startswith("/kiosk/") else "/kiosk"
    calls.ring(office, page_label(back), pages.tongue_of(request).code)
    return show(request, "called.html", back=back, again=back)
