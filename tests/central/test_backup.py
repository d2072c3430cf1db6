"""A prefecture that burns down at night serves again in the morning: its backup, rehearsed."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.backup import PARTS, make_backup, restore_backup
from central.backup_stream import MAGIC, PIECE, SEALED_PIECE, BackupRefused, OpeningReader, SealingWriter
from central.catalogue_files import FOLDER
from central.commands import main
from protocol.errors import OperatorError
from tests.central.provisioned import Provisioned

PASSPHRASE = "treize coffres verts"
HEAD = len(MAGIC) + 16 + 24


def drawn(size: int) -> bytes:
    return bytes(range(size))


def unseen(_done: int, _total: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, it: Provisioned) -> Path:
    folder = tmp_path_factory.mktemp("night") / "prefecture"
    assert main(["install", "--data", str(folder), str(it.seed)]) == 0
    assert main(["catalogue", "publish", "--data", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def good(data: Path) -> bytes:
    """A backup's bytes."""
    out = data.parent / "good.backup"
    make_backup(data, out, PASSPHRASE, os.urandom, unseen)
    return out.read_bytes()


def central(*words: object, typed: str = PASSPHRASE) -> tuple[int, str]:
    """What `mulhaqa-central` exits with, and says."""
    command = [sys.executable, "-m", "central", *map(str, words), "--passphrase-stdin"]
    done = subprocess.run(command, input=f"{typed}\n", capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_restored_folder_is_the_one_that_was_backed_up(tmp_path: Path, data: Path) -> None:
    backup, again = tmp_path / "monday.backup", tmp_path / "again"
    assert central("backup", "--data", data, "--out", backup)[0] == 0
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    code, said = central("restore", backup, "--data", again, "--rehearse")
    count = len(list(FOLDER.glob("*.yaml"))) + 3 + 2  # three credentials, and two starts that each opened a segment
    assert (code, f"The backup is good: prefecture, {count} records" in said) == (0, True)
    assert not list(again.iterdir()), "a rehearsal leaves nothing"
    assert central("restore", backup, "--data", again, typed="une autre phrase")[0] == 1
    assert central("restore", backup, "--data", again)[0] == 0
    for part in PARTS[1:]:
        assert (again / part).read_bytes() == (data / part).read_bytes()
        assert stat.S_IMODE((again / part).stat().st_mode) == 0o600
    out = tmp_path / "all.snapshot"
    assert main(["snapshot", "--data", str(again), "--out", str(out)]) == 0
    first = out.read_bytes()
    assert main(["snapshot", "--data", str(data), "--out", str(out)]) == 0
    assert out.read_bytes() == first


def test_nothing_of_the_folder_can_be_read_in_its_backup(data: Path, good: bytes) -> None:
    assert (data / "centre.key").read_bytes() not in good
    assert b"SQLite format" not in good


def test_a_backup_never_takes_the_place_of_another(tmp_path: Path, data: Path) -> None:
    backup = tmp_path / "monday.backup"
    backup.write_bytes(b"sunday")
    with pytest.raises(OperatorError, match="there already"):
        make_backup(data, backup, PASSPHRASE, os.urandom, unseen)
    assert backup.read_bytes() == b"sunday"


def test_a_short_passphrase_protects_nothing(tmp_path: Path, data: Path) -> None:
    with pytest.raises(OperatorError, match="too short"):
        make_backup(data, tmp_path / "monday.backup", "azerty", os.urandom, unseen)
    assert not (tmp_path / "monday.backup").exists()
    assert sorted(one.name for one in data.iterdir() if one.name.startswith(".")) == []


def test_nothing_is_restored_over_anything(tmp_path: Path, data: Path, good: bytes) -> None:
    backup = tmp_path / "monday.backup"
    backup.write_bytes(good)
    with pytest.raises(OperatorError, match="not empty"):
        restore_backup(backup, data, PASSPHRASE)


@pytest.mark.parametrize("spoil", ["passphrase", "first bit", "late bit", "cut", "cut piece", "longer", "no backup"])
def test_what_is_not_the_whole_backup_restores_nothing(tmp_path: Path, good: bytes, spoil: str) -> None:
    backup, again = tmp_path / "monday.backup", tmp_path / "again"
    whole = bytearray(good)
    assert len(whole) > HEAD + 2 * SEALED_PIECE
    if spoil.endswith("bit"):
        whole[HEAD + 7 if spoil == "first bit" else -9] ^= 1
    whole = {"cut": whole[:-20], "cut piece": whole[: HEAD + SEALED_PIECE], "longer": whole + b"x"}.get(spoil, whole)
    backup.write_bytes(b"PK" + whole if spoil == "no backup" else whole)
    with pytest.raises(BackupRefused):
        restore_backup(backup, again, "un autre coffre vert" if spoil == "passphrase" else PASSPHRASE)
    assert not list(again.iterdir())


def sealed(plain: bytes, cuts: list[int]) -> bytes:
    file = io.BytesIO()
    writer = SealingWriter(file, PASSPHRASE, drawn)
    for begin, end in pairwise([0, *sorted(cuts), len(plain)]):
        writer.write(plain[begin:end])
    writer.finish()
    return file.getvalue()


@settings(max_examples=8, deadline=None)  # each derives its key as slowly as a thief would
@given(st.integers(0, 3 * PIECE), st.lists(st.integers(0, 3 * PIECE), max_size=4), st.integers(1, 2 * PIECE))
def test_what_is_sealed_in_any_parts_is_read_in_any_parts(size: int, cuts: list[int], step: int) -> None:
    plain = drawn(256) * (size // 256 + 1)
    reader = OpeningReader(io.BytesIO(sealed(plain, [cut for cut in cuts if cut < len(plain)])), PASSPHRASE)
    read = b"".join(iter(lambda: reader.read(step), b""))
    assert read == plain
    assert reader.ended


def test_two_pieces_in_another_order_are_refused() -> None:
    written = sealed(os.urandom(3 * PIECE), [])
    head, first, second = written[:HEAD], written[HEAD:][:SEALED_PIECE], written[HEAD + SEALED_PIECE :][:SEALED_PIECE]
    swapped = head + second + first + written[HEAD + 2 * SEALED_PIECE :]
    with pytest.raises(BackupRefused):
        OpeningReader(io.BytesIO(swapped), PASSPHRASE).read()
