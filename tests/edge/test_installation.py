"""A folder becomes an annexe's once, whole, and opens again as what it was made."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge.installation import SEALED_SEED, install, open_installation
from edge.store.vault import Vault
from protocol.errors import OperatorError, PeerError
from tests.edge.support import made_seed


@pytest.fixture
def seed(tmp_path: Path) -> bytes:
    return made_seed(tmp_path, documents=()).read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "annexe"


def test_an_installed_folder_opens_as_what_it_was_made(seed: bytes, folder: Path) -> None:
    made = install(folder, seed, os.urandom)
    opened = open_installation(folder)
    assert opened.seed == made.seed
    profile = opened.profile("http://localhost:8080")
    assert (profile.id, profile.prefix, profile.town_fr) == ("berkane-05", "B05", "Berkane")
    assert profile.origin == "http://localhost:8080"
    assert profile.verify_url == opened.seed.verify_url


def test_papers_name_where_they_are_checked_now_if_that_has_moved(seed: bytes, folder: Path) -> None:
    profile = install(folder, seed, os.urandom).profile("http://localhost:8080", "http://localhost:9001/verify")
    assert profile.verify_url == "http://localhost:9001/verify"


def test_nothing_secret_of_the_seed_lies_open(seed: bytes, folder: Path) -> None:
    made = install(folder, seed, os.urandom).seed
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    for secret in (made.signing_seed, made.opening_seed, seed[100:164]):
        assert secret not in kept
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_is_installed_once(seed: bytes, folder: Path) -> None:
    install(folder, seed, os.urandom)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(OperatorError, match="installed already"):
        install(folder, seed, os.urandom)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("left", ["nothing", "half a key", "a key", "a partial seed"])
def test_an_installation_that_the_power_ended_begins_again(seed: bytes, folder: Path, left: str) -> None:
    folder.mkdir()
    if left == "half a key":
        (folder / "vault.key").write_bytes(b"half")
    elif left != "nothing":
        Vault.create(folder, os.urandom)
    if left == "a partial seed":
        (folder / "seed.sealed.partial").write_bytes(b"half of it")
    install(folder, seed, os.urandom)
    assert open_installation(folder).seed.annexe_id == "berkane-05"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not (folder / "seed.sealed.partial").exists()


def test_a_log_without_its_seed_is_never_written_over(seed: bytes, folder: Path) -> None:
    install(folder, seed, os.urandom)
    (folder / "mulhaqa.db").write_bytes(b"a log")
    (folder / SEALED_SEED).unlink()
    key = (folder / "vault.key").read_bytes()
    with pytest.raises(OperatorError, match="restore"):
        install(folder, seed, os.urandom)
    assert (folder / "vault.key").read_bytes() == key


def test_a_seed_that_was_touched_installs_nothing(seed: bytes, folder: Path) -> None:
    for touched in (b"", seed[:-1], seed + b"\0", seed[:200] + bytes([seed[200] ^ 1]) + seed[201:]):
        with pytest.raises(PeerError):
            install(folder, touched, os.urandom)
    assert not folder.exists()


def test_a_sealed_seed_that_was_touched_opens_nothing(seed: bytes, folder: Path) -> None:
    install(folder, seed, os.urandom)
    sealed = bytearray((folder / SEALED_SEED).read_bytes())
    sealed[50] ^= 1
    (folder / SEALED_SEED).write_bytes(bytes(sealed))
    with pytest.raises(PeerError):
        open_installation(folder)


def test_an_empty_folder_says_how_to_install(folder: Path) -> None:
    with pytest.raises(OperatorError, match="mulhaqa-edge install"):
        open_installation(folder)


def test_a_folder_that_cannot_be_made_is_said_so(seed: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OperatorError, match="cannot be written"):
        install(tmp_path / "file" / "annexe", seed, os.urandom)
