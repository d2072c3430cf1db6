"""At the counter: bringing a request forward, one form a step, and its papers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from edge.services import accounts, certificates, enquiries, messages, pieces, printing, requests
from edge.services.office import Office
from edge.web import signed_in
from edge.web.counter_desk import Desk, open_request, person, subject_of_path, waiting_lists
from edge.web.counter_page import done, path_of_request, show
from edge.web.duties import AT_THE_COUNTER
from protocol.errors import N_, PersonError
from protocol.office.events import Actor
from protocol.office.transitions import OUT_OF_ORDER
from screens import pages
from screens.forms import Form, read_form

DAY_FIRST = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})", re.ASCII)

Act = Callable[[Office, bytes, bytes, Mapping[str, str], Actor], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Mark = Callable[[Handler], Handler]


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of casework and of its papers."""
    case = "/counter/request/{case}"
    return [
        web.post(f"{case}/pieces", step(complete, N_("The dossier is complete: the legal delay runs."))),
        web.post(f"{case}/enquiry", step(enquire, N_("The enquiry is entered: the authority agent has the request."))),
        web.post(f"{case}/ready", step(confirm_ready, N_("Noted: the certificate is ready."))),
        web.post(f"{case}/hand-over", step(hand_over, N_("Handed over."))),
        web.post(f"{case}/told", step(tell, N_("Noted: told in person."))),
        web.post(f"{case}/certificate/print", step(print_certificate, N_("The certificate is at the printer."))),
        web.get(f"{case}/certificate.pdf", certificate),
        web.get(f"{case}/receipt.pdf", receipt),
    ]


def step(act: Act, sentence: str, *, form: str = "", who: Mark = AT_THE_COUNTER) -> Handler:
    """Make the handler of one step: act, then show the request again, or say what was wrong beside the form.

    `form` names the form that was filled in, where it is not that of the next step; `who` may take the step.
    """

    @who
    async def handler(request: web.Request) -> web.StreamResponse:
        office, by = signed_in.office_of(request), signed_in.actor_of(request)
        case = subject_of_path(request.match_info["case"])
        values = await read_form(request)
        try:
            await act(office, signed_in.command_of(request, values), case, values, by)
        except PersonError as error:
            if error.status == 404:
                raise
            wrong = Form(values, pages.tongue_of(request).errors(error))
            return await show_request(request, case, wrong, error.status, act=form)
        raise done(request, sentence, path_of_request(case))

    return handler


async def show_request(
    request: web.Request, case: bytes, form: Form, status: int = 200, *, act: str = ""
) -> web.StreamResponse:
    """Show a request with a form; with that of its next step where another one does not fit any more."""
    office = signed_in.office_of(request)
    opened = await open_request(office, case, act)
    if act and opened.act != act and not form.errors:
        form.errors[""], status = pages.tongue_of(request).gettext(OUT_OF_ORDER), 409
    one = await person(office, opened.dossier.case.account, signed_in.actor_of(request))
    desk = Desk("person", await waiting_lists(office), person=one, request=opened, form=form)
    return show(request, desk, status)


async def complete(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """Every piece was seen."""
    seen = [name.removeprefix("piece-") for name in values if name.startswith("piece-")]
    await pieces.complete(office, command, case, seen, by, card_seen=values.get("card_seen") == "yes")


async def enquire(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The moqaddem or cheikh has reported."""
    outcome, title = values.get("outcome", ""), values.get("by_title", "")
    on = iso_of(values.get("on", ""))
    await enquiries.report(office, command, case, outcome, on, values.get("note", ""), title, by)


def iso_of(text: str) -> str:
    """Return a day typed as people write it here (18/11/2026) in ISO form; anything else as it is, for the service."""
    typed = DAY_FIRST.fullmatch(text.strip())
    return f"{typed[3]}-{int(typed[2]):02}-{int(typed[1]):02}" if typed else text


async def confirm_ready(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The certificate is printed and stamped."""
    printed, stamped = values.get("printed") == "yes", values.get("stamped") == "yes"
    await certificates.confirm_ready(office, command, case, printed, stamped, by)


async def hand_over(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The certificate is in the hands of the citizen, or of who asks for him."""
    seen, to = values.get("card_seen") == "yes", values.get("collected_by") or "applicant"
    await certificates.hand_over(office, command, case, seen, by, collected_by=to)


async def tell(office: Office, command: bytes, case: bytes, _values: Mapping[str, str], by: Actor) -> None:
    """The citizen was told here."""
    await messages.told_in_person(office, command, case, by)


async def print_certificate(
    office: Office, command: bytes, case: bytes, _values: Mapping[str, str], _by: Actor
) -> None:
    """The sealed certificate comes out of the annexe's printer. The request's page that follows notes the look."""
    await printing.print_certificate(office, command, case)


@AT_THE_COUNTER
async def certificate(request: web.Request) -> web.StreamResponse:
    """The sealed certificate, to be printed."""
    office, case = signed_in.office_of(request), subject_of_path(request.match_info["case"])
    await note_the_look(request, case)
    return paper_answer(await certificates.pdf(office, case))


@AT_THE_COUNTER
async def receipt(request: web.Request) -> web.StreamResponse:
    """The receipt, in the language of the screen first."""
    office, case = signed_in.office_of(request), subject_of_path(request.match_info["case"])
    await note_the_look(request, case)
    return paper_answer(await requests.receipt_pdf(office, case, pages.tongue_of(request).content))


async def note_the_look(request: web.Request, case: bytes) -> None:
    """A paper says as much of a person as his page does: who opens it by its address alone has looked at him too."""
    office = signed_in.office_of(request)
    account = (await requests.dossier(office, case)).case.account
    await accounts.view(office, account, signed_in.actor_of(request))


def paper_answer(pdf: bytes) -> web.Response:
    """A paper, to be read and printed in the browser."""
    return web.Response(body=pdf, content_type="application/pdf", headers={"Content-Disposition": "inline"})
