"""Asking for a certificate at the kiosk: the catalogue's questions, one a page, check, send, receipt.

Rules:

- The questions come from the catalogue; what the account holds already is never asked again.
- Answers are a draft in the session until they are sent; the page of answers carries the command id, so sending twice
  gives the same receipt and one request.
"""

from __future__ import annotations

import re

from aiohttp import web

from edge.services import accounts, requests
from edge.services.office import Office
from edge.web import kiosk_printing, signed_in
from edge.web.codes import qr_code
from edge.web.kiosk_own import language_of, own_dossier
from edge.web.kiosk_page import go, show
from protocol.errors import PersonError
from protocol.office import catalogue
from protocol.office.calendar import due_date, local_date
from protocol.office.catalogue import Field, Procedure
from protocol.office.documents import DOCUMENTS, mask_number
from protocol.office.identity import is_mobile, mask_phone
from protocol.records.hashing import text_of
from screens import pages
from screens.forms import Form, read_form

ROOT = "/kiosk/request"
MONTH_FIRST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})")


def routes(office: Office) -> list[web.RouteDef]:
    """The pages of a request."""
    return [
        web.get(f"{ROOT}/{{id}}", begin),
        web.get(f"{ROOT}/{{id}}/check", check),
        web.post(f"{ROOT}/{{id}}/check", send),
        web.get(f"{ROOT}/{{id}}/questions/{{field}}", ask),
        web.post(f"{ROOT}/{{id}}/questions/{{field}}", answer),
        web.get("/kiosk/receipt/{case}", receipt),
        *kiosk_printing.routes(office),
    ]


async def procedure_of(request: web.Request) -> Procedure:
    """The procedure of this address; PersonError 404 when unknown, 409 when nobody asks for it here."""
    return await requests.requestable(signed_in.office_of(request), request.match_info["id"])


def draft_of(request: web.Request, procedure: Procedure) -> dict[str, str]:
    """What was answered so far in this session."""
    found: dict[str, str] = pages.session_of(request).data.setdefault(f"request:{procedure.id}", {})
    return found


def first_open(procedure: Procedure, draft: dict[str, str], before: str | None = None) -> Field | None:
    """The first question not answered yet, among those before `before`."""
    for field in procedure.fields:
        if field.id == before:
            return None
        if field.id not in draft:
            return field
    return None


def address_of(procedure: Procedure, field: Field | None) -> str:
    """The page of a question, or of the answers when none is left."""
    return f"{ROOT}/{procedure.id}/questions/{field.id}" if field else f"{ROOT}/{procedure.id}/check"


@signed_in.citizen
async def begin(request: web.Request) -> web.StreamResponse:
    """Start with an empty draft."""
    procedure = await procedure_of(request)
    pages.session_of(request).data.pop(f"request:{procedure.id}", None)
    raise go(address_of(procedure, first_open(procedure, {})))


async def _question_of(request: web.Request) -> tuple[Procedure, Field, dict[str, str]]:
    procedure = await procedure_of(request)
    draft = draft_of(request, procedure)
    wanted = [field for field in procedure.fields if field.id == request.match_info["field"]]
    if not wanted:
        raise web.HTTPNotFound
    missing = first_open(procedure, draft, before=wanted[0].id)
    if missing is not None:
        raise go(address_of(procedure, missing))
    return procedure, wanted[0], draft


@signed_in.citizen
async def ask(request: web.Request) -> web.StreamResponse:
    """One question."""
    procedure, field, draft = await _question_of(request)
    return _question(request, procedure, field, Form(dict(draft)))


def _question(request: web.Request, procedure: Procedure, field: Field, form: Form, status: int = 200) -> web.Response:
    number = [each.id for each in procedure.fields].index(field.id)
    back = address_of(procedure, procedure.fields[number - 1]) if number else f"/kiosk/procedures/{procedure.id}"
    return show(
        request,
        "request_question.html",
        status,
        procedure=procedure,
        question=field,
        options=[(choice.id, shown(field, choice.id, request)) for choice in field.choices or ()],
        form=form,
        number=number + 1,
        of=len(procedure.fields),
        back=back,
    )


