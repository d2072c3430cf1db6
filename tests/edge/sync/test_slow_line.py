"""64 kbit/s, 600 ms there and back, a fifth of the packets lost: what a village's mobile network is on a bad day.

Nothing here is timed: what came before what, and how many bytes lay between, is asserted. The line is so slow that a
busy machine adds little to what is measured on it; `tests/simulation/test_poor_lines.py` has the bounds to the byte.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import AddrInfoType, web

from central.centre import Centre
from central.connections import Connections
from edge.store.rows import Committed
from edge.store.store import Store
from edge.sync.link import Dialler
from edge.sync.promptness import prompt_socket
from edge.sync.uplink import Status, Uplink
from protocol.sync.transport import UNSENT
from protocol.sync.window import START
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE
from tests.edge.sync.on_the_line import before_the_case, office_bytes, taken_in
from tests.edge.sync.support import (
    annexe_in,
    at_centre,
    at_edge,
    eventually,
    listening,
    make_uplink,
    running,
    until,
    until_sent,
)
from tests.edge.sync.writing import work_in_the_office, write_some
from tests.slow_line import SlowLine, slow_line

RATE_BYTES, ROUND_TRIP_S = 8_000, 0.6
HOLDS = int(RATE_BYTES * ROUND_TRIP_S)
"""What the line itself holds: its bandwidth-delay product, in bytes."""
BATCH = 4 * 1024
BAD_DAY_S = 240.0
"""Until these tests give up: TCP tries again ever later where its tries are lost too."""
pytestmark = pytest.mark.timeout(BAD_DAY_S + 60)
FIRST_FLIGHT = 10 * 1460
"""What TCP puts on a line before the first answer (RFC 6928)."""


def real_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Place:
    """An annexe and its prefecture at the two ends of a poor line."""

    store: Store
    uplink: Uplink
    prefecture: Centre
    uplinks: Connections
    centre: Path


@asynccontextmanager
async def poor_line(folder: Path, *, loss: int = 20) -> AsyncIterator[Place]:
    async with (
        slow_line(rate="64kbit", delay_s=ROUND_TRIP_S / 2, loss=loss) as line,
        centre_in(folder / "centre") as centre,
        listening(centre, listener_at(line)) as (_, uplinks),
        annexe_in(folder / "a") as store,
    ):
        centre.now = real_ms
        uplink = make_uplink(store, dialler_at(line), now=real_ms)
        yield Place(store, uplink, centre, uplinks, folder / "centre")


def listener_at(line: SlowLine) -> socket.socket:
    with line.far.inside():
        return socket.create_server((line.far.address, 8080))


def dialler_at(line: SlowLine) -> Dialler:
    def from_here(address: AddrInfoType) -> socket.socket:
        with line.near.inside():
            return prompt_socket(address)

    return Dialler(f"http://{line.far.address}:8080/uplink", new_socket=from_here)


@dataclass
class Progress:
    """What the administrator's page would have shown, change by change."""

    left: list[int] = field(default_factory=list)
    most_in_flight: int = 0
    foretold: int = 0
    answers: int = 0

    def __call__(self, status: Status) -> None:
        if not status.heard:
            return
        if status.last_checkpoint_ms is not None and (not self.left or status.left < self.left[-1]):
            self.answers += 1
        self.left.append(status.left)
        self.foretold += bool(status.left and status.remaining_ms)
        self.most_in_flight = max(self.most_in_flight, status.in_flight)

    @property
    def steps(self) -> list[int]:
        return [before - after for before, after in pairwise(self.left)]


async def test_on_a_poor_line_all_arrives_once_and_steadily(tmp_path: Path) -> None:
    async with poor_line(tmp_path) as place:
        await work_in_the_office(place.store, 250)
        progress = Progress()
        place.uplink.on_change(progress)
        async with running(place.uplink):
            await until_sent(place.uplink, BAD_DAY_S)
        assert progress.answers >= 6, "progress must be seen on the way"
        assert progress.foretold >= 5, "and how long the rest takes"
        assert min(progress.steps) >= 0, "what is confirmed is never unconfirmed"
        assert progress.most_in_flight <= START + BATCH
    assert at_centre(place.centre) == at_edge(tmp_path / "a")


async def test_a_case_goes_before_office_records_that_were_queued_before_it(tmp_path: Path) -> None:
    async with poor_line(tmp_path) as place:
        await work_in_the_office(place.store, 500)
        async with running(place.uplink) as uplink:
            await until(lambda: uplink.status.heard and uplink.status.left < 460, uplink.on_change, BAD_DAY_S)
            (case,) = await write_some(place.store, 1)
            there_already = office_bytes(taken_in(place.centre))

            async def arrived() -> bool:
                return case in [row.subject for row in await place.prefecture.queries.requests()]

            await eventually(arrived, place.uplinks, BAD_DAY_S)
            assert uplink.status.left > 100, "the office's records were still on their way"
    overtaking = office_bytes(before_the_case(taken_in(place.centre))) - there_already
    assert overtaking <= 5 * HOLDS, "a case waits for what is under way, and for nothing that is queued"


async def test_a_request_is_confirmed_while_the_prefecture_still_publishes(tmp_path: Path) -> None:
    """The other way is as slow: an answer waits for what is under way there, and not for all that was published."""
    async with poor_line(tmp_path, loss=0) as place:
        agents = [
            PREFECTURE.credential("agent", f"{ANNEXE}/clerk.{number}", name=f"agent {number}") for number in range(250)
        ]
        await place.prefecture.publish_credentials(agents)
        taken = Taken()
        place.store.on_commit(taken)
        async with running(place.uplink) as uplink:
            await until(lambda: taken.feeds > 20, place.store.on_commit, BAD_DAY_S)
            await until(lambda: uplink.status.left == 0, uplink.on_change, BAD_DAY_S)
            await write_some(place.store, 1)
            before = taken.feeds
            await until(lambda: uplink.status.left == 0, uplink.on_change, BAD_DAY_S)
            assert taken.feeds < len(agents), "the prefecture's records were still on their way"
    size = len(at_edge(tmp_path / "a")["all"][1])
    assert (taken.feeds - before) * size <= 5 * HOLDS


@dataclass
class Taken:
    """How many records of the prefecture's were taken in."""

    feeds: int = 0

    def __call__(self, told: Sequence[Committed]) -> None:
        self.feeds += sum(one.stream == "all" for one in told)


async def test_a_frame_is_sent_when_the_kernel_has_it_and_the_kernel_takes_little(tmp_path: Path) -> None:
    """What was handed over cannot be overtaken: on a line that became slow it would be minutes."""
    arrived = asyncio.Event()

    async def take(request: web.Request) -> web.WebSocketResponse:
        there = web.WebSocketResponse()
        await there.prepare(request)
        async for _ in there:
            arrived.set()
        return there

    app = web.Application()
    app.router.add_get("/uplink", take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    async with slow_line(rate="64kbit", delay_s=ROUND_TRIP_S / 2, loss=0) as line:
        await web.SockSite(runner, listener_at(line)).start()
        async with dialler_at(line).dial(b"hello") as there:
            handed = 0
            while not arrived.is_set():
                await there.send_frame(bytes(BATCH))
                handed += BATCH
        assert handed <= UNSENT + 2 * FIRST_FLIGHT + BATCH
        await runner.cleanup()
