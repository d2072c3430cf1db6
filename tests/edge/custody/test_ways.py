"""One suite for every way that needs nobody, and what each is besides."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from edge.custody.otp import Otp
from edge.custody.otp_reader import DONE, from_mailbox, from_nvmem
from edge.custody.ways import LEAST
from protocol.errors import OperatorError
from tests.edge.custody.support import Machine
from tests.edge.store.support import Chance

KINDS = ["otp", "usb", "credential", "file"]
SLOT = "00112233445566ff"


@pytest.mark.parametrize("kind", KINDS)
def test_a_way_gives_the_same_secret_at_each_start(tmp_path: Path, kind: str) -> None:
    machine = Machine(tmp_path)
    machine.ways()[kind].prepare(SLOT, Chance())
    first = machine.ways()[kind].secret(SLOT)
    assert len(first) >= LEAST
    assert any(first)
    assert machine.ways()[kind].secret(SLOT) == first


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_way_has_already_is_left_as_it_is(tmp_path: Path, kind: str) -> None:
    way = Machine(tmp_path).ways()[kind]
    way.prepare(SLOT, Chance("a"))
    first = way.secret(SLOT)
    way.prepare("ffeeddccbbaa0011", Chance("b"))
    assert way.secret(SLOT) == first


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_is_said_with_what_to_do_and_without_a_secret(tmp_path: Path, kind: str) -> None:
    machine = Machine(tmp_path)
    machine.ways()[kind].prepare(SLOT, Chance())
    secret = machine.ways()[kind].secret(SLOT)
    machine.lose(kind)
    with pytest.raises(OperatorError) as refused:
        machine.ways()[kind].secret(SLOT)
    assert len(str(refused.value)) > 40
    assert secret.hex() not in str(refused.value)


@pytest.mark.parametrize("kind", ["otp", "usb", "credential"])
def test_nothing_but_zeros_is_no_secret(tmp_path: Path, kind: str) -> None:
    machine = Machine(tmp_path, rows=bytes(32))
    (tmp_path / "stick" / f"mulhaqa-{SLOT}.key").write_bytes(bytes(32))
    (tmp_path / "credentials" / "mulhaqa-vault").write_bytes(bytes(32))
    with pytest.raises(OperatorError):
        machine.ways()[kind].secret(SLOT)


def test_an_empty_chip_is_refused_with_the_command_that_programs_it(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="rpi-otp-private-key -w"):
        Machine(tmp_path, rows=bytes(32)).ways()["otp"].prepare(SLOT, Chance())


def test_a_machine_without_such_a_chip_is_told_so() -> None:
    def no_chip() -> bytes:
        raise OSError(errno.ENOENT, "No such file or directory")

    with pytest.raises(OperatorError, match="cannot be read"):
        Otp(no_chip).secret(SLOT)


def test_a_stick_becomes_a_key_only_if_it_is_the_only_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.sticks.append(tmp_path)
    with pytest.raises(OperatorError, match="there are 2 now"):
        machine.ways()["usb"].prepare(SLOT, Chance())


def test_a_link_on_a_stick_is_no_key(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (tmp_path / "stick" / f"mulhaqa-{SLOT}.key").symlink_to(tmp_path / "credentials" / "mulhaqa-vault")
    with pytest.raises(OperatorError, match="not plugged in"):
        machine.ways()["usb"].secret(SLOT)


def test_rows_are_read_from_the_kernel_and_from_the_firmware_alike(tmp_path: Path) -> None:
    rows = struct.pack("<8I", *range(1, 9))
    (tmp_path / "nvmem").write_bytes(rows + bytes(32))
    (tmp_path / "vcio").touch()

    def firmware(_descriptor: int, _request: int, message: bytearray) -> int:
        size, _, tag, room, *_ = struct.unpack_from("<7I", message)
        assert (size, tag, room) == (len(message), 0x00030081, 40)
        struct.pack_into("<I", message, 4, DONE)
        message[28:60] = rows
        return 0

    assert from_nvmem(tmp_path / "nvmem") == from_mailbox(tmp_path / "vcio", firmware) == rows


def test_a_firmware_that_does_not_answer_and_a_short_memory_are_no_secret(tmp_path: Path) -> None:
    (tmp_path / "nvmem").write_bytes(bytes(12))
    (tmp_path / "vcio").touch()
    with pytest.raises(OSError, match="rows"):
        from_nvmem(tmp_path / "nvmem")
    with pytest.raises(OSError, match="firmware"):
        from_mailbox(tmp_path / "vcio", lambda *_: 0)
