"""An annexe and a prefecture of two releases, in both directions: nothing is lost, refused or guessed.

The next release is a copy of this one with what a release brings (`releases`); each end runs in processes of its own
release, and they meet by stick: the same batches and checkpoints as on a line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from central.catalogue_files import FOLDER
from launcher.environment import ROOT
from tests.code_copy import copy_code, variables_of
from tests.edge.support import made_seed
from tests.skew.releases import NEW_DICTIONARY, NEXT


@dataclass
class Pair:
    """An annexe and its prefecture, the release of each, and the stick that goes between them."""

    folder: Path
    annexe: Path
    prefecture: Path

    def edge(self, *words: object) -> str:
        return _run(self.annexe, "edge", *words, "--data", self.folder / "annexe")

    def central(self, *words: object) -> str:
        return _run(self.prefecture, "central", *words, "--data", self.folder / "prefecture")

    def work(self, number: str, *remark: str) -> None:
        _run(self.annexe, "tests.skew.desk", "work", self.folder / "annexe", number, *remark)

    def at_annexe(self) -> Any:
        return json.loads(_run(self.annexe, "tests.skew.desk", "annexe", self.folder / "annexe"))

    def at_prefecture(self) -> Any:
        return json.loads(_run(self.prefecture, "tests.skew.desk", "prefecture", self.folder / "prefecture"))

    def meet(self) -> str:
        """A stick goes to the prefecture and comes back; returns what the annexe said of it."""
        stick = self.folder / "stick"
        stick.mkdir(exist_ok=True)
        self.edge("export", stick)
        self.central("import", stick)
        self.central("export", "berkane-05", stick)
        return self.edge("import", stick)


def _run(release: Path, module: str, *words: object) -> str:
    command = [sys.executable, "-m", module, *map(str, words)]
    done = subprocess.run(command, cwd=release, env=variables_of(release), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def this_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_code(tmp_path_factory.mktemp("this"))


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_code(tmp_path_factory.mktemp("next"), *NEXT)


@pytest.fixture(scope="module")
def better_compression(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_code(tmp_path_factory.mktemp("better"), *NEW_DICTIONARY)


@pytest.fixture
def pair(tmp_path: Path, this_release: Path) -> Pair:
    seed = made_seed(tmp_path, documents=())
    found = Pair(tmp_path, this_release, this_release)
    found.edge("install", seed)
    found.central("install", tmp_path / "centre.seed")
    found.central("annexe", "admit", tmp_path / "berkane-05.credential")
    return found


def test_an_annexe_of_the_next_release_is_understood_as_far_as_it_can_be(pair: Pair, next_release: Path) -> None:
    pair.annexe = next_release
    pair.work("11111", "the building has no number")
    pair.work("22222")
    assert "0 records wait for the prefecture's confirmation." in pair.meet()
    held = pair.at_prefecture()
    assert (held["cases"], held["frozen"]) == (2, 1)
    pair.prefecture = next_release
    assert pair.at_prefecture() == {**held, "frozen": 0}


def test_an_annexe_that_was_put_back_to_the_release_before_keeps_all_and_reads_it_again_later(
    pair: Pair, this_release: Path, next_release: Path
) -> None:
    pair.annexe = pair.prefecture = next_release
    pair.work("11111", "the building has no number")
    pair.work("22222")
    both = pair.at_annexe()
    pair.annexe = this_release
    back = pair.at_annexe()
    assert back["later"] == [1, 0]
    assert {reference: frozen for reference, (frozen, _) in back["cases"].items()} == {
        "B05-00000-11111": True,
        "B05-00000-22222": False,
    }
    pair.work("33333")
    assert "0 records wait" in pair.meet()
    assert pair.at_prefecture()["frozen"] == 0
    pair.annexe = next_release
    again = pair.at_annexe()
    assert again["later"] == [0, 0]
    assert {name: case for name, case in again["cases"].items() if name != "B05-00000-33333"} == both["cases"]


def test_a_guide_of_the_next_release_leaves_an_annexe_of_this_one_with_what_it_can_read(
    pair: Pair, next_release: Path
) -> None:
    pair.central("catalogue", "publish")
    pair.meet()
    before = pair.at_annexe()
    assert before["later"] == [0, 0]
    pair.prefecture = next_release
    pair.central("catalogue", "publish", "--folder", _with_hours(pair.folder / "catalogue"))
    pair.meet()
    after = pair.at_annexe()
    assert after["guide"] == before["guide"]
    assert after["later"] == [0, 1]
    pair.annexe = next_release
    upgraded = pair.at_annexe()
    assert upgraded["later"] == [0, 0]
    assert upgraded["guide"]["celibat"] == before["guide"]["celibat"] + 1


def _with_hours(folder: Path) -> Path:
    """The catalogue with a new version of one procedure, which says more than this release knows."""
    folder.mkdir()
    for file in (ROOT / "central" / FOLDER.name).glob("*.yaml"):
        (folder / file.name).write_text(file.read_text())
    changed = folder / "celibat.yaml"
    document = yaml.safe_load(changed.read_text())
    document |= {"version": document["version"] + 1, "hours": "8 h 30 - 16 h 30"}
    changed.write_text(yaml.safe_dump(document, allow_unicode=True))
    return folder


def test_what_a_better_dictionary_compressed_is_kept_until_it_can_be_read(
    pair: Pair, this_release: Path, better_compression: Path
) -> None:
    pair.annexe = better_compression
    pair.work("11111")
    assert "0 records wait for the prefecture's confirmation." in pair.meet()
    held = pair.at_prefecture()
    assert held["cases"] == 0
    pair.annexe = this_release
    back = pair.at_annexe()
    assert back["later"] == [2, 0]
    assert back["kinds"].count(None) == 2
    pair.annexe = pair.prefecture = better_compression
    assert pair.at_annexe()["later"] == [0, 0]
    pair.work("22222")
    pair.meet()
    assert pair.at_prefecture()["cases"] == 2
