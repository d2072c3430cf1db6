"""A line that keeps to its caps, in a time of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge.store.store import Store
from edge.sync.ledger import Ledger
from edge.sync.meter import Carried
from edge.sync.shaping import OVERHEAD, ShapedDialler
from tests.edge.sync.support import annexe_in

CAP = 4096


class Hand:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s

    async def sleep(self, seconds: float) -> None:
        self.s += seconds


class Wire:
    """A line that carries at once, and gives what it is told to."""

    patience_s = 30.0

    def __init__(self, clock: Hand) -> None:
        self.clock = clock
        self.sent: list[tuple[float, int]] = []
        self.arriving: list[bytes] = []

    @asynccontextmanager
    async def dial(self, _hello: bytes) -> AsyncIterator[Wire]:
        yield self

    async def send_frame(self, frame: bytes) -> None:
        self.sent.append((self.clock(), len(frame)))

    async def receive_frame(self) -> bytes | None:
        return self.arriving.pop(0) if self.arriving else None

    def carried(self) -> Carried:
        return Carried(sum(size for _, size in self.sent), 0)


def shaped(store: Store, wire: Wire, rate: list[int | None]) -> tuple[ShapedDialler, Ledger]:
    ledger = Ledger(store, lambda: "2026-11-27")
    return ShapedDialler(wire, ledger, lambda: rate[0], wire.clock, wire.clock.sleep), ledger


async def test_a_capped_line_takes_the_time_that_the_cap_gives_it(tmp_path: Path) -> None:
    clock = Hand()
    wire = Wire(clock)
    async with annexe_in(tmp_path) as store:
        dialler, ledger = shaped(store, wire, [CAP])
        async with dialler.dial(b"") as line:
            for _ in range(40):
                await line.send_frame(bytes(CAP - OVERHEAD))
        assert 39 <= clock.s <= 40
        assert ledger.days["2026-11-27"].up == 40 * (CAP - OVERHEAD)


async def test_what_comes_is_read_no_faster_than_the_cap(tmp_path: Path) -> None:
    clock = Hand()
    wire = Wire(clock)
    wire.arriving = [bytes(CAP - OVERHEAD)] * 10
    async with annexe_in(tmp_path) as store:
        dialler, _ = shaped(store, wire, [CAP])
        async with dialler.dial(b"") as line:
            while await line.receive_frame() is not None:
                pass
        assert 9 <= clock.s <= 10


async def test_the_hour_in_which_a_cap_ends_frees_the_line(tmp_path: Path) -> None:
    clock = Hand()
    wire = Wire(clock)
    rate: list[int | None] = [CAP]
    async with annexe_in(tmp_path) as store:
        dialler, _ = shaped(store, wire, rate)
        async with dialler.dial(b"") as line:
            await line.send_frame(bytes(10 * CAP))
            held = clock.s
            rate[0] = None
            for _ in range(100):
                await line.send_frame(bytes(10 * CAP))
        assert clock.s == held


async def test_a_frame_that_waits_ends_with_its_connection(tmp_path: Path) -> None:
    wire = Wire(Hand())

    async def for_ever(_seconds: float) -> None:
        await asyncio.Event().wait()

    async with annexe_in(tmp_path) as store:
        ledger = Ledger(store, lambda: "2026-11-27")
        dialler = ShapedDialler(wire, ledger, lambda: CAP, wire.clock, for_ever)
        async with dialler.dial(b"") as line:
            sending = asyncio.create_task(line.send_frame(bytes(10 * CAP)))
            await asyncio.sleep(0)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    assert wire.sent == []
