"""A certificate that an appliance sealed before it was lost is printed by what takes its place, real processes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.acts.authority import Authority
from launcher.acts.counter import Counter
from launcher.people import Person, made_up, with_pins
from launcher.stage import ANNEXE, Stage, free_ports
from protocol.records.keys import SigningKey
from tests.edge.sync.media import another_disk
from tests.edge.test_second_appliance import STANDBY, Annexe, browser_at, figures, files, kiosk_at, port, until

__all__ = ["port"]

KEY = SigningKey(hashlib.sha256(b"an agent's key").digest())
SETTINGS = ["--no-announce", "--undo-seconds", "1"]
"""A grant is sealed a second after it was signed."""


@pytest.fixture
def person() -> Person:
    [person] = with_pins(made_up(1, random.Random(6)), random.Random(6))
    return person


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with another_disk(tmp_path) as folder:
        yield folder


def stage_in(folder: Path, *settings: str) -> Annexe:
    stage = Annexe(folder / "stage", free_ports(), say=lambda _words: None, settings=[*SETTINGS, *settings])
    stage.make()
    return stage


def counter_at(stage: Stage, port: int) -> Counter:
    return Counter(lambda: browser_at(stage, port), stage.person("clerk"))


def sealed(stage: Stage, person: Person) -> tuple[str, bytes]:
    """The case of a new account's request, and its certificate: filed, granted by signature, sealed."""
    reference = files(kiosk_at(stage, stage.ports.edge), person)
    counter = counter_at(stage, stage.ports.edge)
    [filed] = counter.filed(person)
    counter.complete(filed.case)
    counter.enquire(filed.case, "favourable")
    authority = Authority(lambda: browser_at(stage, stage.ports.edge), stage.person("authority"), KEY)
    authority.enrol()
    authority.decide(filed.case, reference, person, "approved")
    until(lambda: counter.offers(filed.case, "ready"), "the certificate is sealed")
    return filed.case, counter.certificate(filed.case)


def kept_in(folder: Path) -> int:
    """How many files lie whole in a folder of scans."""
    return len([one for one in folder.glob("*") if one.suffix != ".draft"])


@pytest.mark.timeout(300)
def test_a_promoted_standby_prints_what_the_lost_appliance_sealed(tmp_path: Path, port: int, person: Person) -> None:
    stage = stage_in(tmp_path)
    standby, folder = stage.make_standby(port), stage.folder / STANDBY
    try:
        stage.start()
        standby.start()
        until(lambda: figures(stage.ports.edge).get("mulhaqa_edge_mirror_in_step") == 1, "the standby holds everything")
        case, paper = sealed(stage, person)
        standby.kill()  # perhaps while the file is on its way
        standby.start()
        until(lambda: kept_in(folder / "scans") == 1, "the certificate has followed")
        stage.edge.kill()
        stage.centre.kill()  # nobody else could give it
        standby.stop()
        stage.command("edge", "promote", "--data", str(folder), "--yes")
        standby.start()
        assert counter_at(stage, port).certificate(case) == paper
    finally:
        standby.stop()
        stage.stop()


@pytest.mark.timeout(300)
def test_a_new_card_prints_what_the_lost_one_sealed(tmp_path: Path, disk: Path, person: Person) -> None:
    stage = stage_in(tmp_path, "--no-uplink", "--medium", str(disk))
    data = str(stage.edge_data)
    try:
        stage.start(centre=False)
        until(lambda: figures(stage.ports.edge).get("mulhaqa_edge_medium_in_step") == 1, "the medium holds everything")
        case, paper = sealed(stage, person)
        stage.edge.kill()  # perhaps while the file is on its way
        stage.edge.start()
        [folder] = disk.glob("mulhaqa-*")
        until(lambda: kept_in(folder / "scans") == 1, "the certificate is on the medium")
        stage.edge.kill()
        stage.edge_data.rename(stage.folder / "lost")
        stage.command("edge", "install", "--data", data, str(stage.folder / f"{ANNEXE}.seed"))
        assert " and 1 scans are new here" in stage.command("edge", "recover", "--data", data, str(disk)).out
        stage.edge.start()
        assert counter_at(stage, stage.ports.edge).certificate(case) == paper
        stage.edge.stop()
        assert "The log is sound." in stage.command("edge", "verify-log", "--data", data).out
    finally:
        stage.stop()
