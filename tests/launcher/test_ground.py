"""The folder of a stage: never somebody else's, one start at a time, made again unless it was finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.ground import Ground
from launcher.progress import Refusal


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("looks_like", ["letters.txt", "stage.txt", "logs", "prefecture"])
def test_a_folder_that_no_stage_began_is_never_cleared(tmp_path: Path, looks_like: str) -> None:
    (tmp_path / looks_like).mkdir()
    with pytest.raises(Refusal, match="holds something else"):
        Ground(tmp_path).begin()
    assert names(tmp_path) == {looks_like}


def test_an_empty_folder_and_one_that_is_not_there_can_be_had(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "new" / "demo"):
        ground = Ground(folder)
        ground.begin()
        assert not ground.is_made()
        ground.finish({"annexe": "berkane-05"})
        assert ground.is_made()


@pytest.mark.parametrize("finished", [True, False])
def test_what_an_earlier_start_left_is_cleared(tmp_path: Path, finished: bool) -> None:
    ground = Ground(tmp_path)
    ground.begin()
    (tmp_path / "prefecture").mkdir()
    (tmp_path / "prefecture" / "mulhaqa.db").touch()
    (tmp_path / "centre.seed").write_text("half")
    if finished:
        ground.finish({})
    ground.begin()
    assert not ground.is_made()
    assert names(tmp_path) == {"stage.begun"}


def test_a_link_inside_is_cut_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letters.txt").touch()
    ground = Ground(tmp_path / "demo")
    ground.begin()
    (tmp_path / "demo" / "home").symlink_to(tmp_path / "home")
    ground.begin()
    assert names(tmp_path / "home") == {"letters.txt"}


def test_one_start_at_a_time_has_the_folder(tmp_path: Path) -> None:
    with Ground(tmp_path).held(), pytest.raises(Refusal, match="in use by another start"), Ground(tmp_path).held():
        pass
    with Ground(tmp_path).held():
        assert tmp_path.is_dir()


def test_who_clears_the_folder_keeps_it(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    with ground.held():
        ground.begin()
        with pytest.raises(Refusal, match="in use by another start"), Ground(tmp_path).held():
            pass


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(Refusal, match="cannot be used: File exists"), Ground(tmp_path / "letters.txt").held():
        pass


def test_nobody_else_can_look_into_a_new_folder(tmp_path: Path) -> None:
    Ground(tmp_path / "demo").begin()
    assert (tmp_path / "demo").stat().st_mode & 0o077 == 0
