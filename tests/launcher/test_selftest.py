"""The selftest on real processes: it passes on a sound annexe, and fails on each fault that it exists to find."""

from __future__ import annotations

import io
import random
import shutil
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from launcher.client import Browser, Form, Page
from launcher.people import made_up
from launcher.processes import Done
from launcher.progress import Speaker
from launcher.selftest import SETTINGS, Play, Report, main, play
from launcher.stage import Stage, free_ports
from protocol.office.decision import parse_sheet, sheet_bytes

pytestmark = pytest.mark.timeout(300)  # two servers, some fifty pages, papers and their checks

Watch = Callable[[str], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A stage that was made and never played on; each test plays on a copy of its folder."""
    stage = Stage(tmp_path_factory.mktemp("stage") / "made", free_ports(), say=lambda _line: None, settings=SETTINGS)
    stage.make()
    return stage


def copy_of(made: Stage, folder: Path, kind: type[Stage] = Stage) -> Stage:
    shutil.copytree(made.folder, folder)
    return kind(folder, made.ports, say=lambda _line: None, settings=SETTINGS)


def played(stage: Stage, how: Play, people: int = 2) -> list[dict[str, Any]]:
    said = io.StringIO()
    report, _ = play(stage, made_up(people, random.Random()), how, Report(Speaker(said)))
    return report.steps


def failed(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for step in steps if not step["ok"]]


def test_a_sound_annexe_passes_every_step(made: Stage, tmp_path: Path) -> None:
    stage = copy_of(made, tmp_path / "stage")
    steps = played(stage, Play(), people=3)
    assert failed(steps) == []
    assert len(steps) > 25
    assert len(list((stage.folder / "papers").glob("*.pdf"))) == 2


def test_with_the_link_down_all_of_it_arrives_afterwards(made: Stage, tmp_path: Path) -> None:
    steps = played(copy_of(made, tmp_path / "stage"), Play(link_down=True))
    assert failed(steps) == []
    assert "prefecture: the link is back" in [step["step"] for step in steps]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_crash_with_a_submission_in_flight_loses_nothing(made: Stage, tmp_path: Path, seed: int) -> None:
    steps = played(copy_of(made, tmp_path / "stage"), Play(crash=seed))
    assert failed(steps) == []
    assert any("crashed" in step["note"] for step in steps)


class FlippedByte(Stage):
    """A stage on whose disk one bit of one record turned, just before the log is verified."""

    def command(self, module: str, *words: str, typed: str = "", may_fail: bool = False) -> Done:
        if "verify-log" in words:
            self.edge.stop()
            self._flip()
        return super().command(module, *words, typed=typed, may_fail=may_fail)

    def _flip(self) -> None:
        with sqlite3.connect(self.edge_data / "mulhaqa.db") as database:
            position, data = database.execute(
                "SELECT position, bytes FROM records WHERE stream LIKE '%/cases' ORDER BY position LIMIT 1 OFFSET 5"
            ).fetchone()
            turned = bytearray(data)
            turned[len(turned) // 2] ^= 0x10
            database.execute("UPDATE records SET bytes = ? WHERE position = ?", (bytes(turned), position))
        database.close()


def test_a_flipped_bit_in_the_log_is_found(made: Stage, tmp_path: Path) -> None:
    steps = played(copy_of(made, tmp_path / "stage", FlippedByte), Play())
    assert [step["step"] for step in failed(steps)] == ["annexe: its log verifies from end to end"]


class DeadCentre(Stage):
    """A stage whose prefecture dies as soon as it has started."""

    def start(self, *, centre: bool = True, pair: bool = True) -> None:
        super().start(centre=centre, pair=pair)
        self.centre.kill()


def test_a_dead_centre_is_found(made: Stage, tmp_path: Path) -> None:
    steps = played(copy_of(made, tmp_path / "stage", DeadCentre), Play(patience=5))
    assert failed(steps)[0]["step"].startswith("prefecture: every request has arrived")


class SwappingBrowser(Browser):
    """A browser that sends a refusal where the agent signed a grant: the sheet is another one than he signed."""

    def call(self, page: Page, form: Form, values: Mapping[str, str]) -> dict[str, Any]:
        if "sheet" not in values:
            return super().call(page, form, values)
        sheet = parse_sheet(b64decode(values["sheet"]))
        other = type(sheet)(**{name: getattr(sheet, name) for name in sheet.__struct_fields__} | {"outcome": "refused"})
        return super().call(page, form, {**values, "sheet": b64encode(sheet_bytes(other)).decode()})


def test_a_swapped_decision_is_found(made: Stage, tmp_path: Path) -> None:
    def swapping(origin: str, watch: Watch) -> Browser:
        return SwappingBrowser(origin, watch=watch)

    steps = played(copy_of(made, tmp_path / "stage"), Play(browser=swapping))
    assert failed(steps)[0]["step"].startswith("authority: person 1 is approved")


def test_a_folder_that_holds_something_is_not_played_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter").write_text("dear")
    assert main(["--keep", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert (tmp_path / "letter").read_text() == "dear"


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter").write_text("dear")
    assert main(["--keep", str(tmp_path / "letter" / "kept")]) == 1
    assert "cannot be used" in capsys.readouterr().err
