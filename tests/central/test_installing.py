"""What a power cut in the middle of the prefecture's installation leaves, and who may look into its folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from central.installation import install, open_installation
from protocol.errors import OperatorError
from tests.edge.support import made_seed


@pytest.fixture
def seed(tmp_path: Path) -> bytes:
    made_seed(tmp_path, documents=())
    return (tmp_path / "centre.seed").read_bytes()


@pytest.mark.parametrize("left", [0, 16, 32])
def test_an_installation_that_the_power_ended_begins_again(seed: bytes, tmp_path: Path, left: int) -> None:
    folder = tmp_path / "prefecture"
    folder.mkdir(mode=0o755)
    (folder / "centre.key").write_bytes(os.urandom(left))
    (folder / "centre.key").chmod(0o600)
    install(folder, seed, os.urandom)
    assert open_installation(folder).seed.centre_id == "prefecture"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_whole_key_is_kept_for_what_it_may_have_sealed(seed: bytes, tmp_path: Path) -> None:
    folder, key = tmp_path / "prefecture", os.urandom(32)
    folder.mkdir()
    (folder / "centre.key").write_bytes(key)
    (folder / "centre.key").chmod(0o600)
    install(folder, seed, os.urandom)
    assert (folder / "centre.key").read_bytes() == key


def test_a_folder_that_cannot_be_made_is_said_so(seed: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OperatorError, match="cannot be written"):
        install(tmp_path / "file" / "prefecture", seed, os.urandom)
