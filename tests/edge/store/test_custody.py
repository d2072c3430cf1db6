from pathlib import Path

import pytest

from edge.custody.key_file import KEY_NAME, KeyFile
from edge.store.vault import Vault
from protocol.errors import OperatorError, PeerError
from protocol.records.keys import subject_of
from protocol.records.refusals import CannotOpen
from tests.edge.store.support import Chance


def test_a_new_key_file_is_the_services_alone(tmp_path: Path) -> None:
    Vault.create(tmp_path, Chance())
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600


def test_a_vault_is_made_once(tmp_path: Path) -> None:
    Vault.create(tmp_path, Chance())
    with pytest.raises(OperatorError, match="exists already"):
        Vault.create(tmp_path, Chance())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_key_that_others_may_touch_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    Vault.create(tmp_path, Chance())
    (tmp_path / KEY_NAME).chmod(mode)
    with pytest.raises(OperatorError, match="chmod 600"):
        Vault.open(tmp_path)


def test_a_missing_key_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        Vault.open(tmp_path)


def test_a_link_to_a_key_is_no_key(tmp_path: Path) -> None:
    Vault.create(tmp_path, Chance())
    (tmp_path / KEY_NAME).rename(tmp_path / "elsewhere")
    (tmp_path / KEY_NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OperatorError):
        Vault.open(tmp_path)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_file_of_another_length_is_no_key(tmp_path: Path, size: int) -> None:
    path = tmp_path / KEY_NAME
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(OperatorError, match="no vault key"):
        KeyFile(path).load()


def test_a_vault_opens_what_it_sealed_after_a_restart(tmp_path: Path) -> None:
    key = bytes(range(32))
    wrapped = Vault.create(tmp_path, Chance()).wrap(key, subject_of(key))
    assert Vault.open(tmp_path).unwrap(wrapped, subject_of(key)) == key


def test_a_wrapped_key_opens_under_no_other_subject(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path, Chance())
    key, other = bytes(32), bytes([1] * 32)
    with pytest.raises(PeerError):
        vault.unwrap(vault.wrap(key, subject_of(key)), subject_of(other))


def test_a_wrapped_key_must_be_the_one_its_subject_names(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path, Chance())
    with pytest.raises(PeerError, match="not the one"):
        vault.unwrap(vault.wrap(bytes(32), b"another subject!"), b"another subject!")


def test_each_purpose_has_its_own_key(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path, Chance())
    with pytest.raises(CannotOpen):
        vault.open_result(b"place", vault.seal_local(b"place", b"a secret"))


def test_blind_indexes_are_equal_for_equal_texts_of_one_kind_in_one_vault(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path, Chance())
    (tmp_path / "b").mkdir()
    another = Vault.create(tmp_path / "b", Chance("another annexe"))
    assert vault.blind("cnie", "FA123456") == Vault.open(tmp_path).blind("cnie", "FA123456")
    assert vault.blind("cnie", "FA123456") != vault.blind("phone", "FA123456")
    assert vault.blind("cnie", "FA123456") != another.blind("cnie", "FA123456")
