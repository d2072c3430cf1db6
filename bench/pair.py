"""A prefecture and an annexe as two processes on this machine, each on a folder of its own, a relay between them."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

from bench.machine import peak_mb
from bench.relay import Passed, Relay, relay
from central.store.database import SQLITE
from launcher.stage import ANNEXE, HOST, Stage, free_ports

QUIET_S = 0.5
"""Nothing passes for so long only when both ends have said all: a commit takes milliseconds."""

LOOK_S = 0.02
PATIENCE_S = 1800.0
BEHIND = "mulhaqa_edge_uplink_behind_records "


class Pair:
    """Made by `pair`; both processes stand still at first."""

    def __init__(self, stage: Stage, way: Relay) -> None:
        self.way = way
        self.stage = stage
        self.centre, self.edge = stage.centre, stage.edge

    async def start(self) -> None:
        """Start both, the relay closed, and wait until the annexe calls."""
        await self.way.close()
        await asyncio.to_thread(self.centre.start)
        await self.start_edge()

    async def start_edge(self) -> None:
        """Start the annexe alone, the relay closed, and wait until it calls."""
        await self.way.close()
        await asyncio.to_thread(self.edge.start)
        await self.way.called()

    async def stop(self) -> None:
        """Stop both."""
        for process in (self.edge, self.centre):
            await asyncio.to_thread(process.stop)

    async def confirmed(self) -> Passed:
        """Let the annexe through, and wait until the prefecture has confirmed everything; returns what passed."""
        self.way.open()
        while True:
            await self.way.quiet(QUIET_S)
            passed = replace(self.way.passed)
            if await asyncio.to_thread(self._behind) == 0:
                return passed
            await asyncio.sleep(QUIET_S)  # a silence in between: one end was at work

    def _behind(self) -> float:
        with urllib.request.urlopen(f"http://{HOST}:{self.edge.port}/metrics") as answer:
            lines: list[str] = answer.read().decode().splitlines()
        return next((float(line.removeprefix(BEHIND)) for line in lines if line.startswith(BEHIND)), 1.0)

    async def folded(self, cases: int) -> float:
        """Wait until the prefecture's views show so many requests; returns when, by `time.perf_counter`."""
        end = time.monotonic() + PATIENCE_S
        uri = f"{(self.stage.centre_data / SQLITE).absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            while time.monotonic() < end:
                (shown,) = database.execute("SELECT count(*) FROM case_views WHERE annexe = ?", (ANNEXE,)).fetchone()
                if shown >= cases:
                    return time.perf_counter()
                await asyncio.sleep(LOOK_S)
        raise TimeoutError(f"the prefecture's views do not show {cases} requests: {self.centre.last_words()}")

    def peaks(self) -> dict[str, float]:
        """The most memory that each end has held so far, in MB."""
        return {"annexe": peak_mb(self.edge.group or 0), "prefecture": peak_mb(self.centre.group or 0)}


@asynccontextmanager
async def pair(prepared: Path, folder: Path) -> AsyncIterator[Pair]:
    """Copy a stage that stands still to `folder`, and put a relay between its two ends."""
    await asyncio.to_thread(shutil.copytree, prepared, folder)
    ports = free_ports()
    async with relay(ports.centre) as way:
        settings = ("--centre-url", f"http://{HOST}:{way.port}", "--no-announce")
        made = Pair(Stage(folder, ports, say=_nothing, settings=settings), way)
        try:
            yield made
        finally:
            await made.stop()
    await asyncio.to_thread(shutil.rmtree, folder)


def staged(folder: Path, say: Callable[[str], None]) -> Path:
    """Make a prefecture and an annexe with its paired screens in `folder`, and leave them standing still."""
    say("making a prefecture and an annexe")
    stage = Stage(folder, free_ports(), say=_nothing)
    stage.make()
    stage.edge.start("--no-uplink", "--no-announce")
    stage.pair()
    stage.edge.stop()
    return folder


def _nothing(_line: str) -> None:
    """The stage's steps are not what is measured."""
