"""An annexe whose card is lost at once, real processes: a new card takes what the second medium holds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.people import made_up, with_pins
from launcher.processes import Done
from launcher.stage import ANNEXE, Stage, free_ports
from tests.edge.sync.media import another_disk
from tests.edge.test_second_appliance import figures, files, kiosk_at, until


class Annexe(Stage):
    """An annexe alone, with a second medium; its seed is kept, as the prefecture can make it again."""

    def _destroy(self, *names: str) -> None:
        pass

    def typed(self, *words: str, may_fail: bool = False) -> Done:
        """A command of the annexe, on its data folder."""
        return self.command("edge", *words, "--data", str(self.edge_data), may_fail=may_fail)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with another_disk(tmp_path) as folder:
        yield folder


@pytest.fixture
def annexe(tmp_path: Path, disk: Path) -> Iterator[Annexe]:
    settings = ["--no-announce", "--no-uplink", "--medium", str(disk)]
    stage = Annexe(tmp_path / "stage", free_ports(), say=lambda _words: None, settings=settings)
    yield stage
    stage.stop()


def in_step(port: int) -> bool:
    return figures(port).get("mulhaqa_edge_medium_in_step") == 1


@pytest.mark.timeout(200)
def test_what_was_confirmed_before_the_card_was_lost_is_on_the_new_one(annexe: Annexe, disk: Path) -> None:
    annexe.make()
    annexe.start(centre=False)
    port, people = annexe.ports.edge, with_pins(made_up(2, random.Random(4)), random.Random(4))
    until(lambda: in_step(port), "the medium holds everything")
    confirmed = files(kiosk_at(annexe, port), people[0])
    assert figures(port)["mulhaqa_edge_medium_lag_records"] == 0
    busy = annexe.typed("recover", str(disk), may_fail=True)
    assert busy.status == 1
    assert "--medium" in busy.err
    annexe.edge.kill()

    annexe.edge_data.rename(annexe.folder / "lost")
    annexe.typed("install", str(annexe.folder / f"{ANNEXE}.seed"))
    nothing = annexe.typed("recover", str(annexe.folder / "logs"), may_fail=True)
    assert nothing.status == 1
    assert "holds nothing for the keys of this annexe" in nothing.err
    gone = annexe.typed("recover", str(annexe.folder / "nowhere"), may_fail=True)
    assert gone.status == 1
    assert "is not there" in gone.err
    assert "are new here" in annexe.typed("recover", str(disk)).out
    assert " 0 of them and 0 scans are new here" in annexe.typed("recover", str(disk)).out
    annexe.edge.start()
    assert kiosk_at(annexe, port).state(confirmed)
    assert kiosk_at(annexe, port).has_account(people[0])
    later = files(kiosk_at(annexe, port), people[1])
    until(lambda: in_step(port), "the log goes on there")
    annexe.edge.stop()
    assert "The log is sound." in annexe.typed("verify-log").out
    assert "0 branches" in annexe.typed("verify-log").out
    assert later != confirmed
