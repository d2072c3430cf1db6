"""What a damaged disk or a fold that fails holds back on the line: itself, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import update

from central.store.folding import Folder
from central.store.schema import records
from central.store.store import CentralStore
from edge.store.schema import DATABASE
from edge.sync.sentences import FEED_STOPPED
from protocol.errors import OperatorError
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE
from tests.edge.sync.support import (
    annexe_in,
    at_centre,
    eventually,
    make_uplink,
    running,
    served,
    until,
    until_sent,
)
from tests.edge.sync.writing import write_some

CASES = f"{ANNEXE}/cases"


async def test_a_record_damaged_on_the_annexes_disk_holds_back_no_other(tmp_path: Path) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _):
        async with annexe_in(tmp_path / "a") as store:
            await write_some(store, 3)
        with contextlib.closing(sqlite3.connect(tmp_path / "a" / DATABASE)) as connection:
            connection.execute("UPDATE records SET bytes = x'00ff' WHERE seq = 3")
            connection.commit()
        async with annexe_in(tmp_path / "a") as store, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.holes == 1, uplink.on_change)
            assert uplink.status.left == 1
        (annexe,) = await centre.queries.annexes()
        assert [hole.seq for hole in annexe.streams[0].holes] == [3]
    assert len(at_centre(tmp_path / "centre")[CASES]) == 6


async def test_a_record_damaged_at_the_prefecture_keeps_no_request_here(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await centre.publish_credentials([PREFECTURE.credential("annexe", ANNEXE)])
        async with centre.store.database.write() as connection:
            await connection.execute(update(records).where(records.c.stream == "all").values(encoded=b"damaged"))
        await write_some(store, 400)
        async with running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.error == FEED_STOPPED, uplink.on_change)
            await until(lambda: uplink.status.left == 0, uplink.on_change)
            assert uplink.status.connected
            assert uplink.status.error == FEED_STOPPED
        async with store.reading() as reader:
            assert await reader.credentials() == []


async def test_a_damaged_key_on_the_annexes_disk_holds_back_no_other_case(tmp_path: Path) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _):
        async with annexe_in(tmp_path / "a") as store:
            await write_some(store, 1)
            (case, other) = await write_some(store, 2, 1)
        with contextlib.closing(sqlite3.connect(tmp_path / "a" / DATABASE)) as connection:
            connection.execute("UPDATE keys SET wrapped = zeroblob(72) WHERE subject = ?", (case,))
            connection.commit()
        async with annexe_in(tmp_path / "a") as store, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.holes == 1, uplink.on_change)
        (annexe,) = await centre.queries.annexes()
        assert [hole.why for hole in annexe.streams[0].holes] == ["key"]
        await centre.folder.fold()
        assert other in [row.subject for row in await centre.queries.requests()]


async def test_what_cannot_be_folded_keeps_nothing_else_from_being_folded(tmp_path: Path) -> Any:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, uplinks),
        annexe_in(tmp_path / "a") as store,
        running(make_uplink(store, line)) as uplink,
    ):
        centre.folder = Stumbling(centre.store)
        await write_some(store, 1)
        await until_sent(uplink)
        await centre.folder.stumbled.wait()
        (case,) = await write_some(store, 1, 1)

        async def folded() -> bool:
            return case in [row.subject for row in await centre.queries.requests()]

        await eventually(folded, uplinks)


class Stumbling(Folder):
    """A folder that fails the first time, as on a disk that is busy."""

    def __init__(self, store: CentralStore) -> None:
        super().__init__(store)
        self.stumbled = asyncio.Event()

    async def fold(self, annexe: str | None = None, *, rest: Callable[[], Awaitable[None]] | None = None) -> int:
        if not self.stumbled.is_set():
            self.stumbled.set()
            raise OperatorError("the database is locked")
        return await super().fold(annexe, rest=rest)