@signed_in.citizen
async def answer(request: web.Request) -> web.StreamResponse:
    """Check one answer, keep it, go on."""
    procedure, field, draft = await _question_of(request)
    values = await read_form(request)
    typed = values.get(field.id, "")
    try:
        given = year_first(typed) if field.kind == "month" else typed
        draft[field.id] = catalogue.check_answer(field, given, local_date(signed_in.office_of(request).now()))
    except PersonError as error:
        form = Form({field.id: typed}, pages.tongue_of(request).errors(error))
        return _question(request, procedure, field, form, error.status)
    raise go(address_of(procedure, first_open(procedure, draft)))


def year_first(typed: str) -> str:
    """A month as people write it (9/2021, 09-2021) as the catalogue wants it (2021-09); anything else as it is."""
    found = MONTH_FIRST.fullmatch(typed)
    return f"{found[2]}-{int(found[1]):02}" if found else typed


def _answered(request: web.Request, procedure: Procedure) -> dict[str, str]:
    draft = draft_of(request, procedure)
    missing = first_open(procedure, draft)
    if missing is not None:
        raise go(address_of(procedure, missing))
    return draft


@signed_in.citizen
async def check(request: web.Request) -> web.StreamResponse:
    """Everything that will be sent, each answer with a way back to it."""
    procedure = await procedure_of(request)
    return await _answers(request, procedure, _answered(request, procedure), {})


async def _answers(
    request: web.Request, procedure: Procedure, draft: dict[str, str], errors: dict[str, str], status: int = 200
) -> web.Response:
    office = signed_in.office_of(request)
    account = await accounts.view(office, signed_in.citizen_of(request).account)
    return show(
        request,
        "request_check.html",
        status,
        procedure=procedure,
        answers=[(field, shown(field, draft[field.id], request)) for field in procedure.fields],
        errors=errors,
        account=account,
        document=DOCUMENTS[account.document],
        number=mask_number(account.document, account.cnie),
        phone=mask_phone(account.phone) if account.phone else "",
    )


def shown(field: Field, value: str, request: web.Request) -> str:
    """An answer as the person reads it: the label of a choice, a month in words, the typed text otherwise."""
    tongue = pages.tongue_of(request)
    if field.kind == "month" and value:
        return tongue.date(f"{value}-01", "MMMM y")
    for choice in field.choices or ():
        if choice.id == value:
            return tongue.choose(choice.label.ar, choice.label.fr)
    return value


@signed_in.citizen
async def send(request: web.Request) -> web.StreamResponse:
    """Send the request; the receipt comes when it is on the disk."""
    procedure, values = await procedure_of(request), await read_form(request)
    person, office = signed_in.citizen_of(request), signed_in.office_of(request)
    command = signed_in.command_of(request, values)
    sent: dict[bytes, str] = pages.session_of(request).data.setdefault("sent", {})
    if command in sent:
        raise go(sent[command])
    draft = _answered(request, procedure)
    try:
        result = await requests.submit(
            office, command, person.account, procedure.id, draft, signed_in.actor_of(request), language_of(request)
        )
    except PersonError as error:
        errors = pages.tongue_of(request).errors(error)
        return await _answers(request, procedure, draft, errors, error.status)
    pages.session_of(request).data.pop(f"request:{procedure.id}", None)
    sent[command] = f"/kiosk/receipt/{text_of(result.case)}"
    raise go(sent[command])


@signed_in.citizen
async def receipt(request: web.Request) -> web.StreamResponse:
    """The receipt on the screen: reference, due date, QR code, and the way to the paper."""
    dossier = await own_dossier(request)
    case = dossier.case
    origin = signed_in.office_of(request).annexe.origin
    return show(
        request,
        "receipt.html",
        dossier=dossier,
        case=text_of(dossier.subject),
        texted=case.applicant.phone is not None and is_mobile(case.applicant.phone),
        due=case.due or due_date(case.submitted_ms, dossier.procedure.deadline_days),
        qr=qr_code(f"{origin}/kiosk/follow/{case.reference}"),
        can_print=signed_in.office_of(request).devices.receipt_printer is not None,
        said=kiosk_printing.said_once(request),
    )
