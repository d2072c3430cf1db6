"""`sync.memory`, `store.start`, `store.page`: an office after years, beside one of its first days.

The years are written through the store's own writer, many requests to a commit: requests of the same people, each with
a key of its own, all but the last few withdrawn again. How many records they are is said in the figure's unit: a tenth
of the million by default, for the million takes half an hour (`--records 1000000`).
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from bench import filling
from bench.figure import Aim, Effort, Figure, Round, figure, rounded
from bench.pair import pair, staged
from bench.place import Place
from bench.requests import workload
from bench.visits import clerk
from launcher.pairing import header
from launcher.stage import AGENTS, ANNEXE, HOST, Stage, free_ports

FEW = 10_000
"""Records beside which the memory of many is held."""

YOUNG = 1_000
"""Records of the office whose pages are the floor."""

PEOPLE = 10_000
"""Accounts: the people of a quarter who come to one annexe."""

PAGES = ("/counter", "/admin")
"""Pages that read the store each time: what waits at the counter, and the appliance's own."""

LOOKS = 50
"""Times that a page is asked for in a round, in turns at both offices."""

FIRST_PAGE = "/kiosk"


@dataclass(frozen=True, slots=True)
class Offices:
    """Folders of a prefecture and an annexe that stand still: with nothing sent, one of each age."""

    empty: Path
    young: Path
    few: Path
    many: Path


def memory(place: Place, effort: Effort) -> Figure:
    """The most memory that an end holds while many records are sent, against few; of both ends the worse one."""
    offices = place.once(_offices, effort)
    peaks = asyncio.run(_peaks(place, (offices.few, offices.many)))
    rounds = {end: Round(many, few) for (end, few), many in zip(peaks[0].items(), peaks[1].values(), strict=True)}
    worse = max(rounds, key=lambda end: rounds[end].ratio)
    notes = [f"{end}: {one.value:.0f} MB against {one.floor:.0f} MB" for end, one in rounds.items()]
    return figure("sync.memory", f"MB ({effort.many:,} records)", [rounds[worse]], Aim("<=", 1.1), notes)


async def _peaks(place: Place, folders: Sequence[Path]) -> list[dict[str, float]]:
    found = []
    for folder in folders:
        place.say(f"sending what {folder.name} hold")
        async with pair(folder, place.folder / "sending") as two:
            await two.start()
            await two.confirmed()
            found.append(two.peaks())
    return found


def start(place: Place, effort: Effort) -> Figure:
    """Seconds from a start to the first page."""
    offices = place.once(_offices, effort)
    rounds = [Round(_start(offices.many), _start(offices.empty)) for _ in range(effort.rounds)]
    return figure("store.start", f"s ({effort.many:,} records)", rounds, Aim("<=", 2.0))


def _start(folder: Path) -> float:
    stage = _still(folder)
    edge, cookies = stage.edge, {"Cookie": header(stage.cookies)}
    began = time.perf_counter()
    edge.start("--no-uplink", "--no-announce")
    try:
        with closing(HTTPConnection(HOST, edge.port, timeout=30)) as connection:
            _look(connection, FIRST_PAGE, cookies)
        return time.perf_counter() - began
    finally:
        edge.stop()


def page(place: Place, effort: Effort) -> Figure:
    """Milliseconds of a page, the median: of the pages the one that age slows the most."""
    offices = place.once(_offices, effort)
    stages = [_still(folder) for folder in (offices.many, offices.young)]
    for stage in stages:
        stage.edge.start("--no-uplink", "--no-announce")
    try:
        rounds = {path: _page(path, stages, effort) for path in PAGES}
    finally:
        for stage in stages:
            stage.edge.stop()
    figures = {
        path: figure("store.page", f"ms ({effort.many:,} records)", found, Aim("<=", 1.2))
        for path, found in rounds.items()
    }
    worst = max(figures.values(), key=lambda one: one.median.ratio)
    notes = [f"{path}: {rounded(one.median.ratio):g} times" for path, one in figures.items()]
    return Figure(worst.name, worst.unit, worst.median, worst.aim, worst.spread, tuple(notes))


def _page(path: str, stages: Sequence[Stage], effort: Effort) -> list[Round]:
    agent = next(one for one in AGENTS if one.role == ("admin" if path == "/admin" else "clerk"))
    found = []
    with ExitStack() as stack:
        desks = [
            (stack.enter_context(closing(HTTPConnection(HOST, one.ports.edge, timeout=30))), clerk(one, path, agent))
            for one in stages
        ]
        for _ in range(effort.rounds + 1):  # the first pages parse templates and fill caches
            took: list[list[float]] = [[], []]
            for _ in range(LOOKS):
                for desk, times in zip(desks, took, strict=True):
                    times.append(1000 * _look(desk[0], path, {"Cookie": desk[1]}))
            found.append(Round(median(took[0]), median(took[1])))
    return found[1:]


def _look(connection: HTTPConnection, path: str, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered {answer.status}")
    return time.perf_counter() - began


def _still(folder: Path) -> Stage:
    return Stage(folder, free_ports(), say=lambda _line: None)


def _offices(place: Place, effort: Effort) -> Offices:
    home = place.folder / "offices"
    offices = Offices(*(home / name for name in ("empty", "young", "few", "many")))
    staged(offices.empty, place.say)
    for folder in (offices.young, offices.few, offices.many):
        shutil.copytree(offices.empty, folder)
    few = min(FEW, effort.many // 10)
    for folder, records in ((offices.young, YOUNG), (offices.few, few), (offices.many, effort.many)):
        asyncio.run(_fill(place, folder, min(records, effort.many), min(PEOPLE, few)))
    return offices


async def _fill(place: Place, folder: Path, records: int, people: int) -> None:
    asked = workload(place.requests, people)
    async with filling.opened(folder / ANNEXE) as store:
        accounts = await filling.open_accounts(store, asked.citizens())
        await filling.live(store, asked.documents, accounts, records, place.say)
