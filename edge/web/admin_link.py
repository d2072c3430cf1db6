"""The link on the appliance's page: what it carried on each day, what bounds it, and dialling at once."""

from __future__ import annotations

from aiohttp import web

from edge.services.office import Office
from edge.web import signed_in
from edge.web.duties import RUNS_IT
from protocol.errors import N_, PersonError
from screens.forms import read_form

NO_LINK = N_("This appliance was not set up with a way to the prefecture.")


def routes(_office: Office) -> list[web.RouteDef]:
    """What can be done with the link."""
    return [web.post("/admin/link/dial", dial)]


@RUNS_IT
async def dial(request: web.Request) -> web.StreamResponse:
    """Dial the prefecture now instead of waiting."""
    await read_form(request)
    link = signed_in.office_of(request).link
    if link is None:
        raise PersonError(NO_LINK, status=404)
    link.dial()
    raise web.HTTPSeeOther("/admin#sync")


def minutes(ms: int) -> int:
    """Return a time as begun minutes."""
    return -(-ms // 60_000)


def kilobytes(size: int) -> int:
    """Return bytes as the kilobytes that a mobile contract counts, begun ones whole."""
    return -(-size // 1000)
