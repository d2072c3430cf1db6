"""One's own account at the kiosk: the profile (masked), one's requests, and who looked at them."""

from __future__ import annotations

from aiohttp import web

from edge.services import accounts, requests
from edge.services.office import Office
from edge.services.reasons import BY_CODE
from edge.services.requests import Dossier
from edge.web import signed_in
from edge.web.kiosk_page import leaves_by_itself, show
from edge.web.kiosk_words import ROLES, STEPS
from protocol.errors import N_, PersonError
from protocol.office.events import Language
from protocol.office.identity import mask_cnie, mask_phone
from protocol.records.hashing import subject_from_text, text_of
from protocol.records.refusals import NotASubject
from screens.pages import tongue_of

NOT_YOURS = N_("There is no such request in your account.")


def routes(_office: Office) -> list[web.RouteDef]:
    """The pages of one's own account."""
    return [
        web.get("/kiosk/account", own_account),
        web.get("/kiosk/account/requests/{case}", own_request),
        web.get("/kiosk/account/requests/{case}/receipt.pdf", receipt_pdf),
    ]


@signed_in.citizen
async def own_account(request: web.Request) -> web.StreamResponse:
    """Profile, requests, and who looked."""
    office, person = signed_in.office_of(request), signed_in.citizen_of(request)
    account = await accounts.view(office, person.account)
    rows = await requests.of_account(office, person.account)
    return show(
        request,
        "account.html",
        account=account,
        cnie=mask_cnie(account.cnie),
        phone=mask_phone(account.phone) if account.phone else "",
        rows=[(text_of(row.case), row) for row in rows],
        looks=sorted(account.views, key=lambda look: -look.at_ms),
        roles=ROLES,
        new="new" in request.query,
    )


async def own_dossier(request: web.Request) -> Dossier:
    """The request of this address, if it is this citizen's; PersonError 404 otherwise, as if it did not exist."""
    try:
        dossier = await requests.dossier(signed_in.office_of(request), subject_from_text(request.match_info["case"]))
    except (PersonError, NotASubject) as error:
        raise PersonError(NOT_YOURS, status=404) from error
    if dossier.case.account != signed_in.citizen_of(request).account:
        raise PersonError(NOT_YOURS, status=404)
    return dossier


@signed_in.citizen
async def own_request(request: web.Request) -> web.StreamResponse:
    """One of one's requests: state, what happened, the reason of a refusal and the way to appeal."""
    dossier = await own_dossier(request)
    decision = dossier.case.decision
    refused = decision is not None and dossier.case.state.value == "refused"
    reason = BY_CODE.get(decision.reason_code) if decision and refused else None
    history = [(STEPS[step.kind], step) for step in dossier.case.history if step.kind in STEPS]
    return show(
        request,
        "request_state.html",
        dossier=dossier,
        case=text_of(dossier.subject),
        history=history,
        roles=ROLES,
        refused=refused,
        reason=reason.label if reason else None,
        reason_text=decision.reason_text if decision and refused else "",
    )


@signed_in.citizen
async def receipt_pdf(request: web.Request) -> web.StreamResponse:
    """The receipt as a PDF, in the language of the screen first.

    A browser shows it without our scripts: it leaves by itself when an idle session ends, and ends the session with it.
    """
    dossier = await own_dossier(request)
    pdf = await requests.receipt_pdf(signed_in.office_of(request), dossier.subject, language_of(request))
    headers = {"Content-Disposition": 'inline; filename="receipt.pdf"', "Refresh": leaves_by_itself(request)}
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)


def language_of(request: web.Request) -> Language:
    """The language of papers made for this screen: ar or fr."""
    return tongue_of(request).content
