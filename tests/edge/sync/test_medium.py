"""The log follows on a second medium, which goes and comes; a new card is filled from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store.branches import branches_of
from edge.store.store import Store
from edge.store.verify import verify_log
from edge.store.whereabouts import records_of
from edge.sync.medium_files import CLOSED, FULL, GONE
from tests.edge.store.scanning import PAGE, PAPER, attach, grant, printed, remove, seal
from tests.edge.store.support import ANNEXE, account_opened, open_account
from tests.edge.sync.machines import FIRST, STANDBY, STREAMS, store_of
from tests.edge.sync.media import (
    another_disk,
    files_of,
    following,
    in_step,
    medium_of,
    recovered,
    remounted,
    scans_there,
    small_disk,
    until,
)
from tests.edge.sync.support import at_edge
from tests.edge.sync.test_mirror import add_staff, cases_in, work


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with another_disk(tmp_path) as folder:
        yield folder


async def mirrored(home: Path, disk: Path, *numbers: int, part: int = 1 << 24) -> None:
    """An annexe that worked, and whose medium holds all of it."""
    async with store_of(home) as store, following(medium_of(store, disk, home, part=part)) as medium:
        await in_step(medium)
        for number in numbers:
            await work(store, number)
        await in_step(medium)


def volumes(disk: Path) -> list[Path]:
    return sorted(disk.rglob("*.volume"))


async def test_a_new_card_holds_what_the_lost_one_had_and_goes_on_without_a_branch(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "lost", disk, 1, 2)
    async with store_of(tmp_path / "new") as store:
        found = await recovered(store, disk)
        assert found.records == found.read > 4
        assert (found.left_out, found.damaged) == (0, 0)
    assert at_edge(tmp_path / "new") == at_edge(tmp_path / "lost")
    async with store_of(tmp_path / "new") as store:
        await work(store, 3)
        assert await cases_in(store) == 3
        async with store.reading() as reader:
            assert await branches_of(reader, STREAMS) == []
    report = await verify_log(tmp_path / "new", own=FIRST.identity.signing.public)
    assert report.sound, report.findings


async def test_done_twice_or_beside_what_came_back_already_nothing_is_double(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "lost", disk, 1)
    async with store_of(tmp_path / "new") as store:
        first = await recovered(store, disk)
        again = await recovered(store, disk)
        assert (again.read, again.records, again.left_out) == (first.read, 0, 0)
    assert at_edge(tmp_path / "new") == at_edge(tmp_path / "lost")


async def test_once_in_step_a_command_is_confirmed_when_the_medium_holds_it(tmp_path: Path, disk: Path) -> None:
    async with store_of(tmp_path / "card") as store, following(medium_of(store, disk, tmp_path / "card")) as medium:
        await in_step(medium)
        for number in range(1, 4):
            await work(store, number)
            shutil.copytree(disk, tmp_path / f"seen {number}")  # what lies there at the moment of the confirmation
            assert (await medium.lag()).records == 0  # type: ignore[union-attr]  # it was seen
    for number in range(1, 4):
        async with store_of(tmp_path / f"new {number}") as store:
            await recovered(store, tmp_path / f"seen {number}")
            assert await cases_in(store) == number


async def test_what_the_medium_holds_is_written_once_however_often_it_is_plugged_in(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "card", disk, *range(1, 6))
    [before] = volumes(disk)
    for _ in range(3):
        await mirrored(tmp_path / "card", disk)
    assert volumes(disk) == [before]
    async with store_of(tmp_path / "new") as store:
        found = await recovered(store, disk)
        assert found.read == found.records == sum(map(len, at_edge(tmp_path / "card").values()))


async def test_a_medium_that_is_pulled_stops_nobody_and_is_caught_up_with_when_it_is_back(
    tmp_path: Path, disk: Path
) -> None:
    mount, away = disk / "ssd", disk / "away"
    mount.mkdir()
    async with store_of(tmp_path / "card") as store, following(medium_of(store, mount, tmp_path / "card")) as medium:
        await work(store, 1)
        await in_step(medium)
        mount.rename(away)
        await until(medium, lambda: medium.state.error == GONE)
        await work(store, 2)
        lag = await medium.lag()
        assert lag is not None
        assert lag.records == 2
        assert lag.since_ms is not None
        away.rename(mount)
        await in_step(medium)
        assert medium.state.error is None
        assert (await medium.lag()).records == 0  # type: ignore[union-attr]  # it was seen
    async with store_of(tmp_path / "new") as store:
        await recovered(store, mount)
        assert await cases_in(store) == 2


async def test_what_it_would_lose_is_known_after_a_start_without_it(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "card", disk, 1)
    async with store_of(tmp_path / "card") as store:
        medium = medium_of(store, tmp_path / "nothing", tmp_path / "card")
        assert (await medium.lag()).records == 0  # type: ignore[union-attr]  # it was seen
        await open_account(store, 2, account_opened(cnie="FA000002", phone=None))
        assert (await medium.lag()).records == 2  # type: ignore[union-attr]  # record 0 of the new segment, and this


async def test_the_empty_mount_point_of_a_pulled_medium_is_never_written_to(tmp_path: Path) -> None:
    mount = tmp_path / "ssd"
    mount.mkdir()
    async with store_of(tmp_path / "card") as store, following(medium_of(store, mount, tmp_path / "card")) as medium:
        await until(medium, lambda: medium.state.error == GONE)
        await work(store, 1)
    assert list(mount.iterdir()) == []
    async with store_of(tmp_path / "card") as store:
        assert await medium_of(store, mount, tmp_path / "card").lag() is None


async def test_a_full_medium_is_said_and_what_it_holds_is_sound(tmp_path: Path) -> None:
    with small_disk(tmp_path / "ssd", "64k") as mount:
        card = tmp_path / "card"
        async with store_of(card) as store, following(medium_of(store, mount, card)) as medium:
            await in_step(medium)
            number = 0
            while medium.state.error is None and number < 200:
                number += 1
                await work(store, number)
            assert medium.state.error == FULL
            remounted(mount, "size=4m")
            medium.try_now()
            await in_step(medium)
            assert medium.state.error is None
        async with store_of(tmp_path / "new") as store:
            found = await recovered(store, mount)
            assert (found.damaged, found.left_out) == (0, 0)
            assert await cases_in(store) == number


async def test_a_medium_that_is_write_protected_is_said(tmp_path: Path) -> None:
    with small_disk(tmp_path / "ssd", "4m") as mount:
        card = tmp_path / "card"
        async with store_of(card) as store, following(medium_of(store, mount, card)) as medium:
            await in_step(medium)
            remounted(mount, "ro")
            await work(store, 1)
            await until(medium, lambda: medium.state.error == CLOSED)
            assert not medium.state.in_step
            remounted(mount, "rw")
            await in_step(medium)


async def test_a_torn_end_is_written_over(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "card", disk, 1)
    [volume] = volumes(disk)
    whole = volume.read_bytes()
    for torn in (whole[:-7], whole + b"\0" * 50, whole + b"\0\0\1\0half of an entry"):
        volume.write_bytes(torn)
        await mirrored(tmp_path / "card", disk)
        async with store_of(tmp_path / f"new {len(torn)}") as store:
            found = await recovered(store, disk)
            assert found.damaged == 0
            assert await cases_in(store) == 1
    assert volumes(disk) == [volume]


async def test_a_damaged_volume_costs_what_it_held_and_another_run_begins(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "card", disk, 1, 2)
    [volume] = volumes(disk)
    data = bytearray(volume.read_bytes())
    data[300] ^= 1
    volume.write_bytes(data)
    async with store_of(tmp_path / "new") as store:
        assert (await recovered(store, disk)).damaged == 1
    await mirrored(tmp_path / "card", disk, 3)
    [newer] = volumes(disk)
    assert newer.name > volume.name
    async with store_of(tmp_path / "whole") as store:
        assert (await recovered(store, disk)).damaged == 0
        assert await cases_in(store) == 3


async def test_a_missing_part_begins_another_run(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "card", disk, *range(1, 9), part=1500)
    assert len(volumes(disk)) > 3
    volumes(disk)[1].unlink()
    await mirrored(tmp_path / "card", disk, 9)
    async with store_of(tmp_path / "new") as store:
        assert (await recovered(store, disk)).left_out == 0
        assert await cases_in(store) == 9


async def test_parts_follow_each_other_and_each_can_be_gone_on_with(tmp_path: Path, disk: Path) -> None:
    for number in range(1, 6):
        await mirrored(tmp_path / "card", disk, number, part=1500)
    parts = volumes(disk)
    assert len(parts) > 3
    async with store_of(tmp_path / "new") as store:
        found = await recovered(store, disk)
        assert found.read == found.records
    assert at_edge(tmp_path / "new") == at_edge(tmp_path / "card")


async def test_a_card_that_was_put_back_takes_its_tail_before_anything_is_written(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "card", disk, 1)
    shutil.copytree(tmp_path / "card", tmp_path / "backup")
    await mirrored(tmp_path / "card", disk, 2)
    card = tmp_path / "backup"
    async with store_of(card) as store, following(medium_of(store, disk, card)) as medium:
        await until(medium, lambda: store.is_held or medium.state.attached)
        await work(store, 3)
        await in_step(medium)
        assert await cases_in(store) == 3
        async with store.reading() as reader:
            assert await branches_of(reader, STREAMS) == []


async def test_scans_are_there_too_and_go_when_they_are_removed(tmp_path: Path, disk: Path) -> None:
    async with store_of(tmp_path / "card") as store, following(medium_of(store, disk, tmp_path / "card")) as medium:
        case = await work(store, 1)
        kept, mistake = await attach(store, case), await attach(store, case, PAGE * 9, "two")
        files = files_of(disk, tmp_path / "card").scans

        async def there(addresses: set[bytes]) -> bool:
            return {one.name for one in await files.listing()} == {address.hex() for address in addresses}

        await scans_there(medium, lambda: there({kept, mistake}))
        await remove(store, case, mistake)
        await scans_there(medium, lambda: there({kept}))
        await in_step(medium)
    async with store_of(tmp_path / "new") as store:
        assert (await recovered(store, disk)).scans == 1
        assert await readable(store, case, kept) == PAGE


async def test_a_file_that_this_release_does_not_know_stays_on_the_medium(tmp_path: Path, disk: Path) -> None:
    async with store_of(tmp_path / "card") as store, following(medium_of(store, disk, tmp_path / "card")) as medium:
        case = await work(store, 1)
        files = files_of(disk, tmp_path / "card").scans
        unknown = await files.begin()
        await unknown.append(b"what a later release has sealed, before it was put back")
        await unknown.keep(bytes(32).hex())
        address = await attach(store, case)

        async def there() -> bool:
            return {one.name for one in await files.listing()} == {address.hex(), bytes(32).hex()}

        await scans_there(medium, there)
        await in_step(medium)
        assert await there()


async def test_a_new_card_prints_the_certificates_of_the_lost_one_byte_for_byte(tmp_path: Path, disk: Path) -> None:
    async with store_of(tmp_path / "card") as store, following(medium_of(store, disk, tmp_path / "card")) as medium:
        before, later = await work(store, 1), await work(store, 2)
        await grant(store, before)
        await grant(store, later)
        await seal(store, before)
        await in_step(medium)
        address = await seal(store, later, PAPER[::-1], "bcdefghijklmnopq")
        files = files_of(disk, tmp_path / "card").scans

        async def there() -> bool:
            return address.hex() in {one.name for one in await files.listing()} and not medium.state.scans

        await scans_there(medium, there)
        await in_step(medium)
    async with store_of(tmp_path / "new") as store:
        assert (await recovered(store, disk)).scans == 2
        assert (await recovered(store, disk)).scans == 0
        assert await printed(store, before) == PAPER
        assert await printed(store, later) == PAPER[::-1]


async def readable(store: Store, case: bytes, address: bytes) -> bytes:
    async with store.reading() as reader:
        key = await reader.data_key(case)
    assert key is not None
    content = await store.scans.open(key, address, len(PAGE))
    assert content is not None
    return b"".join([piece async for piece in content])


def all_of(disk: Path) -> tuple[str, bytes]:
    """Every name on a medium, and every byte."""
    found = list(disk.rglob("*"))
    return " ".join(str(one) for one in found), b"".join(one.read_bytes() for one in found if one.is_file())


async def test_a_form_that_is_sent_again_to_a_new_card_is_answered_with_the_first_result(
    tmp_path: Path, disk: Path
) -> None:
    async with store_of(tmp_path / "card") as store:
        early = await work(store, 1)
        async with following(medium_of(store, disk, tmp_path / "card")) as medium:
            await in_step(medium)
            late = await work(store, 2)
            await in_step(medium)
    async with store_of(tmp_path / "new") as store:
        await recovered(store, disk)
        assert [await work(store, number) for number in (1, 2)] == [early, late]
        assert await cases_in(store) == 2


async def test_a_result_whose_records_did_not_reach_the_medium_is_not_given(tmp_path: Path, disk: Path) -> None:
    async with store_of(tmp_path / "card") as store, following(medium_of(store, disk, tmp_path / "card")) as medium:
        await in_step(medium)
        await work(store, 1)
        first = volumes(disk)[0].stat().st_size
        await open_account(store, 2, account_opened(cnie="FA000002", phone=None))
        await in_step(medium)
    [volume] = volumes(disk)
    data = volume.read_bytes()
    for size in range(first, len(data), 7):
        cut(volume, data[:size])
        async with store_of(tmp_path / f"new {size}") as store:
            await recovered(store, disk)
            accounts = await accounts_in(store)
            await open_account(store, 2, account_opened(cnie="FA000002", phone=None))
            assert await accounts_in(store) == 2, f"{accounts} accounts before it was sent again, cut at {size}"


def cut(file: Path, left: bytes) -> None:
    file.write_bytes(left)


async def accounts_in(store: Store) -> int:
    async with store.reading() as reader:
        return len(await reader.rows("SELECT subject FROM accounts"))


async def test_who_finds_the_medium_reads_nothing(tmp_path: Path, disk: Path) -> None:
    async with store_of(tmp_path / "card") as store, following(medium_of(store, disk, tmp_path / "card")) as medium:
        await add_staff(store, "samira")
        case = await work(store, 1)
        address = await attach(store, case)
        scans = files_of(disk, tmp_path).scans

        async def there() -> bool:
            return await scans.size(address.hex()) is not None

        await scans_there(medium, there)
        await in_step(medium)
    names, written = all_of(disk)
    for word in (ANNEXE, "FA000001", "B05", "samira", "Salma", "cases", "office"):
        assert word.encode() not in written
        assert word not in names
    assert case not in written
    async with store_of(tmp_path / "other", STANDBY) as other:
        assert (await recovered(other, disk, STANDBY)).read == 0


def put_beside(disk: Path) -> None:
    """Copy the one volume of a medium into all folders of it."""
    [ours] = volumes(disk)
    for folder in disk.glob("mulhaqa-*"):
        shutil.copy(ours, folder / "0002-000001.volume")


async def test_a_volume_of_another_key_is_left_alone(tmp_path: Path, disk: Path) -> None:
    await mirrored(tmp_path / "card", disk, 1)
    await files_of(disk, tmp_path, STANDBY).prepare()
    put_beside(disk)
    async with store_of(tmp_path / "other", STANDBY) as other:
        found = await recovered(other, disk, STANDBY)
        assert (found.read, found.damaged) == (0, 1)


async def test_what_it_holds_is_found_by_the_place_of_a_record(tmp_path: Path, disk: Path) -> None:
    async with store_of(tmp_path / "card") as store:
        async with following(medium_of(store, disk, tmp_path / "card")) as medium:
            await work(store, 1)
            await in_step(medium)
        async with store.reading() as reader:
            case = await reader.case_by_reference("B05-7K3MQ-00001")
            assert case is not None
            stands = {one.place: one for one in (await records_of(reader, case))[0].stands}
    assert stands["medium"].held
    assert stands["medium"].since_ms is not None
