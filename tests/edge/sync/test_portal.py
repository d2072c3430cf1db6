"""A network whose own page answers for everybody until one has signed in: a hotel's, a café's, a mobile operator's."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from edge.sync.link import Dialler
from edge.sync.sentences import INTERCEPTED, PORTAL, UNREACHABLE
from tests.central.support import centre_in
from tests.edge.sync.support import (
    annexe_in,
    at_centre,
    at_edge,
    loopback,
    make_uplink,
    running,
    served,
    until,
    until_sent,
)
from tests.edge.sync.tls import server_tls
from tests.edge.sync.writing import write_some

SIGN_IN = "<!doctype html><title>Bienvenue</title><form method=post>Chambre, nom</form>"


@dataclass
class Portal:
    """What answers in everybody's place, and what it was told."""

    port: int
    heard: list[str] = field(default_factory=list)


@asynccontextmanager
async def portal(answer: Callable[[], web.Response], tls: ssl.SSLContext | None = None) -> AsyncIterator[Portal]:
    listener = loopback()
    seen = Portal(listener.getsockname()[1])

    async def catch_all(request: web.Request) -> web.StreamResponse:
        seen.heard.append(f"{request.path} {dict(request.headers)}")
        return answer()

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", catch_all)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener, ssl_context=tls).start()
    try:
        yield seen
    finally:
        await runner.cleanup()


def page(status: int) -> Callable[[], web.Response]:
    return lambda: web.Response(status=status, text=SIGN_IN, content_type="text/html")


def moved(status: int) -> Callable[[], web.Response]:
    return lambda: web.Response(status=status, headers={"Location": "/sign-in?from=uplink"})


@pytest.mark.parametrize(
    "answer", [page(200), page(401), page(403), page(404), page(511), moved(302), moved(307), moved(303)]
)
async def test_a_sign_in_page_is_recognised_and_is_not_the_prefectures_refusal(
    tmp_path: Path, answer: Callable[[], web.Response]
) -> None:
    async with portal(answer) as there, annexe_in(tmp_path) as store:
        await write_some(store, 1)
        dialler = Dialler(f"http://127.0.0.1:{there.port}/uplink")
        async with running(make_uplink(store, dialler)) as uplink:
            await until(lambda: uplink.status.next_try_ms is not None, uplink.on_change)
            assert uplink.status.error == PORTAL
            assert uplink.status.left == 3
        assert {line.split(" ")[0] for line in there.heard} == {"/uplink"}, "a redirect is never followed"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_reverse_proxy_whose_prefecture_is_down_is_no_portal(tmp_path: Path, status: int) -> None:
    async with portal(page(status)) as there, annexe_in(tmp_path) as store:
        dialler = Dialler(f"http://127.0.0.1:{there.port}/uplink")
        async with running(make_uplink(store, dialler)) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert (uplink.status.error, uplink.status.detail) == (UNREACHABLE, f"HTTP {status}")


async def test_who_speaks_and_not_http_is_somebody_else(tmp_path: Path) -> None:
    async def mumble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 welcome to our network\r\n\r\n")
        await writer.drain()
        writer.close()

    async with (
        tcp_server(mumble) as port,
        annexe_in(tmp_path) as store,
        running(make_uplink(store, Dialler(f"http://127.0.0.1:{port}/uplink"))) as uplink,
    ):
        await until(lambda: uplink.status.error is not None, uplink.on_change)
        assert uplink.status.error == PORTAL


@pytest.mark.parametrize("pinned", [True, False], ids=["pinned", "by authorities"])
async def test_a_portal_that_intercepts_tls_hears_nothing(tmp_path: Path, pinned: bool) -> None:
    prefecture, stranger = server_tls(tmp_path, "prefecture"), server_tls(tmp_path, "portal")
    async with portal(page(200), stranger.context) as there, annexe_in(tmp_path / "a") as store:
        await write_some(store, 1)
        pin = prefecture.fingerprint if pinned else None
        dialler = Dialler(f"https://127.0.0.1:{there.port}/uplink", pin=pin)
        async with running(make_uplink(store, dialler)) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error == INTERCEPTED
        assert there.heard == []


async def test_a_portal_that_answers_tls_in_clear_gets_no_hello(tmp_path: Path) -> None:
    heard = bytearray()

    async def in_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(4096))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with (
        tcp_server(in_clear) as port,
        annexe_in(tmp_path) as store,
        running(make_uplink(store, Dialler(f"https://127.0.0.1:{port}/uplink"))) as uplink,
    ):
        await until(lambda: uplink.status.error is not None, uplink.on_change)
        assert uplink.status.error == INTERCEPTED
    assert b"Mulhaqa" not in heard
    assert b"berkane" not in heard


async def test_once_somebody_has_signed_in_everything_goes_by_itself(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        portal(moved(302)) as there,
        annexe_in(tmp_path / "a") as store,
    ):
        await write_some(store, 2)
        prefecture, line.target = line.target, there.port
        async with running(make_uplink(store, line)) as uplink:
            await until(lambda: len(there.heard) >= 2, uplink.on_change)
            assert uplink.status.error == PORTAL
            line.target = prefecture
            await until_sent(uplink)
            assert uplink.status.error is None
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")


@asynccontextmanager
async def tcp_server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, sock=loopback())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await server.wait_closed()
