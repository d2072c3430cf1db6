"""The server as a process: it says when it cannot start, and stops cleanly."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from central.installation import Installation, install
from central.server import ServerSettings, serving
from protocol.errors import OperatorError
from protocol.records.credentials import parse_credential
from tests.central.provisioned import Provisioned, now_ms
from tests.edge.store.support import Chance, Clock


@pytest.fixture
def installation(tmp_path: Path, it: Provisioned) -> Installation:
    return install(tmp_path / "prefecture", it.seed.read_bytes(), Chance())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def test_it_is_well_and_leads_to_its_pages(installation: Installation, client: ClientSession) -> None:
    settings = ServerSettings(port=free_port())
    async with serving(installation, settings, Clock(now_ms()), Chance()):
        async with client.get(f"http://localhost:{settings.port}/health") as answer:
            assert answer.status == 200
            assert (await answer.json())["centre"] == "prefecture"
        async with client.get(f"http://localhost:{settings.port}/") as answer:
            assert answer.url.path == "/prefecture/sign-in"
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"


async def test_a_connection_without_a_hello_is_refused(installation: Installation, client: ClientSession) -> None:
    settings = ServerSettings(port=free_port())
    async with (
        serving(installation, settings, Clock(now_ms()), Chance()),
        client.get(f"http://localhost:{settings.port}/uplink") as answer,
    ):
        assert answer.status == 401


async def test_a_port_that_is_taken_is_said(installation: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = ServerSettings(port=other.getsockname()[1])
        with pytest.raises(OperatorError, match=f"Port {settings.port} cannot be opened"):
            async with serving(installation, settings, Clock(now_ms()), Chance()):
                pass


async def test_a_server_hears_of_an_annexe_that_a_command_admits(
    installation: Installation, it: Provisioned, tmp_path: Path
) -> None:
    credential = parse_credential(it.credential.read_bytes())
    async with serving(installation, ServerSettings(port=free_port()), Clock(now_ms()), Chance()) as prefecture:
        assert prefecture.centre.trust.signer(credential.id) is None
        command = [sys.executable, "-m", "central", "annexe", "admit", str(it.credential)]
        done = await asyncio.create_subprocess_exec(*command, "--data", str(installation.folder))
        assert await done.wait() == 0
        await prefecture.centre.learn()
        assert prefecture.centre.trust.signer(credential.id) == credential
        assert [one.annexe for one in await prefecture.centre.queries.annexes()] == [credential.holder]
        assert len(prefecture.papers.current().seals) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_it_is_told_to(installation: Installation, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "central", "run", "--data", str(installation.folder), "--port", str(free_port())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        first = json.loads(server.stderr.readline())
        assert first["event"] == "server.serving"
        server.send_signal(how)
        rest = server.stderr.read()
        assert server.wait(20) == 0
    assert "server.stopped" in rest
    assert "Traceback" not in rest


def test_a_command_on_a_taken_port_ends_with_a_sentence(installation: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "central", "run", "--data", str(installation.folder), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"mulhaqa-central: Port {port} cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr
