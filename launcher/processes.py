"""A server of ours as a process: started, awaited until it answers, stopped cleanly or killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from launcher.environment import ROOT
from launcher.patience import Patience
from launcher.progress import Refusal

PATIENCE = 60.0  # seconds without progress until it answers: a Raspberry Pi verifying a year's log needs most of them
GRACE = 15.0  # seconds to stop: the last commit, the last batch, the press; then it is killed
BETWEEN = 0.05  # seconds between two looks at whether it answers


def environment() -> dict[str, str]:
    """The variables that our processes run with."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


class Process:
    """One of our servers: `python WORDS`, its health address, and the file that keeps what it says."""

    def __init__(self, name: str, words: Sequence[str], health: str, log: Path) -> None:
        self.name = name
        self._words = list(words)
        self._health = health
        self._log = log
        self._began = 0  # where this start's words begin in the log, which goes on from start to start
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._running is not None and self._running.poll() is None

    @property
    def group(self) -> int | None:
        """The process group it runs in, so that it and its children end together; None while it does not run."""
        return self._running.pid if self._running is not None else None

    @property
    def port(self) -> int:
        """The port that it serves on."""
        return urlsplit(self._health).port or 80

    def start(self, *extra: str) -> None:
        """Start it and wait until it answers; Refusal with its last words if it ends instead."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._began = log.tell()
            self._running = subprocess.Popen(
                [sys.executable, *self._words, *extra],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                start_new_session=True,  # Ctrl-C is ours to pass on, in our order
            )
        self._await_health()

    def stop(self) -> None:
        """Ask it to stop and wait; kill it if it does not."""
        if self._running is None:
            return
        if self.alive:
            self._running.send_signal(signal.SIGTERM)
        try:
            self._running.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
        self._running = None

    def kill(self) -> None:
        """End it at once, as a power cut would, with every process that it started."""
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()
            self._running = None

    def _await_health(self) -> None:
        patience = Patience(PATIENCE, time.monotonic())
        with self._log.open("rb") as said:
            said.seek(self._began)
            while not patience.is_over(time.monotonic()):
                if not self.alive:
                    raise Refusal(f"{self.name} ended at its start:\n{self.last_words()}")
                if self.healthy():
                    return
                time.sleep(BETWEEN)
                patience.hear(said.read(), time.monotonic())
        self.kill()
        raise Refusal(f"{self.name} did not answer within {PATIENCE:.0f} seconds:\n{self.last_words()}")

    def healthy(self) -> bool:
        """Whether it answers its health address with 200 and JSON."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self._health, timeout=5) as answer:
                json.load(answer)
                return bool(answer.status == 200)
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def last_words(self, lines: int = 12) -> str:
        """The last lines that it said since its last start."""
        try:
            said = self._log.read_bytes()[self._began :].decode(errors="replace")
        except OSError:
            said = ""
        return "\n".join(said.splitlines()[-lines:]) or "(it said nothing)"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str
