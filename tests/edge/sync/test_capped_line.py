"""An annexe that may use no more than a cap: what a case waits for, and what passes. Nothing is timed.

How much is under way follows what was measured, and a busy machine is measured with the line; so what is asserted here
is the order. The bound to the byte is in `tests/simulation/test_poor_lines.py`, which no machine disturbs.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge.sync.ledger import Ledger
from edge.sync.link import Dialler
from edge.sync.shaping import ShapedDialler
from tests.central.support import centre_in
from tests.edge.sync.on_the_line import CASES, OFFICE, taken_in
from tests.edge.sync.support import annexe_in, at_centre, at_edge, eventually, make_uplink, running, served, until
from tests.edge.sync.test_slow_line import real_ms
from tests.edge.sync.writing import work_in_the_office, write_some

CAP = 8 * 1024


async def test_under_a_cap_a_case_goes_first_and_all_arrives(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, uplinks),
        annexe_in(tmp_path / "a") as store,
    ):
        await work_in_the_office(store, 500)
        rate: list[int | None] = [CAP]
        ledger = Ledger(store, lambda: "2026-11-27")
        dialler = Dialler(f"http://127.0.0.1:{line.port}/uplink")
        shaped = ShapedDialler(dialler, ledger, lambda: rate[0], asyncio.get_running_loop().time)
        async with running(make_uplink(store, shaped, now=real_ms)) as uplink:
            await until(lambda: uplink.status.heard and uplink.status.left < 480, uplink.on_change)
            (case,) = await write_some(store, 1)

            async def arrived() -> bool:
                return case in [row.subject for row in await centre.queries.requests()]

            await eventually(arrived, uplinks)
            assert uplink.status.left > 80, "the cap held the office's records back"
            rate[0] = None  # the hour has come in which nothing is bound
            await until(lambda: uplink.status.left == 0, uplink.on_change)
        overtaken = [stream for stream, _ in taken_in(tmp_path / "centre")]
        assert overtaken[overtaken.index(CASES) :].count(OFFICE) > 80, "the case went before them"
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")
    assert CASES in at_centre(tmp_path / "centre")
