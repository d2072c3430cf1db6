"""Following a request by its receipt: the reference opens its state and nothing else, without any account."""

from __future__ import annotations

from aiohttp import web

from edge.services import requests
from edge.services.office import Office
from edge.web import signed_in
from edge.web.kiosk_page import go, show
from edge.web.kiosk_words import VOID
from edge.web.paired import SCREEN, place_of
from protocol.errors import PersonError
from protocol.office import references
from screens import pages
from screens.forms import Form, read_form
from screens.limits import LOOK_UP

ROOT = "/kiosk/follow"


def routes(_office: Office) -> list[web.RouteDef]:
    """The pages of following by receipt."""
    return [web.get(ROOT, ask), web.post(ROOT, look_up), web.get(f"{ROOT}/{{reference}}", state)]


@signed_in.anyone
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask for the reference."""
    return show(request, "follow.html", form=Form())


@signed_in.anyone
async def look_up(request: web.Request) -> web.StreamResponse:
    """Take a typed reference, forgive its slips, and go to its state."""
    typed = (await read_form(request)).get("reference", "")
    try:
        found = await _find(request, typed)
    except PersonError as error:
        return _refused(request, typed, error)
    raise go(f"{ROOT}/{found.reference}")


@signed_in.anyone
async def state(request: web.Request) -> web.StreamResponse:
    """The state of one request: where a receipt's QR code leads."""
    typed = request.match_info["reference"]
    try:
        found = await _find(request, typed)
    except PersonError as error:
        if SCREEN not in request:  # a citizen's own telephone: the form to try again is the kiosk's
            raise
        return _refused(request, typed, error)
    return show(request, "follow_state.html", found=found, void=VOID.get(found.void, ""))


async def _find(request: web.Request, typed: str) -> requests.PublicState:
    with request.app[signed_in.LIMITS].trying(LOOK_UP, place_of(request), 404):  # a slip that is seen is no guess
        return await requests.public_state(signed_in.office_of(request), references.parse(typed))


def _refused(request: web.Request, typed: str, error: PersonError) -> web.Response:
    errors = {"reference": pages.tongue_of(request).error(error)}
    return show(request, "follow.html", error.status, form=Form({"reference": typed[:40]}, errors))
