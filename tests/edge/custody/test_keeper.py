"""Ways come and go while the key stays; a power cut between two writes costs nobody his key."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.custody.keeper import Locked, WrongPassphrase
from edge.custody.key_file import KEY_NAME, KeyFile
from edge.custody.slots import SLOTS_NAME, read_slots, write_slots
from protocol.errors import OperatorError
from protocol.records.sheet import lines_of
from tests.edge.custody.support import KEY, LOCK, PHRASE, Machine
from tests.edge.store.support import Chance

ALONE = ["otp", "usb", "credential", "file"]


@pytest.mark.parametrize("kind", ALONE)
def test_each_way_opens_by_itself_and_its_card_alone_opens_nothing(tmp_path: Path, kind: str) -> None:
    machine = Machine(tmp_path)
    machine.keeper().add(kind, KEY)
    assert machine.keeper().key() == KEY
    assert all(KEY not in path.read_bytes() for path in machine.folder.iterdir())
    machine.lose(kind)
    with pytest.raises(Locked, match="is locked"):
        machine.keeper().key()


def test_a_passphrase_opens_and_another_does_not(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.keeper().add("passphrase", KEY, LOCK)
    with pytest.raises(Locked, match="/admin"):
        machine.keeper().key()
    assert machine.keeper().key_by_passphrase(PHRASE) == KEY
    with pytest.raises(WrongPassphrase):
        machine.keeper().key_by_passphrase(f"{PHRASE} ")


def test_the_sheet_opens_when_the_board_is_burnt_and_a_new_board_takes_its_place(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    old = machine.keeper().add("otp", KEY).slot
    sheet = "\n".join(lines_of(machine.keeper(Chance("sheet")).add("recovery", KEY).sheet))
    machine.rows = bytes(range(200, 232))
    with pytest.raises(Locked, match="another than the one"):
        machine.keeper().key()
    machine.keeper(Chance("new")).change(old, machine.keeper().key_by_sheet(sheet))
    assert machine.keeper().key() == KEY
    with pytest.raises(OperatorError, match="line 3"):
        machine.keeper().key_by_sheet(sheet[:-1])
    with pytest.raises(OperatorError, match="another sheet"):
        machine.keeper().key_by_sheet("\n".join(lines_of(bytes(range(32)))))


def test_a_plain_file_of_before_there_were_slots_becomes_one_and_can_be_left(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    KeyFile(machine.folder / KEY_NAME).create(lambda _size: KEY)
    assert machine.keeper().key() == KEY
    machine.keeper().add("otp", KEY)
    file, _ = read_slots(machine.folder) or []
    assert file.kind == "file"
    machine.keeper().remove(file)
    assert not (machine.folder / KEY_NAME).exists()
    assert machine.keeper().key() == KEY


def test_a_file_that_a_power_cut_left_behind_is_deleted_at_the_next_start(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    KeyFile(machine.folder / KEY_NAME).create(lambda _size: KEY)
    machine.keeper().add("otp", KEY)
    write_slots(machine.folder, (read_slots(machine.folder) or [])[1:])  # the slot is gone, and then the power
    assert machine.keeper().key() == KEY
    assert not (machine.folder / KEY_NAME).exists()


def test_the_last_way_stays(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    slot = machine.keeper().add("otp", KEY).slot
    with pytest.raises(OperatorError, match="only way"):
        machine.keeper().remove(slot)


def test_a_changed_stick_opens_and_the_one_in_the_drawer_does_not(tmp_path: Path) -> None:
    machine, drawer = Machine(tmp_path), tmp_path / "drawer"
    first = machine.keeper().add("usb", KEY).slot
    (tmp_path / "stick").rename(drawer)
    (tmp_path / "stick").mkdir()
    machine.keeper(Chance("new")).change(first, KEY)
    assert machine.keeper().key() == KEY
    machine.sticks[:] = [drawer]
    with pytest.raises(Locked):
        machine.keeper().key()


def test_a_slot_under_another_name_opens_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.keeper().add("otp", KEY)
    data = (machine.folder / SLOTS_NAME).read_bytes()
    (machine.folder / SLOTS_NAME).write_bytes(data.replace(b"\xa3otp", b"\xa3usb"))
    with pytest.raises(Locked):
        machine.keeper().key()


@given(st.data())
def test_a_damaged_file_of_slots_is_refused_in_words(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        damage_and_look(Machine(Path(folder)), data)


def damage_and_look(machine: Machine, data: st.DataObject) -> None:
    machine.keeper().add("otp", KEY)
    whole = (machine.folder / SLOTS_NAME).read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :]
    (machine.folder / SLOTS_NAME).write_bytes(data.draw(st.sampled_from([whole[:place], changed])))
    try:
        assert machine.keeper().key() == KEY  # what was hit says nothing: the time at which it was made
    except OperatorError as error:
        said = str(error)
    else:
        said = "the key is whole, and the file is refused by nobody"
    assert len(said) > 40
