"""The tablet: finding a request that was decided, and annulling its certificate, in two steps.

The first step asks for the reason, the second says once more what will happen, and only its button does it.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from edge.services import void_certificates
from edge.services.cases import case_by_reference
from edge.services.office import Office
from edge.services.reasons import Reason
from edge.web import signed_in
from edge.web.authority_page import agent_of, show_tablet
from edge.web.counter_desk import subject_of_path
from edge.web.duties import DECIDES
from protocol.errors import PersonError
from protocol.records.hashing import text_of
from screens import pages
from screens.forms import Form, read_form


@dataclass(frozen=True, slots=True)
class Annulment:
    """What the dossier shows of an annulment under way: the form, or with `sure` the question whether he is sure."""

    form: Form
    sure: bool = False
    reason: Reason | None = None


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of annulling."""
    return [
        web.post("/authority/find", find),
        web.get("/authority/request/{case}/annul", ask),
        web.post("/authority/request/{case}/annul", annul),
    ]


@DECIDES
async def find(request: web.Request) -> web.StreamResponse:
    """Open a request by its reference: those that were decided stand in no list."""
    values = await read_form(request)
    try:
        case = await case_by_reference(signed_in.office_of(request), values.get("reference", ""))
    except PersonError as error:
        form = Form(values, pages.tongue_of(request).errors(error))
        return await show_tablet(request, None, error.status, finding=form)
    raise web.HTTPSeeOther(f"/authority/request/{text_of(case)}")


@DECIDES
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask for the reason."""
    return await show_tablet(request, subject_of_path(request.match_info["case"]), annulment=Annulment(Form()))


@DECIDES
async def annul(request: web.Request) -> web.StreamResponse:
    """Ask whether he is sure; then annul."""
    case, values = subject_of_path(request.match_info["case"]), await read_form(request)
    code, text = values.get("reason_code", ""), values.get("reason_text", "")
    try:
        void_certificates.check_reason(code, text)
        if values.get("sure") != "yes":
            asked = Annulment(Form(values), sure=True, reason=void_certificates.BY_CODE.get(code))
            return await show_tablet(request, case, annulment=asked)
        await void_certificates.annul(
            signed_in.office_of(request),
            signed_in.command_of(request, values),
            case,
            values.get("serial", ""),
            code,
            text,
            await agent_of(request),
        )
    except PersonError as error:
        if error.status == 404:
            raise
        form = Form(values, pages.tongue_of(request).errors(error))
        return await show_tablet(request, case, error.status, annulment=Annulment(form))
    raise web.HTTPSeeOther(f"/authority/request/{text_of(case)}")
