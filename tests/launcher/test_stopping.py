"""A command that runs servers is stopped once: whoever is impatient does not leave any behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from launcher.stopping import SIGNALS

COMMAND = """
import sys
from launcher.stopping import stop_once

stop_once()
try:
    print("runs", flush=True)
    sys.stdin.readline()
except KeyboardInterrupt:
    print("stops", flush=True)
    sys.stdin.readline()
    print("stopped", flush=True)
"""


@pytest.fixture
def command() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        yield running
        running.kill()


def said(command: subprocess.Popen[str]) -> str:
    assert command.stdout is not None
    return command.stdout.readline().strip()


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", SIGNALS)
def test_a_second_signal_does_not_disturb_the_stopping(
    command: subprocess.Popen[str], first: signal.Signals, second: signal.Signals
) -> None:
    assert said(command) == "runs"
    command.send_signal(first)
    assert said(command) == "stops"
    command.send_signal(second)
    command.send_signal(second)
    assert command.stdin is not None
    command.stdin.write("all of them have stopped\n")
    command.stdin.flush()
    assert said(command) == "stopped"
    assert command.wait() == 0
