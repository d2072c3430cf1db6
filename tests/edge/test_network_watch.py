"""A network that comes back: the machine says so, and the prefecture is dialled at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import AddrInfoType

from edge.network_watch import NetworkWatch, own_addresses
from edge.sync.link import Dialler
from edge.sync.promptness import prompt_socket
from edge.sync.sentences import UNREACHABLE
from tests.central.support import centre_in
from tests.edge.sync.support import annexe_in, listening, make_uplink, running, until, until_sent
from tests.edge.sync.writing import write_some
from tests.lan import Machine, lan

AN_HOUR = 7200.0
"""A jitter that makes the first wait an hour: whoever dials again before that was told to."""


@asynccontextmanager
async def watched(machine: Machine) -> AsyncIterator[asyncio.Event]:
    changed = asyncio.Event()
    watch = NetworkWatch(changed.set, settle_s=0.05)
    with machine.inside():
        watch.start()
    try:
        yield changed
    finally:
        watch.stop()


async def test_each_change_of_the_network_is_told_once_it_has_settled() -> None:
    async with lan("annexe") as (annexe,), watched(annexe) as changed:
        for change in (annexe.unplug, lambda: annexe.readdress("10.213.7.77")):
            change()
            async with asyncio.timeout(10):
                await changed.wait()
            changed.clear()


def test_a_machine_knows_its_addresses() -> None:
    assert "127.0.0.1" in own_addresses()


async def test_a_cable_that_is_plugged_in_again_ends_the_wait_at_once(tmp_path: Path) -> None:
    async with lan("annexe", "prefecture") as (annexe, prefecture):
        with prefecture.inside():
            listener = socket.create_server((prefecture.address, 8080))

        def from_here(address: AddrInfoType) -> socket.socket:
            with annexe.inside():
                return prompt_socket(address)

        dialler = Dialler(f"http://{prefecture.address}:8080/uplink", new_socket=from_here)
        async with (
            centre_in(tmp_path / "centre") as centre,
            listening(centre, listener),
            annexe_in(tmp_path / "a") as store,
        ):
            await write_some(store, 1)
            uplink = make_uplink(store, dialler, jitter=lambda: AN_HOUR)

            def changed() -> None:
                uplink.network_changed(left=dialler.leave_unless({annexe.address}))

            annexe.unplug()
            with annexe.inside():
                watch = NetworkWatch(changed, settle_s=0.05)
                watch.start()
            async with running(uplink):
                await until(lambda: uplink.status.next_try_ms is not None, uplink.on_change)
                assert uplink.status.error == UNREACHABLE
                annexe.readdress("10.213.7.9")
                await until_sent(uplink)
                here = uplink.status.connected_since_ms
                annexe.readdress("10.213.7.10")
                await until(lambda: uplink.status.connected_since_ms not in (None, here), uplink.on_change)
            watch.stop()


async def test_a_connection_from_an_address_that_is_still_ours_goes_on(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        annexe_in(tmp_path / "a") as store,
    ):
        listener = socket.create_server(("127.0.0.1", 0))
        dialler = Dialler(f"http://127.0.0.1:{listener.getsockname()[1]}/uplink")
        dialler.leave_unless(set())
        async with listening(centre, listener), running(make_uplink(store, dialler)) as uplink:
            await until(lambda: uplink.status.heard, uplink.on_change)
            dialler.leave_unless(own_addresses())
            await write_some(store, 1)
            await until_sent(uplink)
            assert uplink.status.error is None
