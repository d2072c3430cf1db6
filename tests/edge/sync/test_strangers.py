"""Who cannot prove who he is, on either end of the line."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from edge.sync.sentences import CUT, NOT_TRUSTED, REFUSED, UNREACHABLE
from protocol.sync.hello import write_hello
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE
from tests.edge.sync.support import (
    Line,
    annexe_in,
    at_centre,
    make_uplink,
    running,
    served,
    until,
)
from tests.edge.sync.writing import write_some
from tests.protocol.sync.support import make_prefecture


async def test_an_annexe_that_nobody_vouches_for_is_told_so(tmp_path: Path) -> None:
    stranger = make_prefecture("another/").identity("annexe", ANNEXE)
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await write_some(store, 1)
        async with running(make_uplink(store, line, identity=stranger)) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error == REFUSED
        assert "berkane-05/cases" not in at_centre(tmp_path / "centre")


async def test_a_false_prefecture_gets_nothing(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await write_some(store, 1)
        centre.identity = make_prefecture("another/").identity("centre", "prefecture")
        async with running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error in (NOT_TRUSTED, CUT)
        assert "berkane-05/cases" not in at_centre(tmp_path / "centre")


@pytest.mark.parametrize("hello", [None, "", "!!!", base64.urlsafe_b64encode(b"\x90").decode(), "A" * 5000])
async def test_a_request_without_a_good_hello_gets_401(tmp_path: Path, hello: str | None) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _), aiohttp.ClientSession() as http:
        headers = {} if hello is None else {"Mulhaqa-Hello": hello}
        async with http.get(f"http://127.0.0.1:{line.port}/uplink", headers=headers) as answer:
            assert answer.status == 401


async def test_a_door_that_opens_and_says_nothing_is_left(tmp_path: Path) -> None:
    """A proxy that hangs, or a network that swallows the answer: the next try may reach the prefecture."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    line = Line(0)
    line.port = server.sockets[0].getsockname()[1]
    async with annexe_in(tmp_path) as store, running(make_uplink(store, line, patience_s=0.05)) as uplink:
        await until(lambda: uplink.status.error == UNREACHABLE, uplink.on_change)
    server.close()


async def test_a_server_that_takes_the_call_and_never_proves_who_it_is_is_left(tmp_path: Path) -> Any:
    async def silent(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()  # answers pings, and says nothing
        return socket

    app = web.Application()
    app.router.add_get("/uplink", silent)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    line = Line(0)
    line.port = runner.addresses[0][1]
    async with annexe_in(tmp_path) as store, running(make_uplink(store, line, patience_s=0.05)) as uplink:
        await until(lambda: uplink.status.error == NOT_TRUSTED, uplink.on_change)
    await runner.cleanup()


async def test_a_stranger_with_a_borrowed_hello_is_not_waited_for(tmp_path: Path) -> None:
    """Credentials are public: whoever shows one and proves nothing may not hold a connection open."""
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre, proof_s=0.05) as (line, uplinks),
        aiohttp.ClientSession() as http,
    ):
        hello = write_hello("edge", PREFECTURE.identity("annexe", ANNEXE), bytes(32)).encoded
        headers = {"Mulhaqa-Hello": base64.urlsafe_b64encode(hello).decode()}
        async with http.ws_connect(f"http://127.0.0.1:{line.port}/uplink", headers=headers) as socket:
            assert (await socket.receive()).type is aiohttp.WSMsgType.BINARY  # the welcome
            async with asyncio.timeout(10):
                await socket.receive()
            assert socket.closed
        assert not uplinks.open
