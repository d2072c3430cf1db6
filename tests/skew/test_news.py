"""What the next release publishes, and what it compresses better: kept, passed on, and read after an upgrade."""

from __future__ import annotations

from pathlib import Path

import yaml

from central.catalogue_files import FOLDER
from launcher.environment import ROOT
from tests.skew.pair import Pair


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
