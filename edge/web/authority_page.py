"""Showing the tablet's page, to whom it is for."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from edge.services import staff, void_certificates
from edge.store.rows import StaffView
from edge.web import signed_in
from edge.web.authority_desk import Tablet, tablet
from edge.web.authority_words import vocabulary
from edge.web.staff_words import APPEALS, MARKS, TITLES, VOID
from protocol.office.applicants import CAPACITIES
from protocol.office.catalogue import Bilingual
from protocol.office.documents import DOCUMENTS
from protocol.records.hashing import text_of
from screens.forms import Form
from screens.pages import render

ANNULLING = tuple((reason.code, reason.label) for reason in void_certificates.REASONS)


async def agent_of(request: web.Request) -> StaffView:
    """The agent as the log knows him now, with the key that he enrolled."""
    return await staff.by_login(signed_in.office_of(request), signed_in.agent_of(request).login)


async def show_tablet(request: web.Request, case: bytes | None, status: int = 200, **more: object) -> web.Response:
    """Render the page with a dossier open; `more`: what it shows besides (`form`, `annulment`, `finding`)."""
    shown = await tablet(request, await agent_of(request), case)
    known: dict[str, Any] = {
        "tablet": shown,
        "id_of": text_of,
        "words": _words(shown),
        "titles": TITLES,
        "marks": MARKS,
        "answers": APPEALS,
        "documents": DOCUMENTS,
        "capacities": CAPACITIES,
        "form": Form(),
        "void_words": VOID,
        "annulling": ANNULLING,
        "annulment": None,
        "finding": Form(),
    }
    return render(request, "authority/desk.html", status, **{**known, **more})


def _words(shown: Tablet) -> list[tuple[str, str | Bilingual]]:
    return vocabulary(shown.dossier.procedure) if shown.dossier else vocabulary(None)
