"""A server as a process: awaited, stopped cleanly, killed, and told of when it ends by itself."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.processes import Process
from launcher.progress import Refusal
from launcher.stage import free_ports, taken

SERVER = """
import http.server, signal, sys

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

def stop(*_):
    print("stopped cleanly", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in sys.argv else stop)
print("starting", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""

CHILD = """
import subprocess
child = subprocess.Popen(["sleep", "60"])
open(__file__ + ".child", "w").write(str(child.pid))
"""

SOON = 30.0  # seconds at most: a process that was killed ends when a loaded machine comes to it

Make = Callable[..., Process]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Process] = []

    def one(source: str = SERVER, *words: str) -> Process:
        port = free_ports().edge
        (tmp_path / "server.py").write_text(source)
        command = [str(tmp_path / "server.py"), str(port), *words]
        made.append(Process("server", command, f"http://localhost:{port}/health", tmp_path / "server.log"))
        return made[-1]

    yield one
    for process in made:
        process.kill()


def test_it_is_awaited_until_it_answers_and_stopped_cleanly(make: Make, tmp_path: Path) -> None:
    process = make()
    process.start()
    assert process.alive
    assert process.healthy()
    process.stop()
    assert not process.alive
    assert not process.healthy()
    assert "stopped cleanly" in (tmp_path / "server.log").read_text()


def test_it_can_be_started_again_and_its_log_goes_on(make: Make, tmp_path: Path) -> None:
    process = make()
    for _ in range(2):
        process.start()
        process.stop()
    assert (tmp_path / "server.log").read_text().count("starting") == 2


def test_a_kill_asks_nobody(make: Make, tmp_path: Path) -> None:
    process = make()
    process.start()
    process.kill()
    assert not process.alive
    assert "stopped cleanly" not in (tmp_path / "server.log").read_text()


def test_a_kill_takes_its_children_along(make: Make, tmp_path: Path) -> None:
    process = make(CHILD + SERVER)
    process.start()
    pid = int((tmp_path / "server.py.child").read_text())
    child = os.pidfd_open(pid)
    process.kill()
    ended, _, _ = select.select([child], [], [], SOON)
    os.close(child)
    assert ended, "the child lives on"


def test_one_that_ends_at_its_start_is_quoted(make: Make) -> None:
    with pytest.raises(Refusal, match=r"(?s)server ended at its start:.*the disk is full"):
        make("raise SystemExit('the disk is full')").start()


def test_what_it_said_in_an_earlier_life_is_not_quoted(make: Make, tmp_path: Path) -> None:
    process = make()
    process.start()
    process.stop()
    (tmp_path / "server.py").write_text("raise SystemExit('the disk is full')")
    with pytest.raises(Refusal) as refused:
        process.start()
    assert str(refused.value) == "server ended at its start:\nthe disk is full"


def test_one_that_says_nothing_is_told_so(make: Make) -> None:
    with pytest.raises(Refusal, match="it said nothing"):
        make("raise SystemExit(3)").start()


def test_stopping_what_never_started_is_nothing(make: Make) -> None:
    make().stop()


def test_ctrl_c_at_the_terminal_is_ours_alone_to_pass_on(make: Make) -> None:
    process = make()
    process.start()
    assert process.group not in (None, os.getpgrp())


def test_a_port_that_is_taken_is_known(make: Make) -> None:
    ports = free_ports()
    assert ports.edge != ports.centre
    assert not taken(ports.edge)
    process = make()
    process.start()
    assert taken(process.port)


@pytest.mark.skipif(not Path("/proc/sys/net/ipv6").exists(), reason="this machine has no IPv6")
def test_a_port_that_is_taken_where_a_browser_looks_first_is_known() -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.bind(("::1", 0))
        other.listen()
        assert taken(other.getsockname()[1])
