"""Showing the counter's page, and the addresses in it."""

from __future__ import annotations

from aiohttp import web

from edge.services.scans import LARGEST_MB
from edge.web import signed_in
from edge.web.counter_desk import Desk
from edge.web.staff_words import APPEALS, CAUSES, ENQUIRIES, MARKS, PAPERS, TITLES, VOID
from protocol.office.applicants import CAPACITIES
from protocol.office.catalogue import Bilingual, Field, requestable
from protocol.office.documents import DOCUMENTS
from protocol.records.hashing import text_of
from screens.languages import LANGUAGES
from screens.pages import render, session_of
from screens.security import refreshes_itself

CORRESPONDENCE = tuple((code, LANGUAGES[code].name) for code in ("ar", "fr"))
"""The languages in which receipts and messages are written."""

PEOPLE = {document: DOCUMENTS[document] for document in ("cnie", "residence_card", "passport")}
"""What an adult is known by."""

CHILD = {document: DOCUMENTS[document] for document in ("none", "cnie", "residence_card", "passport")}

"""Who sits at a counter."""

DONE = "done"
"""Where the session keeps the sentence that the next page says once."""


def path_of_person(account: bytes) -> str:
    """The address of a person's page."""
    return f"/counter/person/{text_of(account)}"


def path_of_request(case: bytes) -> str:
    """The address of a request's page."""
    return f"/counter/request/{text_of(case)}"


def done(request: web.Request, sentence: str, address: str) -> web.HTTPSeeOther:
    """Remember what was done (a msgid), and where to read it."""
    session_of(request).data[DONE] = sentence
    return web.HTTPSeeOther(address)


def show(request: web.Request, desk: Desk, status: int = 200) -> web.Response:
    """Render the desk."""
    office = signed_in.office_of(request)
    calls = office.calls.waiting(office.now())
    said = "" if refreshes_itself(request) else str(session_of(request).data.pop(DONE, ""))
    source = "" if request.method == "GET" else "/counter"
    at = {"again": path_of_request(desk.request.dossier.subject)} if desk.request else {}
    return render(
        request,
        "counter/desk.html",
        status,
        desk=desk,
        said=said,
        calls=calls,
        can_print=office.devices.a4_printer is not None,
        live_source=source,
        id_of=text_of,
        requestable=requestable,
        titles=TITLES,
        outcomes=ENQUIRIES,
        marks=MARKS,
        papers=PAPERS,
        scan_limit=LARGEST_MB,
        answers=APPEALS,
        supervises=signed_in.agent_of(request).role == "supervisor",
        languages_written=CORRESPONDENCE,
        causes=CAUSES,
        void_words=VOID,
        options_of=options_of,
        documents=PEOPLE,
        child_documents=CHILD,
        document_words=DOCUMENTS,
        capacities=CAPACITIES,
        **at,
    )


def options_of(field: Field) -> list[tuple[str, Bilingual]]:
    """What can be chosen in a field of the catalogue."""
    return [(choice.id, choice.label) for choice in field.choices]
