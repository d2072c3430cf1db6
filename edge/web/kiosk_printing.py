"""The receipt on paper: printed at the kiosk when the person touches "print", and never by itself.

A receipt is printed a few times a session at most: who needs a stack of them asks at the counter. What the printer did
is said once, on the receipt's page.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from edge.services import printing
from edge.services.office import Office
from edge.web import signed_in
from edge.web.kiosk_own import language_of, own_dossier
from edge.web.kiosk_page import go
from protocol.errors import N_, PersonError
from screens import pages
from screens.forms import read_form

MOST = 3
"""Tickets of one receipt in one session: one that jammed, one that was lost, and no game."""

COMES = N_("Your receipt comes out of the printer. Take it with you.")
ENOUGH = N_("This receipt was printed already. For another one, ask at the counter.")

SAID = "printed said"
COUNTS = "printed counts"
"""Where the session keeps what to say once, and by which commands each receipt was printed."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of the printing, translated, with its look."""

    sentence: str
    colour: str
    picture: str


def routes(_office: Office) -> list[web.RouteDef]:
    """The one route."""
    return [web.post("/kiosk/receipt/{case}/print", print_receipt)]


def said_once(request: web.Request) -> Said | None:
    """Take what is to be said of the last printing."""
    said = pages.session_of(request).data.pop(SAID, None)
    return said if isinstance(said, Said) else None


@signed_in.citizen
async def print_receipt(request: web.Request) -> web.StreamResponse:
    """Print, then show the receipt again with what became of it."""
    dossier, tongue = await own_dossier(request), pages.tongue_of(request)
    command = signed_in.command_of(request, await read_form(request))
    printed = _printed(request, dossier.subject)
    try:
        _admit(command, printed)
        await printing.print_receipt(signed_in.office_of(request), command, dossier.subject, language_of(request))
        printed.add(command)
    except PersonError as error:
        said = Said(tongue.error(error), "wait", "alert")
    else:
        said = Said(tongue.gettext(COMES), "ready", "check")
    pages.session_of(request).data[SAID] = said
    raise go(f"/kiosk/receipt/{request.match_info['case']}")


def _admit(command: bytes, printed: set[bytes]) -> None:
    """Let one more ticket pass; PersonError (429) when there were enough."""
    if command not in printed and len(printed) >= MOST:
        raise PersonError(ENOUGH, status=429)


def _printed(request: web.Request, case: bytes) -> set[bytes]:
    """The commands by which this session printed this receipt."""
    counts: dict[bytes, set[bytes]] = pages.session_of(request).data.setdefault(COUNTS, {})
    return counts.setdefault(case, set())
