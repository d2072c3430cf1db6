from pathlib import Path

import pytest

from edge.store.connection import SqlValue, open_sqlite
from edge.store.store import Store, Transaction
from edge.store.verify import Report, verify_log
from protocol.errors import OperatorError
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import SigningKey
from tests.edge.store.life import LIFE, live
from tests.edge.store.scanning import older
from tests.edge.store.support import (
    SIGNING,
    Chance,
    account_opened,
    command,
    copied,
    database,
    open_account,
    staff_added,
    store_in,
    submit,
    vault_of,
)


async def worked_in(folder: Path) -> None:
    async with store_in(folder) as store:
        await hire(store)
        case = await submit(store, await open_account(store))
        await live(store, case, LIFE[0], "complete")
        await older(store, case, b"%PDF-1.7 a certificate")
    async with store_in(folder) as store:
        await open_account(store, 2, account_opened(cnie="FA000002"))


async def hire(store: Store) -> None:
    async def decide(tx: Transaction) -> Value:
        return await tx.append("office", staff_added(), key_of=tx.office)

    await store.execute(command("hire"), decide)


async def verified(folder: Path) -> Report:
    return await verify_log(folder, vault=vault_of(folder), own=SIGNING.public)


async def tampered(folder: Path, sql: str, params: tuple[SqlValue, ...] = ()) -> Report:
    connection = await open_sqlite(database(folder), True)
    await connection.execute("PRAGMA foreign_keys = OFF")
    assert await connection.execute(sql, params) > 0
    await connection.close()
    return await verified(folder)


async def test_a_sound_store_is_sound_and_counted(tmp_path: Path) -> None:
    await worked_in(tmp_path)
    report = await verified(tmp_path)
    assert report.sound
    assert dict(report.records) == {"berkane-05/office": 2, "berkane-05/cases": 6}
    assert (report.segments, report.branches, report.unopened) == (3, 0, 0)
    assert (report.keys, report.blobs) == (4, 1)


async def test_it_reads_beside_a_store_at_work(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await open_account(store)
        assert (await verified(tmp_path)).sound


async def test_an_empty_store_is_sound(tmp_path: Path) -> None:
    async with store_in(tmp_path):
        pass
    assert (await verified(tmp_path)).sound


async def test_no_store_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(OperatorError):
        await verified(tmp_path)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("at", [1, 20, 60, -70, -1])
async def test_a_flipped_bit_in_a_record_is_found(tmp_path: Path, at: int) -> None:
    await worked_in(tmp_path)
    connection = await open_sqlite(database(tmp_path), True)
    ((data,),) = await connection.rows("SELECT bytes FROM records WHERE position = 4")
    await connection.close()
    assert isinstance(data, bytes)
    report = await tampered(tmp_path, "UPDATE records SET bytes = ? WHERE position = 4", (flip(data, at % len(data)),))
    assert not report.sound


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("DELETE FROM records WHERE position = 5", "record berkane-05/cases"),
        ("UPDATE records SET seq = 99 WHERE position = 5", "record berkane-05/cases"),
        ("UPDATE records SET subject = zeroblob(16) WHERE position = 5", "record berkane-05/cases"),
        ("UPDATE records SET hash = zeroblob(32) WHERE position = 5", "record berkane-05/cases"),
        ("UPDATE keys SET wrapped = zeroblob(80)", "key "),
        ("DELETE FROM keys", "record berkane-05/"),
        ("UPDATE segments SET parent_seq = 1 WHERE parent_seq IS NOT NULL", "stream berkane-05/cases"),
        ("UPDATE cases SET state = 'approved'", "view cases"),
        ("UPDATE cases SET due = NULL", "view cases"),
        ("DELETE FROM staff", "view staff"),
        ("DELETE FROM account_index WHERE kind = 'phone'", "view account_index"),
        ("UPDATE accounts SET details = zeroblob(100)", "view accounts"),
        ("UPDATE blobs SET bytes = zeroblob(100)", "file "),
    ],
)
async def test_what_was_changed_by_hand_is_named(tmp_path: Path, sql: str, place: str) -> None:
    await worked_in(tmp_path)
    report = await tampered(tmp_path, sql)
    assert any(finding.place.startswith(place) for finding in report.findings), report.findings


async def test_a_record_by_a_stranger_is_found(tmp_path: Path) -> None:
    await worked_in(tmp_path)
    report = await verify_log(tmp_path, vault=vault_of(tmp_path), own=SigningKey(bytes(32)).public)
    assert sum("nobody who is trusted" in finding.what for finding in report.findings) == 8


async def test_a_swapped_decision_is_found_even_by_whoever_holds_the_key_of_the_case(tmp_path: Path) -> None:
    """The body may be sealed anew by someone with the vault: the signature is not his to make."""
    async with store_in(tmp_path) as store:
        case = await submit(store, await open_account(store))
        async with store.reading() as reader:
            ((data,),) = await reader.rows("SELECT bytes FROM records ORDER BY position DESC LIMIT 1")
        assert isinstance(data, bytes)
    fields = decode(data)
    assert isinstance(fields, list)
    fields[9] = bytes(64)
    report = await tampered(tmp_path, "UPDATE records SET bytes = ? WHERE subject = ?", (encode(fields), case))
    assert any("signature" in finding.what for finding in report.findings)


async def test_a_file_that_is_damaged_all_over_still_gets_a_report(tmp_path: Path) -> None:
    await worked_in(tmp_path)
    file = database(tmp_path)
    data = bytearray(file.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 16] = bytes(range(16))
    file.write_bytes(data)
    report = await verified(tmp_path)
    assert any(finding.place == "the file" for finding in report.findings)


async def test_a_damaged_store_does_not_start_while_it_is_in_doubt(tmp_path: Path) -> None:
    await worked_in(tmp_path)
    damaged = copied(tmp_path, tmp_path.parent / f"{tmp_path.name}-damaged")
    assert not (await tampered(damaged, "UPDATE cases SET state = 'approved'")).sound
    (damaged / "store.in-doubt").touch()
    with pytest.raises(OperatorError, match="view cases"):
        async with store_in(damaged, chance=Chance("x")):
            pass
    assert (damaged / "store.in-doubt").exists()
