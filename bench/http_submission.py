"""`http.submission`: requests sent per second, from the page of answers to the committed record.

A submission is two requests of a signed-in citizen: GET the page that shows all answers, POST its form; the answer to
the POST leaves when the record is on the disk. Signing in and answering the questions come before, uncounted; no
receipt is printed. Each session sends once a round.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from bench import wrk
from bench.figure import Aim, Effort, Figure, Round, figure
from bench.place import PROCEDURE, Place
from bench.visits import Visit, visits

PATH = f"/kiosk/request/{PROCEDURE}/check"
A_SECOND = 500
"""Sessions for each second that is asked for; a fast machine is through with them sooner."""


def measure(place: Place, effort: Effort) -> Figure:
    """Citizens who have answered everything send their requests, 32 at a time."""
    with visits(place.serving(), round(A_SECOND * effort.seconds)) as citizens:
        for citizen, person in zip(citizens, cycle(place.people), strict=False):
            citizen.sign_in(person)
        turns = [_turn(place, effort, citizens) for _ in range(effort.rounds)]
    rounds = [Round(sent.rate, floor.rate) for sent, floor in turns]
    busy = wrk.shares([sent for sent, _ in turns], [floor for _, floor in turns])
    return figure("http.submission", "submissions/s", rounds, Aim(">=", 0.03), [busy])


def _turn(place: Place, effort: Effort, citizens: Sequence[Visit]) -> tuple[wrk.Load, wrk.Load]:
    for citizen in citizens:
        citizen.answer_questions()
    lines = [f"{citizen.csrf}\t{citizen.cookie}" for citizen in citizens]
    floor = wrk.run(place.hello(), "pages", ["/\t"], place.folder, effort.seconds)
    return wrk.run(place.annexe(), "submissions", lines, place.folder, effort.seconds, PATH), floor
