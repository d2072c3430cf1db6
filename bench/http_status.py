"""`http.status`: a signed-in citizen's own page (account and requests) per second against a hello-world."""

from __future__ import annotations

from itertools import cycle

from bench.figure import Aim, Effort, Figure
from bench.place import Place
from bench.visits import visits
from bench.wrk import CONNECTIONS, against_hello

PATH = "/kiosk/account"


def measure(place: Place, effort: Effort) -> Figure:
    """As many citizens as connections, each looking at his own page: the state of his request, and who looked."""
    with visits(place.serving(), CONNECTIONS) as citizens:
        for citizen, person in zip(citizens, cycle(place.people), strict=False):
            citizen.sign_in(person)
        pages = [f"{PATH}\t{citizen.cookie}" for citizen in citizens]
    return against_hello("http.status", "pages/s", place, effort, pages, Aim(">=", 0.1))
