"""The pairing page, `/pair`: all that a device sees of the annexe before it is one of its screens.

- A code is typed, or the address of a QR code opened: its token stands in the fragment, where a module of ours
  (`pair.js`) takes it and posts it. Either way the device is given its secret at once.
- What was invited at the appliance is paired with that; what was invited on a page waits here until it is confirmed
  there, and then goes on by itself.
- An address that is opened again in the same browser leads to its screen.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from edge.services import pairing
from edge.services.invitations import Invitation
from edge.services.invited import Claim, Open
from edge.services.known_screens import token_hash
from edge.services.office import Office
from edge.web import paired, signed_in
from edge.web.screen_routes import HOMES, KIND_WORDS
from protocol.errors import N_, PersonError
from protocol.office.events import ScreenKind
from screens import pages
from screens.forms import Form, read_form
from screens.limits import PAIRING, PAIRING_ALL
from screens.pages import render
from screens.security import refreshes_itself

WAITS: Final = "waits to be paired"
"""Where the session keeps the kind of screen that its device wants to be."""

NOT_CONFIRMED: Final = N_("This screen was not confirmed. Ask for another code.")


def routes(_office: Office) -> list[web.RouteDef]:
    """The page, by itself and as a QR code leads to it."""
    kinds = "|".join(HOMES)
    return [
        web.get(paired.PAIR, show),
        web.post(paired.PAIR, come),
        web.get(f"{paired.PAIR}/{{kind:{kinds}}}", show_of_kind),
    ]


async def first_page(request: web.Request) -> web.StreamResponse:
    """GET /: the first page of this browser's screen, or the pairing page."""
    screens = await paired.screens_in(request)
    raise web.HTTPSeeOther(HOMES[screens[0].kind] if screens else paired.PAIR)


@signed_in.anyone
async def show(request: web.Request) -> web.StreamResponse:
    """The form; what a device waits for; or, once it is paired, the way to its screen."""
    data = pages.session_of(request).data
    wanted: ScreenKind | None = data.get(WAITS)
    if wanted is None:
        return await _page(request)
    if await paired.screen_in(request, wanted) is not None:
        if not refreshes_itself(request):
            data.pop(WAITS)
        raise web.HTTPSeeOther(HOMES[wanted])
    waiting = _waits(request, wanted)
    if waiting is None:
        data.pop(WAITS)
        return await _page(request, Form(errors={"": pages.tongue_of(request).gettext(NOT_CONFIRMED)}))
    return await _page(request, waiting=waiting)


@signed_in.anyone
async def show_of_kind(request: web.Request) -> web.StreamResponse:
    """The same, for a screen of one kind: the fragment of its address has the token."""
    kind = pairing.kind_of(request.match_info["kind"])
    return await _page(request, kind=kind, screen_here=await paired.screen_in(request, kind) is not None)


@signed_in.anyone
async def come(request: web.Request) -> web.StreamResponse:
    """Take a code or a token, give the device its secret, and go on."""
    values = await read_form(request)
    token, meant = values.get("token", ""), values.get("kind", "")
    for kind, home in HOMES.items():
        if token and kind == meant and await paired.screen_in(request, kind) is not None:
            raise web.HTTPSeeOther(home)
    try:
        invitation = await _invited(request, token, values.get("code", ""))
        return await _claim(request, invitation)
    except PersonError as error:
        typed = {"code": values.get("code", "")[:40]}
        return await _page(request, Form(typed, pages.tongue_of(request).errors(error)), error.status)


async def _invited(request: web.Request, token: str, code: str) -> Invitation:
    """The invitation of a token or a code; guesses are counted by address, those of codes together too."""
    office, limits = signed_in.office_of(request), request.app[signed_in.LIMITS]
    with limits.trying(PAIRING, request.remote or "", 403, 404):
        if token:
            return await pairing.find_by_token(office, token)
        with limits.trying(PAIRING_ALL, "", 403, 404):
            return await pairing.find_by_code(office, code)


async def _claim(request: web.Request, invitation: Invitation) -> web.StreamResponse:
    office = signed_in.office_of(request)
    secret = office.entropy(32).hex()
    claim = Claim(token_hash(secret), request.remote or "", office.now())
    if await pairing.claim(office, invitation, claim):
        response = web.HTTPSeeOther(HOMES[invitation.kind])
    else:
        pages.session_of(request).data[WAITS] = invitation.kind
        response = web.HTTPSeeOther(paired.PAIR)
    paired.hold(request, response, invitation.kind, secret)
    raise response


def _waits(request: web.Request, kind: ScreenKind) -> Open | None:
    hash_ = paired.hashes_sent(request).get(kind)
    return None if hash_ is None else signed_in.office_of(request).pairing.waits(hash_)


async def _page(
    request: web.Request,
    form: Form | None = None,
    status: int = 200,
    *,
    waiting: Open | None = None,
    kind: ScreenKind | None = None,
    screen_here: bool = False,
) -> web.Response:
    return render(
        request,
        "pair/page.html",
        status,
        form=form or Form(),
        waiting=waiting,
        kind=kind or "",
        home=HOMES[kind] if kind and screen_here else "",
        homes=HOMES,
        kinds=KIND_WORDS,
        screens=await paired.screens_in(request),
    )
