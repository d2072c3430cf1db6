"""At the counter: a certificate that was lost or damaged, and whether the one in a hand still counts.

The number of a paper is posted, never in an address, as every search is.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from edge.services import void_certificates
from edge.services.office import Office
from edge.web import signed_in
from edge.web.counter_casework import step
from edge.web.counter_desk import Desk, waiting_lists
from edge.web.counter_page import show
from edge.web.duties import AT_THE_COUNTER
from protocol.errors import N_, PersonError
from protocol.office.events import Actor
from screens import pages
from screens.forms import Form, read_form

REPLACED = N_("Noted: the first certificate counts no more, its duplicate is being sealed.")


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of replaced certificates and of papers that are shown at the counter."""
    return [
        web.post("/counter/request/{case}/replace", step(replace, REPLACED)),
        web.get("/counter/paper", ask),
        web.post("/counter/paper", tell),
    ]


async def replace(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The citizen has lost his certificate, or brings what is left of it."""
    serial, cause = values.get("serial", ""), values.get("cause", "")
    await void_certificates.replace(office, command, case, serial, cause, values.get("holder_seen") == "yes", by)


@AT_THE_COUNTER
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask for the number of a certificate."""
    return show(request, Desk("paper", await waiting_lists(signed_in.office_of(request))))


@AT_THE_COUNTER
async def tell(request: web.Request) -> web.StreamResponse:
    """Say whether the prefecture's list names it."""
    office, values = signed_in.office_of(request), await read_form(request)
    lists = await waiting_lists(office)
    try:
        found = await void_certificates.paper_state(office, values.get("serial", ""))
    except PersonError as error:
        form = Form(values, pages.tongue_of(request).errors(error))
        return show(request, Desk("paper", lists, form=form), error.status)
    return show(request, Desk("paper", lists, form=Form(values), paper=found))
