"""The link put together, against a real prefecture: it dials, keeps its cap, and remembers what it cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.link import linked
from edge.link_settings import LinkSettings
from edge.opening import Way
from edge.services.office import Office
from edge.store.tail import Owner
from edge.sync.caps import parse_cap
from edge.sync.link import Proxy
from edge.sync.source import Source
from edge.sync.uplink import Uplink
from protocol.errors import OperatorError
from protocol.records.keys import OpeningKey
from tests.central.support import PREFECTURE, centre_in
from tests.edge.services.support import Clock, office_in
from tests.edge.store.support import ANNEXE
from tests.edge.sync.support import served, until_sent
from tests.edge.web.test_admin_sticks import WRITER


def way_of(office: Office) -> Way:
    identity = PREFECTURE.identity("annexe", ANNEXE, WRITER)
    trust, opening = PREFECTURE.trust(), OpeningKey(WRITER.encode())
    source = Source(office.store, Owner(ANNEXE, identity.signing.public, 1), trust, opening, office.entropy)
    return Way(identity, trust, opening, source)


@asynccontextmanager
async def at_work(folder: Path, url: str, settings: LinkSettings) -> AsyncIterator[tuple[Office, Uplink]]:
    async with office_in(folder, Clock()) as office, linked(office, way_of(office), url, settings) as uplink:
        yield office, uplink


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "a"
    made.mkdir()
    return made


async def test_what_the_link_cost_is_told_at_once_and_still_after_a_restart(folder: Path, tmp_path: Path) -> None:
    caps = LinkSettings(caps=(parse_cap("00:00-24:00 1 MiB/s"),))
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _):
        url = f"http://127.0.0.1:{line.port}/uplink"
        async with at_work(folder, url, caps) as (office, uplink):
            await until_sent(uplink)
            state = office.uplink()
            assert state is not None
            assert (state.connected, state.behind, state.error) == (True, 0, None)
            assert office.link is not None
            assert office.link.state().rate == 1 << 20
            first = office.link.today()
            assert first.up > 500
            assert first.down > 500
        async with at_work(folder, url, LinkSettings()) as (office, uplink):
            await until_sent(uplink)
            assert office.link is not None
            assert office.link.state().rate is None
            assert office.link.today().up > first.up + 500


async def test_settings_that_can_never_work_stop_the_start(tmp_path: Path) -> None:
    settings = LinkSettings(proxy=Proxy("http://10.0.0.1:3128"))
    with pytest.raises(OperatorError, match="https"):
        async with at_work(tmp_path, "http://prefecture.example/uplink", settings):
            pass
