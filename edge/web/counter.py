"""The counter: one screen on which a clerk finds people, helps them, and brings requests forward.

Rules:

- A search is posted, never in an address: names, cards and phones do not end in a history or a log.
- Every act is a form with its command id; after it the page is read again (303), so that reloading repeats nothing.
- What was wrong is said beside the field, with the status that fits, and what was typed stays.
"""

from __future__ import annotations

from aiohttp import web

from edge.services import calls, search
from edge.services.office import Office
from edge.web import (
    counter_accounts,
    counter_applicants,
    counter_casework,
    counter_life,
    counter_papers,
    counter_rectify,
    counter_requests,
    counter_scans,
    signed_in,
)
from edge.web.counter_desk import Desk, open_request, person, subject_of_path, waiting_lists
from edge.web.counter_page import path_of_person, path_of_request, show
from edge.web.duties import AT_THE_COUNTER
from protocol.errors import PersonError
from protocol.office import references
from screens import pages
from screens.forms import Form, read_form


def routes(office: Office) -> list[web.RouteDef]:
    """The counter's routes."""
    return [
        web.get("/counter", home),
        web.post("/counter/search", find),
        web.post("/counter/calls/{number}", go_to_help),
        web.get("/counter/person/{account}", see_person),
        web.get("/counter/request/{case}", see_request),
        *counter_accounts.routes(office),
        *counter_applicants.routes(office),
        *counter_rectify.routes(office),
        *counter_requests.routes(office),
        *counter_casework.routes(office),
        *counter_life.routes(office),
        *counter_papers.routes(office),
        *counter_scans.routes(office),
    ]


@AT_THE_COUNTER
async def home(request: web.Request) -> web.StreamResponse:
    """What waits, and the search."""
    office = signed_in.office_of(request)
    return show(request, Desk("welcome", await waiting_lists(office)))


@AT_THE_COUNTER
async def find(request: web.Request) -> web.StreamResponse:
    """Search; a single find is opened at once, a reference opens its request."""
    office = signed_in.office_of(request)
    query = (await read_form(request)).get("q", "")
    try:
        found = await search.find(office, query, signed_in.actor_of(request))
    except PersonError as error:
        form = Form({"q": query}, pages.tongue_of(request).errors(error))
        desk = Desk("welcome", await waiting_lists(office), query=query, form=form)
        return show(request, desk, error.status)
    if len(found) == 1:
        raise web.HTTPSeeOther(await _address(request, office, found[0].subject, query))
    panel = "found" if query else "welcome"
    return show(request, Desk(panel, await waiting_lists(office), query=query, found=found))


async def _address(request: web.Request, office: Office, account: bytes, query: str) -> str:
    """Where a single find leads: to the request when its reference was typed, to the person otherwise."""
    try:
        reference = references.parse(query)
    except PersonError:
        return path_of_person(account)
    one = await person(office, account, signed_in.actor_of(request))
    cases = [row.case for row in one.rows if row.reference == reference]
    return path_of_request(cases[0]) if cases else path_of_person(account)


@AT_THE_COUNTER
async def go_to_help(request: web.Request) -> web.StreamResponse:
    """Somebody goes to the kiosk: the call is answered, on every counter."""
    number = request.match_info["number"]
    if number.isascii() and number.isdigit():
        calls.answer(signed_in.office_of(request), int(number[:9]))
    raise web.HTTPSeeOther("/counter")


@AT_THE_COUNTER
async def see_person(request: web.Request) -> web.StreamResponse:
    """A person and his requests."""
    office = signed_in.office_of(request)
    one = await person(office, subject_of_path(request.match_info["account"]), signed_in.actor_of(request))
    return show(request, Desk("person", await waiting_lists(office), person=one))


@AT_THE_COUNTER
async def see_request(request: web.Request) -> web.StreamResponse:
    """A request, its person, and the form of what comes next."""
    office = signed_in.office_of(request)
    opened = await open_request(office, subject_of_path(request.match_info["case"]))
    one = await person(office, opened.dossier.case.account, signed_in.actor_of(request))
    return show(request, Desk("person", await waiting_lists(office), person=one, request=opened))
