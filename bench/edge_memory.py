"""`edge.memory`: what the annexe's service holds at rest, without the press's process, beside a bare aiohttp.

At rest is after a start and one look at every kind of page: what the first visitor loads stays for good. All resident
pages count, those shared with other programs too.
"""

from __future__ import annotations

from urllib.request import Request, urlopen

from bench.figure import Aim, Effort, Figure, Round, figure
from bench.machine import resident_mb
from bench.place import PROCEDURE, Place, url
from launcher.pairing import header
from launcher.processes import Process

PAGES = (
    "/kiosk", "/kiosk/guide", f"/kiosk/procedures/{PROCEDURE}", "/kiosk/follow", "/counter/sign-in",
    "/authority/sign-in", "/admin/sign-in", "/display",
)  # fmt: skip


def measure(place: Place, effort: Effort) -> Figure:
    """Start the service and the bare one anew for each round."""
    annexe, cookies = place.annexe(), header(place.serving().cookies)
    rounds = [_turn(annexe, place.hello(), cookies) for _ in range(effort.rounds)]
    return figure("edge.memory", "MB", rounds, Aim("<=", 100.0, of="value"))


def _turn(annexe: Process, hello: Process, cookies: str) -> Round:
    for process in (annexe, hello):
        process.stop()
        process.start()
    for page in PAGES:
        request = Request(url(annexe.port, page), headers={"Cookie": cookies})  # noqa: S310 - this machine
        with urlopen(request) as answer:  # noqa: S310 - the same
            answer.read()
    return Round(resident_mb(annexe.group or 0), resident_mb(hello.group or 0))
