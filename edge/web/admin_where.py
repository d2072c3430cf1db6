"""Finding a request by its reference on the appliance's page: where each of its records is, and since when.

The reference is posted, never in an address; the page names steps and places, and nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from edge.services.office import Office
from edge.services.whereabouts import Whereabouts, whereabouts
from edge.web import signed_in
from edge.web.duties import RUNS_IT
from protocol.errors import N_, PersonError
from protocol.office.labels import step_label
from screens import pages
from screens.forms import Form, read_form
from screens.pages import render

PLACES: Mapping[str, str] = {"prefecture": N_("Prefecture"), "mirror": N_("Mirror"), "medium": N_("Second medium")}


def routes(_office: Office) -> list[web.RouteDef]:
    """The question and its answer."""
    return [web.get("/admin/where", ask), web.post("/admin/where", find)]


@RUNS_IT
async def ask(request: web.Request) -> web.StreamResponse:
    """The question alone."""
    return _page(request, Form(), None)


@RUNS_IT
async def find(request: web.Request) -> web.StreamResponse:
    """Where the records of a posted reference are."""
    values = await read_form(request)
    typed = values.get("reference", "")
    try:
        async with signed_in.office_of(request).store.reading() as reader:
            found = await whereabouts(reader, typed)
    except PersonError as error:
        form = Form({"reference": typed}, pages.tongue_of(request).errors(error))
        return _page(request, form, None, error.status)
    return _page(request, Form({"reference": found.reference}), found)


def _page(request: web.Request, form: Form, found: Whereabouts | None, status: int = 200) -> web.Response:
    return render(
        request,
        "admin/where.html",
        status,
        form=form,
        found=found,
        places=[PLACES[stand.place] for stand in found.records[0].stands] if found and found.records else [],
        label_of=lambda kind: step_label(kind or ""),
        hex_of=bytes.hex,
    )
