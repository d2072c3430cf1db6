"""Which paths a paired screen of each kind may open, and what every device may: the one table of screens and routes.

A screen opens the area of its kind, and nothing of another's: a kiosk that somebody carried away, or a browser that
somebody broke out of, asks for no page of the counter. `docs/roles.md` is drawn from this table and from the routes
themselves, and a test holds that each route stands in one of the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from protocol.errors import N_
from protocol.office.events import ScreenKind

HOMES: Mapping[ScreenKind, str] = {
    "kiosk": "/kiosk",
    "counter": "/counter",
    "authority": "/authority",
    "display": "/display",
    "admin": "/admin",
}
"""By kind: the first page of its area, and the beginning of every path in it."""

KIND_WORDS: Mapping[ScreenKind, str] = {
    "kiosk": N_("Kiosk"),
    "counter": N_("Counter"),
    "authority": N_("Tablet of the authority agent"),
    "display": N_("Display of the waiting room"),
    "admin": N_("Administration"),
}

OPEN: Mapping[str, str] = {
    "/": "leads to this browser's own screen, or to the pairing page",
    "/health": "says whether the appliance works, and nothing of anybody",
    "/kiosk/follow/{reference}": "where a receipt's QR code leads on a citizen's own telephone: one state, no name",
    "/lang/{code}": "remembers a language",
    "/metrics": "answers this machine alone",
    "/mirror": "a standby proves itself by its keys",
    "/pair": "the pairing page",
    "/pair/live": "tells a device that waits there that it was confirmed",
    "/pair/{kind}": "the pairing page, where a QR code leads",
    "/static": "style sheets, pictures and modules, the same for everybody",
}
"""What a device that is not paired may open, and why."""


_KINDS: Mapping[str, ScreenKind] = {home[1:]: kind for kind, home in HOMES.items()}


def kind_of(path: str) -> ScreenKind | None:
    """Return the kind of screen that a path belongs to, None for one that is no screen's."""
    return _KINDS.get(path.lstrip("/").split("/", 1)[0])


def is_open(request: web.Request) -> bool:
    """Say whether any device may ask for this."""
    resource = request.match_info.route.resource
    return resource is not None and resource.canonical in OPEN
