"""The network's HTTP proxy, a real one: what passes, what it sees, and what is told when it does not let us through."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop

from edge.sync.ledger import Ledger
from edge.sync.link import Dialler, Proxy
from edge.sync.sentences import INTERCEPTED, PROXY_PASSWORD, PROXY_REFUSED, PROXY_UNREACHABLE, UNREACHABLE
from edge.sync.shaping import ShapedDialler
from edge.sync.uplink import Uplink
from tests.central.support import centre_in
from tests.edge.sync.support import (
    annexe_in,
    at_centre,
    at_edge,
    listening,
    loopback,
    make_uplink,
    running,
    until,
    until_sent,
)
from tests.edge.sync.tls import ServerTls, server_tls
from tests.edge.sync.writing import write_some

LOGIN, PASSWORD = "annexe", "s3cret-of-the-proxy"
SETTINGS = """Port {port}
Listen 127.0.0.1
Timeout 600
LogLevel Info
LogFile "{log}"
{more}
"""


@dataclass
class RunningProxy:
    """tinyproxy, and what it wrote down."""

    url: str
    log: Path

    def asked(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if "Request" in line]


@contextmanager
def tinyproxy(folder: Path, more: str = "") -> Iterator[RunningProxy]:
    with loopback() as free:
        port = free.getsockname()[1]
    settings, log = folder / "tinyproxy.conf", folder / "tinyproxy.log"
    log.touch(0o666)
    log.chmod(0o666)
    settings.write_text(SETTINGS.format(port=port, log=log, more=more))
    with subprocess.Popen(["tinyproxy", "-d", "-c", str(settings)]) as process:
        try:
            while "Accepting connections" not in log.read_text():
                assert process.poll() is None, log.read_text()
            yield RunningProxy(f"http://127.0.0.1:{port}", log)
        finally:
            process.terminate()


@asynccontextmanager
async def behind_a_proxy(folder: Path, proxy: Proxy, *, tls: ServerTls | None = None) -> AsyncIterator[Uplink]:
    """An annexe behind a proxy, its prefecture with TLS. `tls`: what the annexe takes for the prefecture's."""
    own = server_tls(folder, "prefecture")
    listener = loopback()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}/uplink"
    async with (
        centre_in(folder / "centre") as centre,
        listening(centre, listener, tls=own.context),
        annexe_in(folder / "a") as store,
    ):
        await write_some(store, 2)
        dialler = Dialler(url, proxy=proxy, pin=(tls or own).fingerprint)
        async with running(make_uplink(store, dialler)) as uplink:
            yield uplink


async def test_everything_passes_and_the_proxy_sees_an_address_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with tinyproxy(tmp_path, f"BasicAuth {LOGIN} {PASSWORD}") as there:
        async with behind_a_proxy(tmp_path, Proxy(there.url, LOGIN, PASSWORD)) as uplink:
            await until_sent(uplink)
        asked = there.asked()
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")
    assert asked
    assert all("CONNECT 127.0.0.1:" in line for line in asked)
    assert PASSWORD not in caplog.text


def test_on_the_appliances_own_loop_too_and_the_bytes_are_counted(tmp_path: Path) -> None:
    """`mulhaqa-edge` runs on uvloop, whose transports and sockets are its own."""

    async def story() -> None:
        tls = server_tls(tmp_path, "prefecture")
        listener = loopback()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/uplink"
        with tinyproxy(tmp_path) as there:
            async with (
                centre_in(tmp_path / "centre") as centre,
                listening(centre, listener, tls=tls.context) as (_, uplinks),
                annexe_in(tmp_path / "a") as store,
            ):
                await write_some(store, 2)
                dialler = Dialler(url, proxy=Proxy(there.url), pin=tls.fingerprint)
                ledger = Ledger(store, lambda: "2026-11-27")
                shaped = ShapedDialler(dialler, ledger, lambda: None, asyncio.get_running_loop().time)
                async with running(make_uplink(store, shaped)) as uplink:
                    await until_sent(uplink)
                    before = ledger.days["2026-11-27"]
                    assert before.up > 3_000
                    for one in list(uplinks.open.values()):
                        uplinks.dismiss(one)
                    before_the_next_ping = 15.0  # with which a farewell that was held back would leave
                    await until(lambda: uplink.status.next_try_ms is not None, uplink.on_change, before_the_next_ping)
                    uplink.try_now()
                    await until(lambda: uplink.status.heard, uplink.on_change)
                    assert dialler.leave_unless(set()) is True
                    await until(lambda: not uplink.status.connected, uplink.on_change)
                assert ledger.days["2026-11-27"].up > before.up

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")


async def test_a_wrong_password_is_told_as_such_and_never_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    proxy = Proxy("", LOGIN, "another-secret")
    assert "another-secret" not in repr(proxy)
    with tinyproxy(tmp_path, f"BasicAuth {LOGIN} {PASSWORD}") as there:
        async with behind_a_proxy(tmp_path, Proxy(there.url, LOGIN, "another-secret")) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error == PROXY_PASSWORD
            assert "another-secret" not in uplink.status.detail
    assert "another-secret" not in caplog.text


async def test_a_proxy_that_does_not_let_us_through_is_told_as_such(tmp_path: Path) -> None:
    with tinyproxy(tmp_path, "ConnectPort 1") as there:
        async with behind_a_proxy(tmp_path, Proxy(there.url)) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error == PROXY_REFUSED


async def test_a_proxy_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with loopback() as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with behind_a_proxy(tmp_path, Proxy(url)) as uplink:
        await until(lambda: uplink.status.error is not None, uplink.on_change)
        assert uplink.status.error == PROXY_UNREACHABLE


async def test_a_prefecture_that_is_down_behind_the_proxy_is_not_the_proxys_fault(tmp_path: Path) -> None:
    with loopback() as free:
        port = free.getsockname()[1]
    with tinyproxy(tmp_path) as there:
        async with annexe_in(tmp_path / "a") as store:
            dialler = Dialler(f"https://127.0.0.1:{port}/uplink", proxy=Proxy(there.url))
            async with running(make_uplink(store, dialler)) as uplink:
                await until(lambda: uplink.status.error is not None, uplink.on_change)
                assert uplink.status.error == UNREACHABLE


async def test_tls_is_pinned_through_the_proxy_too(tmp_path: Path) -> None:
    """As a proxy that opens TLS with a certificate of its own would look."""
    with tinyproxy(tmp_path) as there:
        other = server_tls(tmp_path, "expected")
        async with behind_a_proxy(tmp_path, Proxy(there.url), tls=other) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error == INTERCEPTED
    assert "berkane-05/cases" not in at_centre(tmp_path / "centre")
