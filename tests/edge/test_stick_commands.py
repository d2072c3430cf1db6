"""`export` and `import` of both ends, as they are typed: a prefecture and an annexe that never have a link."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from central.commands import main as central
from edge.commands import main as edge
from edge.store.lock import WriterLock
from tests.edge.support import made_seed


@dataclass
class Place:
    """Both data folders, and a stick."""

    annexe: Path
    prefecture: Path
    stick: Path

    def edge(self, *words: object) -> int:
        return edge([*map(str, words), "--data", str(self.annexe)])

    def central(self, *words: object) -> int:
        return central([*map(str, words), "--data", str(self.prefecture)])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    seed = made_seed(tmp_path, documents=())
    found = Place(tmp_path / "annexe", tmp_path / "prefecture", tmp_path / "stick")
    found.stick.mkdir()
    assert found.edge("install", seed) == 0
    assert found.central("install", tmp_path / "centre.seed") == 0
    assert found.central("annexe", "admit", tmp_path / "berkane-05.credential") == 0
    assert found.central("calendar", "publish") == 0
    return found


@pytest.fixture
def said(place: Place, capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    return capsys.readouterr


def rebuilt(place: Place) -> None:
    assert place.edge("verify-log") == 0


def test_a_stick_goes_there_and_back_and_everything_is_confirmed(place: Place, said: Any) -> None:
    assert place.edge("export", place.stick) == 0
    assert "written, sealed to the prefecture." in said().out
    assert place.central("import", place.stick) == 0
    assert "Answer it: mulhaqa-central export berkane-05" in said().out
    assert place.central("export", "berkane-05", place.stick) == 0
    assert "sealed to berkane-05" in said().out
    assert place.edge("import", place.stick) == 0
    assert "0 records wait for the prefecture's confirmation." in said().out
    assert place.edge("import", place.stick) == 0
    assert "1 of 1 files, 0 records new." in said().out
    rebuilt(place)


def test_a_stick_with_nothing_for_us_is_said(place: Place, said: Any) -> None:
    assert place.edge("import", place.stick) == 1
    assert "holds nothing for this annexe" in said().err
    assert place.edge("export", place.stick) == 0
    assert place.edge("import", place.stick) == 1, "its own export is for the prefecture"
    assert place.central("import", place.stick.parent / "nowhere") == 1
    assert "Is the stick plugged in?" in said().err


def test_a_refused_file_is_named_and_the_exit_code_tells(place: Place, said: Any) -> None:
    assert place.edge("export", place.stick) == 0
    [file] = place.stick.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert place.central("import", place.stick) == 1
    told = said()
    assert f"{file.name}: This file ends before its end" in told.err
    assert "Traceback" not in told.err


def test_nothing_goes_on_that_did_not_stop(place: Place, said: Any) -> None:
    assert place.edge("export", place.stick, "--continue") == 1
    assert "No export stopped at a full stick" in said().err
    assert place.central("export", "berkane-06", place.stick) == 1
    assert "No annexe berkane-06 is admitted here" in said().err


def test_beside_the_running_service_the_page_is_named(place: Place, said: Any) -> None:
    lock = WriterLock(place.annexe)
    assert place.edge("export", place.stick) == 1
    assert "use the stick on its page /admin" in said().err
    lock.release()
