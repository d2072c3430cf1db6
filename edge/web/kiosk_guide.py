"""The guide at the kiosk: all procedures by event of life, a search, and the page of each. Nobody signs in for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import web

from edge.services import accounts, guide
from edge.services.office import Office
from edge.web import declarations, signed_in
from edge.web.kiosk_page import show, show_shared
from edge.web.kiosk_words import StatusLook, TopicLook, path_of, status_look, topic_look
from protocol.office.catalogue import Procedure, requestable
from screens import pages
from screens.languages import Tongue


def routes(_office: Office) -> list[web.RouteDef]:
    """The guide's pages."""
    return [
        web.get("/kiosk/guide", show_guide),
        web.get("/kiosk/procedures/{id}", show_procedure),
        web.get("/kiosk/procedures/{id}/declarations/{declaration}.pdf", declaration),
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """One procedure in the list. Numbers run through all groups: a number is easier to say than a name."""

    number: int
    procedure: Procedure
    status: StatusLook


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `look` is None for a list without any."""

    id: str
    look: TopicLook | None
    rows: list[Row]


@signed_in.anyone
async def show_guide(request: web.Request) -> web.StreamResponse:
    """The list of procedures, or those that a search may mean. `?for=request`: who wants to ask for a certificate."""
    text = request.query.get("q", "").strip()
    asking = request.query.get("for") == "request"
    if text:
        return show(request, "guide.html", **await _guide(request, text, asking=asking))
    return await show_shared(request, "guide.html", lambda: _guide(request, "", asking=asking), ("", "for=request"))


async def _guide(request: web.Request, text: str, *, asking: bool) -> dict[str, Any]:
    return {"groups": await _groups(signed_in.office_of(request), text, asking=asking), "text": text, "asking": asking}


async def _groups(office: Office, text: str, *, asking: bool) -> list[Group]:
    """What was searched for or can be asked for, the likeliest first; the whole guide by event of life."""
    numbers = count(1)
    if not text and not asking:
        whole = await guide.by_topic(office)
        return [Group(one.topic or "other", topic_look(one.topic), _rows(one.procedures, numbers)) for one in whole]
    found = await guide.search(office, text)
    rows = _rows(found if text else filter(requestable, found), numbers)
    return [Group("found", None, rows)] if rows else []


def _rows(procedures: Iterable[Procedure], numbers: Iterator[int]) -> list[Row]:
    return [Row(next(numbers), procedure, status_look(procedure)) for procedure in procedures]


@signed_in.anyone
async def show_procedure(request: web.Request) -> web.StreamResponse:
    """One procedure: facts, pieces, the way of a request, or what to do instead."""
    return await show_shared(request, "procedure.html", lambda: _procedure(request))


async def _procedure(request: web.Request) -> dict[str, Any]:
    office = signed_in.office_of(request)
    procedure = await guide.procedure(office, request.match_info["id"])
    person = signed_in.principal_of(request)
    verified = isinstance(person, signed_in.Citizen) and (await accounts.view(office, person.account)).verified
    return {
        "procedure": procedure,
        "seen": status_look(procedure),
        "since": since_of(procedure, pages.tongue_of(request)),
        "path": path_of(procedure),
        "requestable": requestable(procedure),
        "verified": verified,
    }


def since_of(procedure: Procedure, tongue: Tongue) -> str:
    """Since when its status holds, as exactly as it is known: a year, a month, a day; "" when nobody knows."""
    since = procedure.since or ""
    match since.count("-"):
        case 0:
            return since
        case 1:
            return tongue.date(f"{since}-01", "MMMM y")
        case _:
            return tongue.date(since)


@signed_in.anyone
async def declaration(request: web.Request) -> web.StreamResponse:
    """A declaration on honour to print, blank."""
    return await declarations.form(request)
