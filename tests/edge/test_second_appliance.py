"""Two appliances of one annexe and their prefecture, real processes: the first is lost, and comes back."""

from __future__ import annotations

import random
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.acts.kiosk import Kiosk
from launcher.acts.prefecture import Prefecture
from launcher.client import Browser
from launcher.people import Person, made_up, with_pins
from launcher.processes import Process
from launcher.stage import ANNEXE, Stage, free_ports

STANDBY = f"{ANNEXE}-standby"
PATIENCE = 60.0
BETWEEN = 0.2


class Annexe(Stage):
    """An annexe with a second appliance; the files of its provisioning are kept, for a standby's keys follow from
    them."""

    def _destroy(self, *names: str) -> None:
        pass

    def make_standby(self, port: int) -> Process:
        """Provision and install a standby, by the commands that people type; it is not started."""
        authority, keys, seed = self._in("authority"), self._in(f"{STANDBY}.keys"), self._in(f"{STANDBY}.seed")
        self._provision("standby", "--authority", authority, "--annexe", self._in(f"{ANNEXE}.keys"), "--out", keys)
        self._central("annexe", "admit", self._in(f"{STANDBY}.credential"))
        self._provision(
            "seed", "--authority", authority, "--annexe", keys, "--centre", self._in("centre.credential"),
            "--centre-url", self.centre_url, "--verify-url", self.verify_url, "--out", seed,
        )  # fmt: skip
        self.command("edge", "install", "--data", self._in(STANDBY), seed)
        return Process(
            STANDBY, ["-m", "edge", "run", "--data", self._in(STANDBY), "--plain-http", "--port", str(port),
             "--follow", self.edge_url, "--no-announce"],
            f"http://localhost:{port}/health", self.folder / "logs" / f"{STANDBY}.log",
        )  # fmt: skip


@pytest.fixture
def annexe(tmp_path: Path) -> Iterator[Annexe]:
    stage = Annexe(tmp_path / "stage", free_ports(), say=lambda _words: None, settings=["--no-announce"])
    yield stage
    stage.stop()


@pytest.fixture
def port() -> int:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        number: int = other.getsockname()[1]
    return number


def figures(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://localhost:{port}/metrics", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(BETWEEN)


def files(kiosk: Kiosk, person: Person) -> str:
    """A new account, and a request of it; its reference."""
    kiosk.open_account(person)
    kiosk.request(person)
    [filed] = kiosk.filed(person)
    return filed.reference


def browser_at(stage: Stage, port: int) -> Browser:
    """A browser that the annexe's first appliance has paired, before whichever machine serves at this port."""
    return Browser(f"http://localhost:{port}").hold(stage.cookies)


def kiosk_at(stage: Stage, port: int) -> Kiosk:
    return Kiosk(lambda: browser_at(stage, port))


@pytest.mark.timeout(400)
def test_a_standby_takes_over_and_the_first_appliance_is_refused_when_it_is_back(annexe: Annexe, port: int) -> None:
    annexe.make()
    annexe.start()
    standby = annexe.make_standby(port)
    try:
        people = with_pins(made_up(4, random.Random(4)), random.Random(4))
        _play(annexe, standby, people)
    finally:
        standby.stop()


def _play(annexe: Annexe, standby: Process, people: list[Person]) -> None:
    first, second = annexe.ports.edge, standby.port
    standby.start()
    before = files(kiosk_at(annexe, first), people[0])
    until(lambda: figures(first).get("mulhaqa_edge_mirror_in_step") == 1, "the standby holds everything")
    assert figures(first)["mulhaqa_edge_mirror_lag_records"] == 0
    assert figures(second)['mulhaqa_edge_post{post="standby"}'] == 1
    assert browser_at(annexe, second).get("/kiosk").status == 503
    confirmed = files(kiosk_at(annexe, first), people[1])

    annexe.edge.kill()  # what was confirmed while the standby was in step is there
    folder = str(annexe.folder / STANDBY)
    assert "stop it first" in annexe.command("edge", "promote", "--data", folder, "--yes", may_fail=True).err
    standby.stop()
    asked = annexe.command("edge", "promote", "--data", folder, may_fail=True)
    assert asked.status == 1
    assert "records of the annexe" in asked.out
    assert f"This appliance is {ANNEXE} from now on" in annexe.command("edge", "promote", "--data", folder, "--yes").out
    assert f"This appliance is {ANNEXE} already" in annexe.command("edge", "promote", "--data", folder, "--yes").out
    standby.start()

    for reference in (before, confirmed):
        assert kiosk_at(annexe, second).state(reference)
    later = files(kiosk_at(annexe, second), people[2])
    officer = Prefecture(lambda: Browser(annexe.centre_url), annexe.person("officer"))
    until(lambda: all(officer.state(one) for one in (before, confirmed, later)), "all is at the prefecture")

    annexe.edge.start()
    until(lambda: figures(first).get('mulhaqa_edge_post{post="replaced"}') == 1, "the first appliance is told")
    assert browser_at(annexe, first).get("/kiosk").status == 503
    assert kiosk_at(annexe, second).state(later)
    until(
        lambda: figures(annexe.ports.centre).get('mulhaqa_central_annexe_superseded{annexe="berkane-05"}') == 1,
        "the prefecture sees that the first appliance is back",
    )
    assert figures(annexe.ports.centre)['mulhaqa_central_annexe_epoch{annexe="berkane-05"}'] == 2
    annexe.edge.stop()
    standby.stop()
    for data in (annexe.edge_data, annexe.folder / STANDBY):
        assert "The log is sound." in annexe.command("edge", "verify-log", "--data", str(data)).out
