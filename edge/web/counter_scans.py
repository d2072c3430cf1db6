"""At the counter: scanning a piece that stays in the dossier, seeing it again, taking back what was a mistake."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from edge.services import scans
from edge.services.office import Office
from edge.web import signed_in
from edge.web.counter_casework import show_request, step
from edge.web.counter_desk import subject_of_path
from edge.web.counter_page import DONE, done, path_of_request
from edge.web.duties import AT_THE_COUNTER
from edge.web.scan_pages import address_of_path, show_scan
from protocol.errors import N_, PersonError
from protocol.office.events import Actor
from screens import pages
from screens.forms import Form
from screens.security import wants_json
from screens.uploads import Upload, takes_file

KEPT = N_("The scan is in the dossier.")


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of scans."""
    case = "/counter/request/{case}"
    return [
        web.post(f"{case}/scans", attach),
        web.post(f"{case}/scans/remove", step(remove, N_("The scan is removed, and deleted."))),
        web.get(f"{case}/scans/{{address}}", see),
    ]


@AT_THE_COUNTER
async def see(request: web.Request) -> web.StreamResponse:
    """The file of a scan."""
    return await show_scan(request)


@AT_THE_COUNTER
@takes_file("scan")
async def attach(request: web.Request, upload: Upload) -> web.StreamResponse:
    """Take a scan in. Our own module asks for JSON, so that it can show how far the file is; a plain form does too."""
    office, case = signed_in.office_of(request), subject_of_path(request.match_info["case"])
    values, by = upload.values, signed_in.actor_of(request)
    try:
        command = signed_in.command_of(request, values)
        await scans.attach(office, command, case, values.get("piece", ""), upload.content, by)
    except PersonError as error:
        if error.status == 404 or wants_json(request):
            raise
        wrong = Form(dict(values), pages.tongue_of(request).errors(error))
        return await show_request(request, case, wrong, error.status)
    if wants_json(request):
        pages.session_of(request).data[DONE] = KEPT
        return web.json_response({"at": path_of_request(case)})
    raise done(request, KEPT, path_of_request(case))


async def remove(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The wrong paper was scanned."""
    address = address_of_path(values.get("address", ""))
    await scans.remove(office, command, case, values.get("piece", ""), address, by)
