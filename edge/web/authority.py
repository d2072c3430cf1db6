"""The authority agent's tablet: what waits, the dossier beside it, his decision signed with his own key.

Rules:

- The browser signs. The server draws the sheet's bytes, the page renders what the agent reads from these very bytes,
  and the same bytes come back with his signature; `decisions.take` verifies both.
- The key is made in the browser and never leaves it; only its public half is posted, once a browser.
- A decision can be taken back for a minute, which the page counts down.
"""

from __future__ import annotations

import base64
import binascii

from aiohttp import web

from edge.services import decisions, missing
from edge.services.office import Office
from edge.web import authority_annul, signed_in
from edge.web.authority_desk import remember
from edge.web.authority_page import agent_of, show_tablet
from edge.web.counter_desk import subject_of_path
from edge.web.duties import DECIDES
from edge.web.scan_pages import show_scan
from protocol.errors import N_, PersonError
from protocol.records.hashing import text_of
from screens import pages
from screens.forms import Form, read_form, read_posted

UNREADABLE = N_("What this browser sent could not be read. Reload the page and try again.")


def routes(office: Office) -> list[web.RouteDef]:
    """The tablet's routes."""
    case = "/authority/request/{case}"
    return [
        web.get("/authority", home),
        web.get(case, see_request),
        web.post("/authority/key", enrol),
        web.post(f"{case}/sheet", draw_sheet),
        web.post(f"{case}/decision", decide),
        web.post(f"{case}/undo", undo),
        web.post(f"{case}/missing", ask_for_missing),
        web.get(f"{case}/scans/{{address}}", see_scan),
        *authority_annul.routes(office),
    ]


@DECIDES
async def home(request: web.Request) -> web.StreamResponse:
    """The list, with the most urgent dossier open beside it."""
    return await show_tablet(request, None)


@DECIDES
async def see_request(request: web.Request) -> web.StreamResponse:
    """One dossier, open."""
    return await show_tablet(request, subject_of_path(request.match_info["case"]))


@DECIDES
async def see_scan(request: web.Request) -> web.StreamResponse:
    """The file of a scan of a dossier."""
    return await show_scan(request)


@DECIDES
async def enrol(request: web.Request) -> web.StreamResponse:
    """Bind the public half of the key that this browser made to the agent."""
    values = await read_form(request)
    public = _bytes(values.get("public", ""))
    await decisions.enrol_key(
        signed_in.office_of(request), signed_in.command_of(request, values), await agent_of(request), public
    )
    return web.json_response({"enrolled": True})


@DECIDES
async def draw_sheet(request: web.Request) -> web.StreamResponse:
    """Return the sheet's canonical bytes, which the agent's page reads, shows and signs."""
    values = await read_form(request)
    sheet = await decisions.draw_sheet(
        signed_in.office_of(request),
        subject_of_path(request.match_info["case"]),
        await agent_of(request),
        values.get("outcome", ""),
        values.get("reason_code", ""),
        values.get("reason_text", ""),
    )
    return web.json_response({"sheet": base64.b64encode(sheet).decode()})


@DECIDES
async def decide(request: web.Request) -> web.StreamResponse:
    """Take the decision that the agent signed; his page goes on to `next`."""
    posted = await read_posted(request)
    values = {name: value for name, value in posted.items() if isinstance(value, str)}
    case = subject_of_path(request.match_info["case"])
    await decisions.take(
        signed_in.office_of(request),
        signed_in.command_of(request, values),
        case,
        _bytes(values.get("sheet", "")),
        _bytes(values.get("signature", "")),
        await agent_of(request),
    )
    remember(request, case)
    return web.json_response({"next": f"/authority/request/{text_of(case)}"})


@DECIDES
async def undo(request: web.Request) -> web.StreamResponse:
    """Take the decision back within its minute."""
    values = await read_form(request)
    case = subject_of_path(request.match_info["case"])
    await decisions.undo(
        signed_in.office_of(request), signed_in.command_of(request, values), case, await agent_of(request)
    )
    raise web.HTTPSeeOther(f"/authority/request/{text_of(case)}")


@DECIDES
async def ask_for_missing(request: web.Request) -> web.StreamResponse:
    """Ask the citizen for what is missing, once; the request leaves the list until it is brought."""
    values = await read_form(request)
    case = subject_of_path(request.match_info["case"])
    named = [name.removeprefix("missing-") for name in values if name.startswith("missing-")]
    try:
        await missing.ask(
            signed_in.office_of(request),
            signed_in.command_of(request, values),
            case,
            named,
            signed_in.actor_of(request),
        )
    except PersonError as error:
        if error.status == 404:
            raise
        form = Form(values, pages.tongue_of(request).errors(error))
        return await show_tablet(request, case, error.status, form=form)
    raise web.HTTPSeeOther(f"/authority/request/{text_of(case)}")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PersonError(UNREADABLE, status=400) from None
