"""At the counter: asking for a certificate in someone's name."""

from __future__ import annotations

from aiohttp import web

from edge.services import guide, requests
from edge.services.office import Office
from edge.web import declarations, signed_in
from edge.web.counter_applicants import representative_in
from edge.web.counter_desk import Desk, person, subject_of_path, waiting_lists
from edge.web.counter_page import done, path_of_request, show
from edge.web.duties import AT_THE_COUNTER
from protocol.errors import N_, PersonError
from protocol.office.catalogue import requestable
from screens import pages
from screens.forms import Form, read_form


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of new requests."""
    return [
        web.get("/counter/person/{account}/new-request", choose),
        web.get("/counter/person/{account}/new-request/{procedure}", ask),
        web.post("/counter/person/{account}/new-request/{procedure}", submit),
        web.get("/counter/procedures/{id}/declarations/{declaration}.pdf", declaration),
    ]


@AT_THE_COUNTER
async def choose(request: web.Request) -> web.StreamResponse:
    """Which procedure: those of this annexe first, then what to say of the others."""
    return await _page(request, Form(), 200, None)


@AT_THE_COUNTER
async def ask(request: web.Request) -> web.StreamResponse:
    """The form that the catalogue describes."""
    return await _page(request, Form(), 200, request.match_info["procedure"])


async def _page(request: web.Request, form: Form, status: int, procedure_id: str | None) -> web.StreamResponse:
    office = signed_in.office_of(request)
    one = await person(office, subject_of_path(request.match_info["account"]), signed_in.actor_of(request))
    chosen = None if procedure_id is None else await guide.procedure(office, procedure_id)
    form.values.setdefault("language", one.account.language)
    if one.must_be_represented or "by" in request.query:
        form.values.setdefault("represented", "yes")
    form.values.setdefault("capacity", one.capacities[0])
    form.values.setdefault("rep_document", "cnie")
    panel = "choose_procedure" if chosen is None or not requestable(chosen) else "new_request"
    if panel == "choose_procedure" and chosen is not None:
        form.errors.setdefault("", pages.tongue_of(request).gettext(NOT_HERE))
        status = 409
    procedures = await guide.procedures(office) if panel == "choose_procedure" else []
    lists = await waiting_lists(office)
    return show(request, Desk(panel, lists, one, form=form, procedures=procedures, procedure=chosen), status)


OWN_FIELDS = frozenset(
    {"capacity", "rep_document", "rep_cnie", "rep_state", "rep_name_fr", "rep_name_ar", "rep_basis", "papers_seen"}
)
"""The fields about who asks for the applicant; all others are the catalogue's."""


@AT_THE_COUNTER
async def declaration(request: web.Request) -> web.StreamResponse:
    """A declaration on honour to print, blank, for who asks for an abolished certificate."""
    return await declarations.form(request)


NOT_HERE = N_("This annexe does not deliver this certificate: what to do instead is written below.")


@AT_THE_COUNTER
async def submit(request: web.Request) -> web.StreamResponse:
    """File the request under the clerk's name."""
    office, values = signed_in.office_of(request), await read_form(request)
    account, procedure_id = subject_of_path(request.match_info["account"]), request.match_info["procedure"]
    answers = {name.removeprefix("answer-"): text for name, text in values.items() if name.startswith("answer-")}
    try:
        filed = await requests.submit(
            office,
            signed_in.command_of(request, values),
            account,
            procedure_id,
            answers,
            signed_in.actor_of(request),
            "fr" if values.get("language") == "fr" else "ar",
            represented=representative_in(values),
        )
    except PersonError as error:
        return await _refused(request, values, error, procedure_id)
    raise done(request, N_("The request is filed: hand over the receipt."), path_of_request(filed.case))


async def _refused(
    request: web.Request, values: dict[str, str], error: PersonError, procedure_id: str
) -> web.StreamResponse:
    """Show the form again; a field's error stands at its field, whose name on the page has a prefix."""
    errors = pages.tongue_of(request).errors(error)
    named = {name if name in OWN_FIELDS or not name else f"answer-{name}": text for name, text in errors.items()}
    return await _page(request, Form(values, named), error.status, procedure_id)
