"""At the counter: accounts of children, through who answers for them, and of associations, through their president."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from edge.services import accounts
from edge.services.office import Office
from edge.services.representation import RepresentativeForm
from edge.web import signed_in
from edge.web.counter_accounts import NOT_GIVEN_BACK, typed
from edge.web.counter_desk import Desk, person, subject_of_path, waiting_lists
from edge.web.counter_page import done, path_of_person, show
from edge.web.duties import AT_THE_COUNTER
from protocol.errors import N_, PersonError
from screens import pages
from screens.forms import Form, read_form

OPEN = N_("The account is open.")
CHILD = "/counter/person/{account}/child"


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of these accounts."""
    return [
        web.get("/counter/new-association", ask_association),
        web.post("/counter/new-association", open_association),
        web.get(CHILD, ask_child),
        web.post(CHILD, open_child),
    ]


@AT_THE_COUNTER
async def ask_association(request: web.Request) -> web.StreamResponse:
    """The empty form of an association."""
    return await _association(request, Form({"language": pages.tongue_of(request).content}))


async def _association(request: web.Request, form: Form, status: int = 200) -> web.StreamResponse:
    lists = await waiting_lists(signed_in.office_of(request))
    return show(request, Desk("new_association", lists, form=form), status)


@AT_THE_COUNTER
async def open_association(request: web.Request) -> web.StreamResponse:
    """Open the account of an association whose receipt was shown by its president."""
    office, by = signed_in.office_of(request), signed_in.actor_of(request)
    values = await read_form(request)
    try:
        command = signed_in.command_of(request, values)
        form = typed({**values, "document": "association", "pin": ""})
        seen = values.get("card_seen") == "yes"
        account = await accounts.open_account(office, command, form, by, assisted=True, card_seen=seen)
    except PersonError as error:
        return await _association(request, _refused(request, values, error), error.status)
    raise done(request, OPEN, path_of_person(account))


def _refused(request: web.Request, values: dict[str, str], error: PersonError) -> Form:
    form = Form(values, pages.tongue_of(request).errors(error))
    form.forget(NOT_GIVEN_BACK)
    return form


@AT_THE_COUNTER
async def ask_child(request: web.Request) -> web.StreamResponse:
    """The form of a child; he lives where his guardian does until the clerk says otherwise."""
    office = signed_in.office_of(request)
    guardian = await accounts.view(office, subject_of_path(request.match_info["account"]), signed_in.actor_of(request))
    form = Form({"language": guardian.language, "address": guardian.address, "document": "none"})
    return await _child(request, form)


async def _child(request: web.Request, form: Form, status: int = 200) -> web.StreamResponse:
    office = signed_in.office_of(request)
    guardian = await person(office, subject_of_path(request.match_info["account"]), signed_in.actor_of(request))
    return show(request, Desk("new_child", await waiting_lists(office), guardian, form=form), status)


@AT_THE_COUNTER
async def open_child(request: web.Request) -> web.StreamResponse:
    """Open a child's account through his guardian's."""
    office, by = signed_in.office_of(request), signed_in.actor_of(request)
    guardian = subject_of_path(request.match_info["account"])
    values = await read_form(request)
    try:
        command = signed_in.command_of(request, values)
        form = typed({**values, "pin": ""}, document="none", guardian=guardian)
        seen = values.get("card_seen") == "yes"
        account = await accounts.open_account(office, command, form, by, assisted=True, card_seen=seen)
    except PersonError as error:
        if error.status == 404:
            raise
        return await _child(request, _refused(request, values, error), error.status)
    raise done(request, OPEN, path_of_person(account))


def representative_in(values: Mapping[str, str]) -> RepresentativeForm | None:
    """Who asks for the applicant, where the form says that somebody does."""
    if values.get("represented") != "yes":
        return None
    return RepresentativeForm(
        capacity=values.get("capacity", ""),
        document=values.get("rep_document", ""),
        cnie=values.get("rep_cnie", ""),
        state=values.get("rep_state", ""),
        name_fr=values.get("rep_name_fr", ""),
        name_ar=values.get("rep_name_ar", ""),
        basis=values.get("rep_basis", ""),
        papers_seen=values.get("papers_seen") == "yes",
    )
