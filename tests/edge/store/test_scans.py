"""The folder of scans over the lives of an appliance: what a start finds, keeps and clears away."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.store.scan_files import FolderScanFiles, ScanFiles
from edge.store.scans import ORPHAN_MS, SPARED_MS, Scans, sweep
from edge.store.store import Store, Transaction
from edge.store.verify_scans import verify_scans
from protocol.errors import CallerError, OperatorError, PeerError, PersonError
from protocol.records.blobs import CHUNK
from protocol.records.encoding import Value
from tests.edge.store.scanning import PAGE, PAPER, attach, grant, pieces, printed, remove, seal
from tests.edge.store.support import NOON, Clock, open_account, store_in, submit

KEY = bytes(range(32))


@dataclass
class Shelf:
    """Scans on a folder, and the addresses that something names."""

    files: ScanFiles
    named: set[bytes] = field(default_factory=set)
    in_doubt: bool = False

    def __post_init__(self) -> None:
        self.scans = Scans(self.files, self._is_named, lambda: self.in_doubt, lambda: NOON)

    async def _is_named(self, address: bytes) -> bool:
        return address in self.named

    async def keep(self, data: bytes = PAGE, *, failing: Exception | None = None) -> bytes:
        """Keep a scan and name it, or fail (`failing`) where it should be named."""
        async with self.scans.sealing(KEY, pieces(data)) as sealed, self.scans.naming(sealed.address):
            await self.scans.keep(sealed)
            if failing is not None:
                raise failing
            self.named.add(sealed.address)
        return sealed.address

    async def read(self, address: bytes, size: int = len(PAGE)) -> bytes | None:
        content = await self.scans.open(KEY, address, size)
        return None if content is None else b"".join([piece async for piece in content])


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(FolderScanFiles(tmp_path / "scans"))


async def names(shelf: Shelf) -> list[str]:
    return [one.name for one in await shelf.files.listing()]


async def test_what_is_kept_is_read_whole_and_sent_in_its_parts(shelf: Shelf) -> None:
    address = await shelf.keep()
    assert await shelf.read(address) == PAGE
    listed = await shelf.scans.part(address, 0)
    assert listed is not None
    count = len(listed.data) // 32
    parts = [await shelf.scans.part(address, place) for place in range(1, count + 1)]
    assert [part.is_last for part in parts if part] == [False] * (count - 1) + [True]
    assert count == -(-len(PAGE) // CHUNK)


async def test_what_is_not_there_is_neither_read_nor_sent(shelf: Shelf) -> None:
    address = await shelf.keep()
    for wrong in (bytes(32), address[::-1]):
        assert await shelf.read(wrong) is None
        assert await shelf.scans.part(wrong, 0) is None
    for place in (-1, 8, 100):
        assert await shelf.scans.part(address, place) is None
    assert await shelf.read(address, len(PAGE) - 1) is None, "another size than the record says"


async def test_a_changed_chunk_is_not_sent_and_its_neighbours_are(shelf: Shelf, tmp_path: Path) -> None:
    address = await shelf.keep()
    path = tmp_path / "scans" / address.hex()
    data = bytearray(path.read_bytes())
    data[CHUNK + 100] ^= 1
    path.write_bytes(data)
    assert await shelf.scans.part(address, 1) is not None
    assert await shelf.scans.part(address, 2) is None
    assert not await shelf.scans.is_whole(address)


@pytest.mark.parametrize(
    "error",
    [
        PersonError("this request was answered already"),
        CallerError("the case has moved on"),
        PeerError("a row is damaged"),
        OperatorError("this machine was replaced"),
        KeyError("a mistake of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_an_event_fails_of_leaves_no_file(shelf: Shelf, error: Exception) -> None:
    with pytest.raises(type(error)):
        await shelf.keep(failing=error)
    assert await names(shelf) == []


async def test_a_file_that_was_named_before_outlives_the_failure_of_another_event(shelf: Shelf) -> None:
    address = await shelf.keep()
    with pytest.raises(CallerError):
        await shelf.keep(failing=CallerError("a second event that names it"))
    assert await names(shelf) == [address.hex()]


async def test_a_doubtful_end_leaves_the_file_to_the_next_start(shelf: Shelf) -> None:
    shelf.in_doubt = True
    with pytest.raises(OperatorError):
        await shelf.keep(failing=OperatorError("nobody knows whether it was committed"))
    assert len(await names(shelf)) == 1


async def test_two_who_keep_and_remove_one_scan_at_once_never_lose_what_is_named(shelf: Shelf) -> None:
    address = await shelf.keep()

    async def remove() -> None:
        async with shelf.scans.naming(address):
            shelf.named.discard(address)

    for _ in range(5):
        await asyncio.gather(remove(), shelf.keep(), remove(), shelf.keep())
        assert (await shelf.read(address) is not None) == (address in shelf.named)


class Rows:
    """What the database says of scans: (address, whether it is held)."""

    def __init__(self, rows: Sequence[tuple[bytes, int]]) -> None:
        self._rows = rows

    async def rows(self, _sql: str, _params: object = ()) -> Sequence[tuple[bytes, int]]:
        return self._rows


async def test_a_start_clears_drafts_what_was_removed_and_old_orphans(tmp_path: Path) -> None:
    shelf = Shelf(FolderScanFiles(tmp_path / "scans"))
    held, removed, orphan = [await shelf.keep(PAGE + bytes([number])) for number in range(3)]
    draft = await shelf.files.begin()
    await draft.append(b"half")
    for path in (tmp_path / "scans").iterdir():
        os.utime(path, ns=(10**15, 10**15))
    rows = Rows([(held, 1), (removed, 0)])
    await sweep(shelf.files, rows, 10**9 + ORPHAN_MS - 1)  # type: ignore[arg-type]  # it asks one question
    assert sorted(one.name for one in (tmp_path / "scans").iterdir()) == sorted([held.hex(), orphan.hex()])
    await sweep(shelf.files, rows, 10**9 + ORPHAN_MS)  # type: ignore[arg-type]  # as above
    assert await names(shelf) == [held.hex()]
    await draft.drop()


async def test_a_release_that_does_not_know_what_names_a_file_spares_it(tmp_path: Path) -> None:
    async with dossier(tmp_path) as (store, case):
        await grant(store, case)
        certificate = await seal(store, case)
    knows_nothing = Rows([])  # as one of before certificates were files has folded the log
    files = FolderScanFiles(tmp_path / "scans")
    await sweep(files, knows_nothing, NOON + 12 * ORPHAN_MS)  # type: ignore[arg-type]  # it asks one question
    async with store_in(tmp_path, clock=Clock(NOON + 12 * ORPHAN_MS)) as store:
        assert await printed(store, case) == PAPER
    await sweep(files, knows_nothing, NOON + 12 * ORPHAN_MS + SPARED_MS // 2)  # type: ignore[arg-type]  # as above
    assert [one.name for one in await files.listing()] == [certificate.hex()]


async def test_what_was_kept_before_this_rule_is_spared_at_a_start(tmp_path: Path) -> None:
    async with dossier(tmp_path) as (store, case):
        address = await attach(store, case)
    os.utime(tmp_path / "scans" / address.hex(), ns=(10**15, 10**15))
    async with store_in(tmp_path, clock=Clock()):
        pass
    [file] = await FolderScanFiles(tmp_path / "scans").listing()
    assert file.since_ms >= NOON + SPARED_MS


@asynccontextmanager
async def dossier(folder: Path) -> AsyncIterator[tuple[Store, bytes]]:
    async with store_in(folder, clock=Clock()) as store:
        yield store, await submit(store, await open_account(store))


async def test_a_start_keeps_what_cases_name_and_ends_a_removal_that_the_power_cut(tmp_path: Path) -> None:
    async with dossier(tmp_path) as (store, case):
        kept = await attach(store, case)
        removed = await attach(store, case, PAGE + b"2", "two")
        await remove(store, case, removed)
        assert await store.scans.is_whole(removed), "the power went before its file did"
    async with dossier(tmp_path) as (store, _):
        assert await store.scans.is_whole(kept)
        assert not await store.scans.is_whole(removed)
    assert [path.name for path in (tmp_path / "scans").iterdir()] == [kept.hex()]


async def test_verification_names_the_scans_that_are_missing_or_damaged(tmp_path: Path) -> None:
    async with dossier(tmp_path) as (store, case):
        good, damaged, missing = [await attach(store, case, PAGE + bytes([number]), str(number)) for number in range(3)]
    (tmp_path / "scans" / missing.hex()).unlink()
    path = tmp_path / "scans" / damaged.hex()
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    report = await verify_scans(tmp_path)
    assert report.named == 3
    assert set(report.unsound) == {damaged.hex(), missing.hex()}
    assert good.hex() not in report.unsound


async def test_a_start_deletes_the_scans_of_a_key_that_was_destroyed(tmp_path: Path) -> None:
    async with dossier(tmp_path) as (store, case):
        address = await attach(store, case)

        async def destroy(tx: Transaction) -> Value:
            tx.write("DELETE FROM keys WHERE subject = ?", (case,))
            return None

        await store.perform(destroy)
    async with store_in(tmp_path, clock=Clock()) as store:
        assert not await store.scans.is_whole(address)
    assert list((tmp_path / "scans").iterdir()) == []
