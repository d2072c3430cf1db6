"""The waiting room's screen: the numbers of certificates that are ready, in Arabic and French together.

Nobody signs in here and everybody reads it: references without their prefix, never a name, a procedure or a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from edge.services import lists
from edge.services.office import Office
from edge.services.requests import Dossier
from edge.web import signed_in
from edge.web.wall_clock import offset_ms
from protocol.errors import N_
from protocol.office.casework import State
from screens import pages
from screens.languages import Languages
from screens.pages import render

NEWEST, LISTED = 3, 7
"""Numbers in the large cards (132 px, read from the back of a hall), and in the list beside them."""

WORDS = {
    "ready": N_("Ready to collect"),
    "nothing": N_("No certificate is ready at this moment."),
    "soon": N_("Numbers appear here by themselves; an SMS tells you too."),
    "bring": N_("To collect, bring your national card."),
    "lost": N_("This screen is not up to date: please ask at the counter."),
}


@dataclass(frozen=True, slots=True)
class Board:
    """What the screen shows: references without prefix, newest first; `others` are ready too but do not fit.

    `wall_ms` is the office's wall clock, as if it were UTC: the page shows its hours and minutes as they are.
    """

    newest: Sequence[str]
    listed: Sequence[str]
    others: int
    now_ms: int
    wall_ms: int


def routes(_office: Office) -> list[web.RouteDef]:
    """The display's one route."""
    return [web.get("/display", show)]


@signed_in.anyone
async def show(request: web.Request) -> web.StreamResponse:
    """The board."""
    office = signed_in.office_of(request)
    languages: Languages = request.app[pages.SITE].languages
    ar, fr = languages["ar"], languages["fr"]
    return render(request, "display/board.html", board=await board(office), ar=ar, fr=fr, words=WORDS)


async def board(office: Office) -> Board:
    """Return what is ready, the newest first."""
    now = office.now()
    wall = now + offset_ms(now)
    ready = await lists.newest(office, State.READY, NEWEST + LISTED)
    numbers = [_number(one.case.reference) for one in sorted(ready.dossiers, key=_ready_ms, reverse=True)]
    listed = numbers[NEWEST:]
    return Board(numbers[:NEWEST], listed, ready.total - len(numbers), now, wall)


def _ready_ms(dossier: Dossier) -> int:
    return max((step.time_ms for step in dossier.case.history if step.kind == "certificate.ready"), default=0)


def _number(reference: str) -> str:
    """A reference without the annexe's prefix, which everyone in this room shares."""
    return reference.partition("-")[2] or reference
