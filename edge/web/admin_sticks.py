"""The stick on the appliance's page: which are plugged in, writing to one and reading it, how far it is.

A stick is named by the id that the page was given; no path goes either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from edge.services.office import Office
from edge.services.sticks import StickDesk
from edge.web import signed_in
from edge.web.duties import RUNS_IT
from protocol.errors import N_, PersonError
from screens.forms import read_form

NO_STICKS = N_("This appliance was not set up to use sticks.")

DOING: Mapping[tuple[str, bool], str] = {
    ("export", True): N_("The stick is being written: leave it in."),
    ("export", False): N_("The stick was written."),
    ("import", True): N_("The stick is being read: leave it in."),
    ("import", False): N_("The stick was read."),
}
"""What is done with a stick, and whether it goes on."""

FULL = N_("The stick is full. What is on it is whole: carry it, and go on with another stick.")
FAILED = N_("The stick could not be used. Plug it in again, and see that it is not write-protected.")
NOTHING = N_("There is nothing for this annexe on the stick.")

REFUSALS: Mapping[str, str] = {
    "no-bundle": N_("This file was not written by an export."),
    "bundle-cut": N_("This file is cut off: the stick was pulled too early. Have it exported again."),
    "bundle-damaged": N_("This file is damaged. Have it exported again."),
    "bundle-gap": N_("An earlier file has not come. Bring it first, then this one again."),
    "identity": N_("This file could not prove that it comes from the prefecture. Nothing of it was taken."),
}
"""Why a file was refused, by the kind of the refusal; another is shown as the machine said it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the template says of a stick."""

    doing: Mapping[tuple[str, bool], str]
    refusals: Mapping[str, str]
    full: str
    failed: str
    nothing: str


WORDS = Words(DOING, REFUSALS, FULL, FAILED, NOTHING)


def routes(_office: Office) -> list[web.RouteDef]:
    """What can be done with a stick."""
    return [
        web.post("/admin/sticks/{stick}/export", export),
        web.post("/admin/sticks/{stick}/continue", go_on),
        web.post("/admin/sticks/{stick}/import", take),
    ]


@RUNS_IT
async def export(request: web.Request) -> web.StreamResponse:
    """Begin to write to a stick."""
    await read_form(request)
    await _desk(request).export(request.match_info["stick"])
    raise web.HTTPSeeOther("/admin#sticks")


@RUNS_IT
async def go_on(request: web.Request) -> web.StreamResponse:
    """Go on where a full stick ended."""
    await read_form(request)
    await _desk(request).export(request.match_info["stick"], go_on=True)
    raise web.HTTPSeeOther("/admin#sticks")


@RUNS_IT
async def take(request: web.Request) -> web.StreamResponse:
    """Begin to read a stick."""
    await read_form(request)
    await _desk(request).take(request.match_info["stick"])
    raise web.HTTPSeeOther("/admin#sticks")


def _desk(request: web.Request) -> StickDesk:
    desk = signed_in.office_of(request).sticks
    if desk is None:
        raise PersonError(NO_STICKS, status=404)
    return desk
