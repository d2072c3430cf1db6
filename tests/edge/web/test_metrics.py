"""The appliance's figures: true, about nobody, and for this machine alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import make_mocked_request

from edge.services.office import Office
from edge.web.metrics import METRICS
from protocol.errors import CallerError
from screens.metrics import Sample, exposition, from_this_machine
from tests.edge.web import staff
from tests.edge.web.staff import Desk, make_ready


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    async with staff.at_work(office) as desk:
        yield desk


async def figures(desk: Desk) -> dict[str, float]:
    lines = (await desk.read("/metrics")).splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


async def test_what_happens_is_counted_and_nobody_is_named(desk: Desk, office: Office) -> None:
    before = await figures(desk)
    assert before['mulhaqa_edge_info{annexe="berkane-05",software="unknown"}'] == 1
    assert before["mulhaqa_edge_disk_failed"] == 0
    await staff.hire(office)
    await make_ready(office)
    after = await figures(desk)
    assert after['mulhaqa_edge_requests{state="ready"}'] == 1
    assert after['mulhaqa_edge_messages{state="queued"}'] == 1
    assert after['mulhaqa_edge_reads{route="/metrics"}'] == 1, "the page read before this one"
    assert after["mulhaqa_edge_log_records"] > before["mulhaqa_edge_log_records"] + 5
    page = await desk.read("/metrics")
    for secret in ("Benali", "بنعلي", "FA123456", "612345621", "residence"):
        assert secret not in page
    for metric in METRICS:
        assert f"# TYPE {metric.name} gauge" in page


def test_whoever_asks_over_the_network_finds_nothing() -> None:
    class Peer:
        def __init__(self, host: str) -> None:
            self.host = host

        def get_extra_info(self, name: str, default: object = None) -> object:
            return (self.host, 1) if name == "peername" else default

    def asked_from(host: str) -> bool:
        return from_this_machine(make_mocked_request("GET", "/metrics", transport=Peer(host)))

    assert asked_from("127.0.0.1")
    assert asked_from("::1")
    assert not asked_from("192.168.1.7")
    assert not asked_from("fe80::1")


def test_a_figure_that_nobody_declared_is_a_mistake() -> None:
    for sample in (Sample("mulhaqa_edge_mood", 1), Sample("mulhaqa_edge_requests", 1)):
        with pytest.raises(CallerError):
            exposition(METRICS, [sample])
