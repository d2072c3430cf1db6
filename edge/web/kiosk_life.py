"""At the kiosk, with one's own account: withdrawing a request, appealing against its refusal, and the papers about it.

Each is two steps: a page that says what it means, then the form that does it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from edge.services import appeals, notices, withdrawals
from edge.services.notices import papers_of
from edge.services.office import Office
from edge.services.requests import Dossier
from edge.web import signed_in
from edge.web.kiosk_own import language_of, own_dossier, paper
from edge.web.kiosk_page import go, show
from protocol.errors import PersonError
from protocol.office.appeals import appeal_until, is_late
from protocol.office.casework import State
from protocol.office.catalogue import Bilingual
from protocol.office.transitions import OPEN, OUT_OF_ORDER
from protocol.records.hashing import text_of
from screens import pages
from screens.forms import Form, read_form

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Life:
    """What one's request calls for besides waiting: pieces that are missing, silence, what one may do, its papers."""

    missing: Sequence[Bilingual]
    until: date | None
    silent: bool
    may_withdraw: bool
    may_appeal: bool
    appeal_until: date | None
    appeal_late: bool
    papers: Sequence[str]


def life_of(dossier: Dossier) -> Life:
    """Return what the page of a request shows of its life."""
    case = dossier.case
    asked = case.asked if case.state is State.AWAITING_PIECES else ()
    papers = papers_of(case)
    may_appeal = case.state is State.REFUSED and case.told and case.appeal is None and not case.frozen
    return Life(
        missing=[piece.label for piece in dossier.procedure.pieces if piece.id in asked],
        until=case.asked_until,
        silent=notices.SILENT in papers,
        may_withdraw=case.state in OPEN and not case.frozen,
        may_appeal=may_appeal,
        appeal_until=appeal_until(case) if may_appeal else None,
        appeal_late=is_late(case),
        papers=papers,
    )


def routes(_office: Office) -> list[web.RouteDef]:
    """The pages of these steps and papers."""
    own = "/kiosk/account/requests/{case}"
    return [
        web.get(f"{own}/withdraw", ask_to_withdraw),
        web.post(f"{own}/withdraw", withdraw),
        web.get(f"{own}/appeal", ask_to_appeal),
        web.post(f"{own}/appeal", appeal),
        *(web.get(f"{own}/{name}.pdf", paper_of(name)) for name in notices.PAPERS),
    ]


@signed_in.citizen
async def ask_to_withdraw(request: web.Request) -> web.StreamResponse:
    """Say what withdrawing means, and ask."""
    dossier = await own_dossier(request)
    if not life_of(dossier).may_withdraw:
        return _too_late(request, "withdraw.html", dossier)
    return _page(request, "withdraw.html", dossier, Form())


@signed_in.citizen
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Withdraw, and show the request again."""
    dossier, values = await own_dossier(request), await read_form(request)
    office, command = signed_in.office_of(request), signed_in.command_of(request, values)
    sure = values.get("sure") == "yes"
    try:
        await withdrawals.withdraw(office, command, dossier.subject, sure, signed_in.actor_of(request))
    except PersonError as error:
        return _page(request, "withdraw.html", dossier, _wrong(request, values, error), error.status)
    raise go(_address(dossier))


@signed_in.citizen
async def ask_to_appeal(request: web.Request) -> web.StreamResponse:
    """The reason of the refusal, the way and the time to appeal, and a field for one's own words."""
    dossier = await own_dossier(request)
    if not life_of(dossier).may_appeal:
        return _too_late(request, "appeal.html", dossier)
    return _page(request, "appeal.html", dossier, Form())


@signed_in.citizen
async def appeal(request: web.Request) -> web.StreamResponse:
    """Lodge the appeal, and show the request with its receipt."""
    dossier, values = await own_dossier(request), await read_form(request)
    office, command = signed_in.office_of(request), signed_in.command_of(request, values)
    try:
        await appeals.lodge(office, command, dossier.subject, values.get("grounds", ""), signed_in.actor_of(request))
    except PersonError as error:
        return _page(request, "appeal.html", dossier, _wrong(request, values, error), error.status)
    raise go(_address(dossier))


def _address(dossier: Dossier) -> str:
    return f"/kiosk/account/requests/{text_of(dossier.subject)}"


def _wrong(request: web.Request, values: dict[str, str], error: PersonError) -> Form:
    return Form(values, pages.tongue_of(request).errors(error))


def _too_late(request: web.Request, template: str, dossier: Dossier) -> web.Response:
    """The page that was asked for, with the sentence that it cannot be done now."""
    form = Form({}, {"": pages.tongue_of(request).gettext(OUT_OF_ORDER)})
    return _page(request, template, dossier, form, 409)


def _page(request: web.Request, template: str, dossier: Dossier, form: Form, status: int = 200) -> web.Response:
    return show(
        request,
        template,
        status,
        dossier=dossier,
        case=text_of(dossier.subject),
        life=life_of(dossier),
        form=form,
    )


def paper_of(name: str) -> Handler:
    """Make the handler of one of a request's papers, in the language of the screen first."""

    @signed_in.citizen
    async def handler(request: web.Request) -> web.StreamResponse:
        dossier = await own_dossier(request)
        pdf = await notices.pdf(signed_in.office_of(request), dossier.subject, name, language_of(request))
        return paper(request, pdf, name)

    return handler
