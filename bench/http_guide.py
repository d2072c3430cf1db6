"""`http.guide`: pages of the guide, the same for everyone, per second against a bare aiohttp hello-world."""

from __future__ import annotations

from bench.figure import Aim, Effort, Figure
from bench.place import PROCEDURE, Place
from bench.visits import visits
from bench.wrk import CONNECTIONS, against_hello

PATHS = ("/kiosk/guide", f"/kiosk/procedures/{PROCEDURE}")


def measure(place: Place, effort: Effort) -> Figure:
    """The list and one procedure in turn, in both languages, read by browsers that have their session already."""
    with visits(place.serving(), CONNECTIONS) as readers:
        pages = [f"{path}\t{reader.cookie}" for reader in readers for path in PATHS]
    return against_hello("http.guide", "pages/s", place, effort, pages, Aim(">=", 0.4))
