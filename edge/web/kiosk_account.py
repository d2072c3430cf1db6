"""One's own account at the kiosk: the profile (masked), one's requests, and who looked at them."""

from __future__ import annotations

from aiohttp import web

from edge.services import accounts, requests
from edge.services.office import Office
from edge.services.reasons import BY_CODE
from edge.web import signed_in
from edge.web.kiosk_life import life_of
from edge.web.kiosk_own import language_of, own_dossier, paper
from edge.web.kiosk_page import show
from edge.web.kiosk_words import PAPERS, ROLES, citizen_step
from protocol.office.identity import mask_cnie, mask_phone
from protocol.records.hashing import text_of


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


@signed_in.citizen
async def own_request(request: web.Request) -> web.StreamResponse:
    """One of one's requests: state, what happened, the reason of a refusal and the way to appeal."""
    dossier = await own_dossier(request)
    decision = dossier.case.decision
    refused = decision is not None and dossier.case.state.value == "refused"
    reason = BY_CODE.get(decision.reason_code) if decision and refused else None
    steps = [(citizen_step(step), step) for step in dossier.case.history if step.lawful]
    history = [(label, step) for label, step in steps if label]
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
        life=life_of(dossier),
        papers=PAPERS,
    )


@signed_in.citizen
async def receipt_pdf(request: web.Request) -> web.StreamResponse:
    """The receipt as a PDF, in the language of the screen first."""
    dossier = await own_dossier(request)
    pdf = await requests.receipt_pdf(signed_in.office_of(request), dossier.subject, language_of(request))
    return paper(request, pdf, "receipt")
