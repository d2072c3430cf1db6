"""The requests of all annexes, those that nobody answered in time first, and one dossier.

Cases are opened for the page that shows them, and no longer.

Addresses hold an annexe, a state and a case's id; never a name, a number or a reference: a reference is posted, and
leads to its dossier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from central.store.looks import Look, looks_at, note_look
from central.store.queries import RequestRow
from central.store.whereabouts import records_of
from central.web import signed_in
from central.web.dossier import dossier_of
from central.web.words import VOID
from protocol.errors import N_, PeerError, PersonError
from protocol.office.applicants import CAPACITIES
from protocol.office.calendar import local_date
from protocol.office.casework import State
from protocol.office.catalogue import Bilingual
from protocol.office.documents import DOCUMENTS
from protocol.office.labels import step_label
from protocol.records.hashing import subject_from_text, text_of
from screens import pages
from screens.forms import Form, read_form
from screens.pages import render
from screens.scans import send_scan
from screens.security import refreshes_itself

PAGE = 50
"""Requests on a page: what a person looks through; each is opened and shown with its name."""

LONGEST_MS = 15
"""Digits of a time in milliseconds: the year 30,000, far inside what the database counts with."""

DOSSIER = ""
"""What was looked at, where it was no piece's scan but the dossier itself."""

LOOKS_SHOWN = 20
"""Looks on a dossier's page, the latest: what a citizen who asks is told first."""

ON_ITS_WAY = N_("This scan is not whole here yet: it comes by itself while the annexe is connected.")

OFFICER = signed_in.staff("officer")


def routes() -> list[web.RouteDef]:
    """The list, the search, a dossier."""
    return [
        web.get("/prefecture/requests", show),
        web.post("/prefecture/requests", search),
        web.get("/prefecture/requests/{annexe}/{case}", show_one),
        web.get("/prefecture/requests/{annexe}/{case}/scans/{address}", show_scan),
    ]


@OFFICER
async def show(request: web.Request) -> web.StreamResponse:
    """The newest requests, of one annexe or state if asked (`annexe`, `state`), behind the one named by `after`."""
    queries = signed_in.prefecture_of(request).centre.queries
    annexe, state = request.query.get("annexe") or None, _state(request.query.get("state", ""))
    after = _place(request.query["after"]) if "after" in request.query else None
    found = await queries.page(annexe=annexe, state=state, limit=PAGE + 1, after=after)
    rows = found.rows[:PAGE]
    more = len(found.rows) + found.unreadable > PAGE
    last = rows[-1] if rows and more else None
    return await _page(request, rows, form=Form(), chosen=(annexe, state), last=last, unreadable=found.unreadable)


@OFFICER
async def search(request: web.Request) -> web.StreamResponse:
    """Go to the dossier of a posted reference, or say that there is none."""
    values = await read_form(request)
    try:
        found = await signed_in.prefecture_of(request).references.find(values.get("reference", ""))
    except PersonError as error:
        form = Form({"reference": values.get("reference", "")}, pages.tongue_of(request).errors(error))
        return await _page(request, [], status=error.status, form=form)
    raise web.HTTPSeeOther(_address(found))


@OFFICER
async def show_one(request: web.Request) -> web.StreamResponse:
    """One dossier."""
    centre = signed_in.prefecture_of(request).centre
    row = await _row(request)
    await _note_the_look(request, row, DOSSIER)
    return render(
        request,
        "prefecture/dossier.html",
        dossier=await dossier_of(centre.queries, centre.blobs, row),
        at=_address(row),
        records=await records_of(centre.store, row.annexe, row.subject),
        label_of=lambda kind: step_label(kind or ""),
        hex_of=bytes.hex,
        documents=DOCUMENTS,
        capacities=CAPACITIES,
        void_words=VOID,
        looks=(await looks_at(centre.store, row.annexe, row.subject))[:LOOKS_SHOWN],
    )


@OFFICER
async def show_scan(request: web.Request) -> web.StreamResponse:
    """The file of a scan of a dossier, once all of it has come."""
    row = await _row(request)
    scan = next((one for one in row.case.scans_held if one.blob.hex() == request.match_info["address"]), None)
    if scan is None:
        raise web.HTTPNotFound
    blobs = signed_in.prefecture_of(request).centre.blobs
    content = await blobs.open(row.annexe, row.subject, scan.blob)
    if content is None:
        raise PersonError(ON_ITS_WAY, status=409)
    await _note_the_look(request, row, scan.piece)
    return await send_scan(request, scan.media, scan.size, content)


async def _note_the_look(request: web.Request, row: RequestRow, what: str) -> None:
    """Note who is about to see it; a page that refreshes itself is nobody's look."""
    officer = signed_in.officer_of(request)
    if officer is None or refreshes_itself(request):
        return
    centre = signed_in.prefecture_of(request).centre
    look = Look(what, officer.login, officer.name_fr, officer.name_ar, centre.now())
    await note_look(centre.store, row.annexe, row.subject, look)


async def _row(request: web.Request) -> RequestRow:
    queries = signed_in.prefecture_of(request).centre.queries
    row = await queries.request(request.match_info["annexe"], _subject(request.match_info["case"]))
    if row is None:
        raise web.HTTPNotFound
    return row


async def _page(
    request: web.Request,
    rows: Sequence[RequestRow],
    *,
    form: Form,
    chosen: tuple[str | None, State | None] = (None, None),
    last: RequestRow | None = None,
    unreadable: int = 0,
    status: int = 200,
) -> web.Response:
    prefecture = signed_in.prefecture_of(request)
    names = await _procedure_names(request)
    first = not form.errors and chosen == (None, None) and "after" not in request.query
    silent = await prefecture.centre.queries.silent(local_date(prefecture.centre.now())) if first else []
    context: dict[str, Any] = {
        "silent": [(row, names.get(row.case.procedure), _address(row)) for row in silent],
        "rows": [(row, names.get(row.case.procedure), _address(row)) for row in rows],
        "form": form,
        "filter": Form({"annexe": chosen[0] or "", "state": chosen[1].value if chosen[1] else ""}),
        "annexes": [one.annexe for one in await prefecture.centre.queries.annexes()],
        "states": list(State),
        "older": f"{last.case.submitted_ms}-{text_of(last.subject)}" if last else "",
        "later": "after" in request.query,
        "unreadable": unreadable,
    }
    return render(request, "prefecture/requests.html", status, **context)


async def _procedure_names(request: web.Request) -> Mapping[str, Bilingual]:
    published = await signed_in.prefecture_of(request).centre.queries.catalogue()
    return {one.procedure.id: one.procedure.name for one in published}


def _address(row: RequestRow) -> str:
    return f"/prefecture/requests/{row.annexe}/{text_of(row.subject)}"


def _state(text: str) -> State | None:
    try:
        return State(text) if text else None
    except ValueError as error:
        raise web.HTTPNotFound from error


def _place(text: str) -> tuple[int, bytes]:
    """The place in the list behind which a page goes on: milliseconds, a dash, the case's id."""
    ms, _, case = text.partition("-")
    if not ms.isascii() or not ms.isdecimal() or len(ms) > LONGEST_MS:
        raise web.HTTPNotFound
    return int(ms), _subject(case)


def _subject(text: str) -> bytes:
    try:
        return subject_from_text(text)
    except PeerError as error:
        raise web.HTTPNotFound from error
