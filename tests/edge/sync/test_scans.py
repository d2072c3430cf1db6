"""Scans on their way to a real prefecture, over a line that breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from central.centre import Centre
from central.connections import Connections
from central.store import schema
from edge.store.store import Store
from edge.sync.uplink import Uplink
from protocol.office.events import CertificateAnnulled
from protocol.records.blobs import CHUNK
from tests.central.support import centre_in
from tests.edge.store.life import CAID, LIFE, live
from tests.edge.store.scanning import PAGE, PAPER, attach, grant, printed, remove, seal
from tests.edge.store.support import ANNEXE, account_opened, open_account, submit
from tests.edge.sync.support import Line, annexe_in, eventually, make_uplink, running, served

LARGE = b"%PDF-" + bytes(range(256)) * 4 * 1024  # 1 MiB: 129 pieces


@dataclass
class Both:
    centre: Centre
    line: Line
    connections: Connections
    store: Store
    case: bytes

    async def has_come(self, address: bytes) -> None:
        """Wait until all of a scan is at the prefecture."""
        await eventually(lambda: self.centre.blobs.is_whole(ANNEXE, address), self.connections)

    async def at_the_prefecture(self, address: bytes) -> bytes | None:
        content = await self.centre.blobs.open(ANNEXE, self.case, address)
        return None if content is None else b"".join([piece async for piece in content])

    async def column(self, name: str, address: bytes) -> Any:
        table = schema.blobs
        query = select(table.c[name]).where(table.c.address == address)
        async with self.centre.store.database.read() as connection:
            return (await connection.execute(query)).scalar()


async def until_async(holds: Callable[[], Awaitable[bool]], uplink: Uplink) -> None:
    """Wait until something holds at the annexe, looking whenever its uplink has anything to tell."""
    changed = asyncio.Event()
    uplink.on_change(lambda _: changed.set())
    async with asyncio.timeout(20):
        while not await holds():
            await changed.wait()
            changed.clear()


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    async with pair(tmp_path) as ends:
        yield ends


@asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[Both]:
    async with (
        centre_in(folder / "centre") as centre,
        served(centre) as (line, connections),
        annexe_in(folder / "a") as store,
    ):
        yield Both(centre, line, connections, store, await submit(store, await open_account(store)))


async def test_a_scan_reaches_the_prefecture_and_opens_there_to_the_same_bytes(both: Both) -> None:
    before = await attach(both.store, both.case)
    async with running(make_uplink(both.store, both.line)):
        await both.has_come(before)
        assert await both.at_the_prefecture(before) == PAGE
        while_connected = await attach(both.store, both.case, LARGE, "two")
        await both.has_come(while_connected)
    assert await both.at_the_prefecture(while_connected) == LARGE


async def test_half_a_scan_is_given_to_nobody(both: Both) -> None:
    address = await attach(both.store, both.case, LARGE)
    both.line.cut_after = 400_000
    uplink = make_uplink(both.store, both.line)

    async def half_came() -> bool:
        return bool(await both.column("pieces", address)) and not both.connections.connected(ANNEXE)

    async with running(uplink):
        await eventually(half_came, both.connections)
    assert 0 < await both.column("pieces", address) < 129
    assert await both.at_the_prefecture(address) is None


async def test_a_scan_comes_whole_over_a_line_that_breaks_before_it_could_come_at_once(both: Both) -> None:
    address = await attach(both.store, both.case, LARGE)
    both.line.cut_after = 150_000
    uplink = make_uplink(both.store, both.line)
    uplink.on_change(lambda status: uplink.try_now() if status.next_try_ms is not None else None)
    async with running(uplink):
        await both.has_come(address)
    assert both.line.opened >= 8
    assert await both.at_the_prefecture(address) == LARGE


async def test_a_scan_that_was_removed_is_deleted_at_the_prefecture(both: Both) -> None:
    address = await attach(both.store, both.case)
    async with running(make_uplink(both.store, both.line)):
        await both.has_come(address)
        await remove(both.store, both.case, address)

        async def is_gone() -> bool:
            return await both.column("size", address) is None

        await eventually(is_gone, both.connections)
    async with both.centre.store.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(schema.blob_pieces))).scalar() == 0


async def test_a_scan_that_the_disk_has_damaged_is_told_and_holds_up_no_other(both: Both, tmp_path: Path) -> None:
    bad, good = await attach(both.store, both.case, LARGE), await attach(both.store, both.case, PAGE, "two")
    path = tmp_path / "a" / "scans" / bad.hex()
    data = bytearray(path.read_bytes())
    data[5 * CHUNK] ^= 1
    path.write_bytes(data)
    async with running(make_uplink(both.store, both.line)):
        await both.has_come(good)
    assert await both.column("problem", bad) == "lacking"
    assert await both.at_the_prefecture(bad) is None
    assert await both.at_the_prefecture(good) == PAGE


async def test_what_the_prefectures_disk_has_damaged_is_not_shown(both: Both) -> None:
    address = await attach(both.store, both.case)
    async with running(make_uplink(both.store, both.line)):
        await both.has_come(address)
    table = schema.blob_pieces
    async with both.centre.store.database.write() as connection:
        await connection.execute(table.update().where(table.c.place == 2).values(sealed=b"?"))
    assert await both.at_the_prefecture(address) is None


async def test_many_scans_in_many_dossiers_all_come(both: Both) -> None:
    account = await open_account(both.store, 2, account_opened(cnie="FA222222", phone=None))
    addresses = [await attach(both.store, both.case, PAGE + bytes([number]), f"a {number}") for number in range(20)]
    other = await submit(both.store, account, "B05-7K3MQ-2X9RV")
    addresses += [await attach(both.store, other, PAGE + bytes([number]), f"b {number}") for number in range(20)]
    async with running(make_uplink(both.store, both.line)):
        for address in addresses:
            await both.has_come(address)


async def test_a_card_that_was_restored_gets_its_scans_back(both: Both, tmp_path: Path) -> None:
    first, second = await attach(both.store, both.case, LARGE), await attach(both.store, both.case, PAGE, "two")
    uplink = make_uplink(both.store, both.line)
    async with running(uplink):
        await both.has_come(first)
        await both.has_come(second)
    for path in (tmp_path / "a" / "scans").iterdir():
        path.unlink()
    assert not await both.store.scans.is_whole(first)
    both.line.cut_after = 300_000
    uplink.on_change(lambda status: uplink.try_now() if status.next_try_ms is not None else None)
    async with running(uplink):
        await until_async(lambda: both.store.scans.is_whole(first), uplink)
        await until_async(lambda: both.store.scans.is_whole(second), uplink)
    assert both.line.opened >= 4, "it went on over several connections"


async def test_a_scan_that_was_damaged_here_is_mended_by_the_prefecture(both: Both, tmp_path: Path) -> None:
    address = await attach(both.store, both.case)
    uplink = make_uplink(both.store, both.line)
    async with running(uplink):
        await both.has_come(address)
    path = tmp_path / "a" / "scans" / address.hex()
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert not await both.store.scans.is_whole(address)
    async with running(uplink):
        await until_async(lambda: both.store.scans.is_whole(address), uplink)


async def test_a_replaced_card_gets_its_certificates_back_from_the_prefecture(both: Both, tmp_path: Path) -> None:
    await grant(both.store, both.case)
    address = await seal(both.store, both.case)
    uplink = make_uplink(both.store, both.line)
    async with running(uplink):
        await both.has_come(address)
        assert await both.at_the_prefecture(address) == PAPER
    (tmp_path / "a" / "scans" / address.hex()).unlink()
    assert await printed(both.store, both.case) is None
    async with running(uplink):
        await until_async(lambda: both.store.scans.is_whole(address), uplink)
    assert await printed(both.store, both.case) == PAPER


async def test_a_certificate_that_counts_no_more_is_kept_here_and_at_the_prefecture(both: Both) -> None:
    await grant(both.store, both.case)
    address = await seal(both.store, both.case)
    await live(both.store, both.case, annulled, "annuls")
    await live(both.store, both.case, LIFE[2], "grants anew")
    second = await seal(both.store, both.case, PAPER[::-1], "bcdefghijklmnopq")
    async with running(make_uplink(both.store, both.line)):
        await both.has_come(second)
        await both.has_come(address)
    assert await both.at_the_prefecture(address) == PAPER
    assert await both.store.scans.is_whole(address)
    assert await printed(both.store, both.case) == PAPER[::-1]


def annulled(heads: list[bytes]) -> CertificateAnnulled:
    return CertificateAnnulled(
        follows=heads,
        serial="abcdefghijklmnop",
        reason_code="wrong",
        reason_text="His name.",
        due="2026-12-24",
        by=CAID,
    )
