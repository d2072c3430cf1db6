"""One's own account at the kiosk: the profile (masked), one's requests, and who looked at them."""

from __future__ import annotations

from operator import itemgetter

from aiohttp import web

from edge.services import own_account as own_pages
from edge.services import requests
from edge.services.office import Office
from edge.services.reasons import BY_CODE
from edge.services.void_certificates import awaited
from edge.store.rows import Look
from edge.web import signed_in
from edge.web.kiosk_life import life_of
from edge.web.kiosk_own import language_of, own_dossier, paper
from edge.web.kiosk_page import show_own
from edge.web.kiosk_words import ACCOUNT_FIELDS, ACCOUNT_STEPS, PAPERS, ROLES, VOID, citizen_step
from protocol.office.applicants import CAPACITIES
from protocol.office.calendar import local_date
from protocol.office.documents import DOCUMENTS, mask_number
from protocol.office.identity import mask_phone
from protocol.records.hashing import text_of
from screens.own_pages import Made

LOOKS_SHOWN = 10
"""Looks on one's own page, the latest: what fits beside the rest of it."""


def routes(_office: Office) -> list[web.RouteDef]:
    """The pages of one's own account."""
    return [
        web.get("/kiosk/account", own_account),
        web.get("/kiosk/account/requests/{case}", own_request),
        web.get("/kiosk/account/requests/{case}/receipt.pdf", receipt_pdf),
    ]


@signed_in.citizen
async def own_account(request: web.Request) -> web.StreamResponse:
    """Profile, requests, those of one's children, what was done to the account and who looked."""
    return await show_own(request, "account.html", lambda: _account(request))


async def _account(request: web.Request) -> Made:
    own = await own_pages.own_account(signed_in.office_of(request), signed_in.citizen_of(request).account)
    account = own.account
    steps = [(ACCOUNT_STEPS[step.kind], step) for step in reversed(account.steps) if step.kind in ACCOUNT_STEPS]
    context = {
        "account": account,
        "own": own,
        "document": DOCUMENTS[account.document],
        "number": mask_number(account.document, account.cnie),
        "phone": mask_phone(account.phone) if account.phone else "",
        "looks": _looks(own)[:LOOKS_SHOWN],
        "steps": steps,
        "fields": ACCOUNT_FIELDS,
        "id_of": text_of,
        "roles": ROLES,
        "new": "new" in request.query,
        "pin_changed": "pin" in request.query,
    }
    return Made(own.accounts, context)


def _looks(own: own_pages.OwnAccount) -> list[Look | str]:
    """Who looked, the latest first: agents here, and the days (ISO) on which the prefecture did."""
    found: list[tuple[str, int, Look | str]] = [(day, 0, day) for day in own.prefecture_days]
    found += [(local_date(look.at_ms).isoformat(), look.at_ms, look) for look in own.account.views]
    return [look for *_, look in sorted(found, key=itemgetter(0, 1), reverse=True)]


@signed_in.citizen
async def own_request(request: web.Request) -> web.StreamResponse:
    """One of one's requests: state, what happened, the reason of a refusal and the way to appeal."""
    return await show_own(request, "request_state.html", lambda: _request(request))


async def _request(request: web.Request) -> Made:
    dossier, me = await own_dossier(request), signed_in.citizen_of(request).account
    decision = dossier.case.decision
    refused = decision is not None and dossier.case.state.value == "refused"
    reason = BY_CODE.get(decision.reason_code) if decision and refused else None
    steps = [(citizen_step(step), step) for step in dossier.case.history if step.lawful]
    history = [(label, step) for label, step in steps if label]
    context = {
        "dossier": dossier,
        "case": text_of(dossier.subject),
        "history": history,
        "roles": ROLES,
        "capacities": CAPACITIES,
        "others": dossier.case.account != me,
        "refused": refused,
        "reason": reason.label if reason else None,
        "reason_text": decision.reason_text if decision and refused else "",
        "life": life_of(dossier),
        "papers": PAPERS,
        "void": VOID[gone.cause] if (gone := awaited(dossier.case)) else "",
    }
    return Made(frozenset({me, dossier.case.account}), context)


@signed_in.citizen
async def receipt_pdf(request: web.Request) -> web.StreamResponse:
    """The receipt as a PDF, in the language of the screen first."""
    dossier = await own_dossier(request)
    pdf = await requests.receipt_pdf(signed_in.office_of(request), dossier.subject, language_of(request))
    return paper(request, pdf, "receipt")
