"""What goes before a case on a poor line, to the byte: in simulated time, so that no busy machine is measured with it.

The same two lines with a real kernel and real sockets are in `tests/edge/sync/test_slow_line.py` and
`test_capped_line.py`, which assert what holds however busy the machine is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from central.store.database import SQLITE
from edge.store.store import Store
from edge.sync.uplink import Status
from protocol.sync.window import BATCH_FLOOR, FLOOR, START
from tests.edge.sync.on_the_line import CASES, TAKEN_IN, Row, before_the_case, office_bytes
from tests.edge.sync.writing import work_in_the_office, write_some
from tests.simulation.network import Weather
from tests.simulation.nodes import AnnexeMachine
from tests.simulation.stage import Stage

VILLAGE = Weather(delay_s=0.3, rate=8_000.0)
"""64 kbit/s, 600 ms there and back."""

STEP_S = 0.05


@dataclass
class Seen:
    """What was measured: bytes of the office that overtook the case, what was left when it arrived, what was in
    flight at most before it was written."""

    overtaking: int = 0
    left: int = 0
    in_flight: list[int] = field(default_factory=list)


def played(folder: Path, weather: Weather, cap: int | None, seed: int) -> Seen:
    """The office has 500 records to send when a case is submitted, twenty of them on their way."""
    seen, stage = Seen(), Stage(seed, folder)

    async def story(stage: Stage) -> None:
        machine = await stage.machine("appliance")
        machine.line.weather, machine.cap = weather, cap
        store = machine.store
        assert store is not None
        await machine.ask(work_in_the_office(store, 500))
        await stage.plug_in(machine)
        await _until(lambda: _status(machine).heard and _status(machine).left < 480, seen, machine)
        await _overtaken(stage, machine, store, seen)
        machine.cap, machine.line.weather = None, Weather()
        await stage.rest(machine)

    told = stage.play(story)
    assert told.broken == []
    return seen


async def _overtaken(stage: Stage, machine: AnnexeMachine, store: Store, seen: Seen) -> None:
    await machine.ask(write_some(store, 1))
    there_already = office_bytes(_rows(stage))
    rows = await _with_the_case(stage)
    seen.overtaking, seen.left = office_bytes(before_the_case(rows)) - there_already, _status(machine).left


async def _with_the_case(stage: Stage) -> list[Row]:
    while True:
        await asyncio.sleep(STEP_S)
        if CASES in dict(rows := _rows(stage)):
            return rows


def _rows(stage: Stage) -> list[Row]:
    connection = stage.centre.disk.connect(SQLITE, writable=False)
    try:
        return [(str(stream), bytes(encoded)) for stream, encoded in connection.execute(TAKEN_IN)]
    finally:
        connection.close(True)


async def _until(holds: Callable[[], bool], seen: Seen, machine: AnnexeMachine) -> None:
    while not holds():
        seen.in_flight.append(_status(machine).in_flight)
        await asyncio.sleep(STEP_S)


def _status(machine: AnnexeMachine) -> Status:
    assert machine.uplink is not None
    return machine.uplink.status


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("weather", "cap"), [(VILLAGE, None), (Weather(), 8 * 1024)], ids=["village", "cap"])
def test_a_window_and_one_batch_go_before_a_case_and_no_more(
    tmp_path: Path, weather: Weather, cap: int | None, seed: int
) -> None:
    seen = played(tmp_path, weather, cap, seed)
    assert seen.left > 80, "the office's records were still on their way"
    assert max(seen.in_flight) <= START + BATCH_FLOOR
    assert 0 <= seen.overtaking <= FLOOR + BATCH_FLOOR
