"""A prefecture that was put back, and the annexe that holds what it lost."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from central.backup import copy_database
from central.store.database import SQLITE
from central.store.setbacks import standing
from central.store.vault import NAME as VAULT_KEY
from edge.store.confirmations import PREFECTURE as PLACE
from edge.store.flaws import flaws
from edge.store.put_back import put_back_ms
from edge.store.rows import Committed
from edge.store.store import Store
from protocol.records.credentials import Credential
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE
from tests.edge.sync.support import (
    annexe_in,
    at_centre,
    at_edge,
    eventually,
    make_uplink,
    prefecture,
    running,
    served,
    until,
    until_sent,
)
from tests.edge.sync.writing import write_some


async def test_a_prefecture_restored_from_a_backup_gets_all_again(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        await write_some(store, 4)
        async with prefecture(tmp_path / "centre") as line, running(make_uplink(store, line)) as uplink:
            await until_sent(uplink)
            await write_some(store, 2, 50)
            await until_sent(uplink)
        async with prefecture(tmp_path / "restored") as line, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.restored, uplink.on_change)
            await until_sent(uplink)
    assert at_centre(tmp_path / "restored") == at_edge(tmp_path / "a")


def snapshot_of(centre: Path, folder: Path) -> None:
    """Copy what a prefecture's database and key are now into a new folder."""
    folder.mkdir()
    copy_database(centre / SQLITE, folder / SQLITE, lambda _done, _total: None)
    shutil.copy(centre / VAULT_KEY, folder)


async def test_a_prefecture_restored_to_yesterday_gets_back_what_came_since(tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    async with annexe_in(tmp_path / "a") as store:
        await write_some(store, 3)
        async with prefecture(tmp_path / "centre") as line, running(make_uplink(store, line)) as uplink:
            await until_sent(uplink)
            snapshot_of(tmp_path / "centre", restored)
            await write_some(store, 3, 50)
            await until_sent(uplink)
        assert at_centre(restored) != at_edge(tmp_path / "a")
        async with prefecture(restored) as line, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.restored, uplink.on_change)
            await until_sent(uplink)
        async with store.reading() as reader:
            assert await put_back_ms(reader, PLACE) is not None
    assert at_centre(restored) == at_edge(tmp_path / "a")


async def test_a_prefecture_put_back_by_a_snapshot_learns_it_from_the_annexe_that_holds_more(tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot"
    async with annexe_in(tmp_path / "a") as store:
        async with (
            centre_in(tmp_path / "centre") as centre,
            served(centre) as (line, _),
            running(make_uplink(store, line)) as uplink,
        ):
            await until(lambda: uplink.status.connected, uplink.on_change)
            snapshot_of(tmp_path / "centre", snapshot)
            arrived = asyncio.Event()

            def committed(told: Sequence[Committed]) -> None:
                if any(one.stream == "all" for one in told):
                    arrived.set()

            store.on_commit(committed)
            await centre.publish_credentials([PREFECTURE.credential("agent", "berkane-05/k.bennani", name="agent")])
            await arrived.wait()
            assert (await standing(centre.store, "prefecture", centre.now())).setback is None
        async with centre_in(snapshot) as centre, served(centre) as (line, uplinks):
            async with running(make_uplink(store, line)) as uplink:
                await until(lambda: uplink.status.connected, uplink.on_change)

                async def came_back() -> bool:
                    found = (await standing(centre.store, "prefecture", centre.now())).setback
                    return found is not None and found.came_back > 0

                await eventually(came_back, uplinks)
            found = await standing(centre.store, "prefecture", centre.now())
    assert (found.waits, found.parted) == (False, 0)
    assert found.setback is not None
    assert found.setback.annexe == ANNEXE


async def published_to(store: Store) -> list[Credential]:
    async with store.reading() as reader:
        return await reader.credentials()


async def test_a_credential_that_nobody_could_give_holds_up_neither_the_annexe_nor_a_restored_prefecture(
    tmp_path: Path,
) -> None:
    """Published by a mistake, lost by the prefecture, taken back from the annexe: it never has an effect."""
    snapshot, wrong = tmp_path / "snapshot", PREFECTURE.credential("root", "self-made")
    right = PREFECTURE.credential("agent", "berkane-05/k.bennani", name="agent")
    async with annexe_in(tmp_path / "a") as store:
        async with (
            centre_in(tmp_path / "centre") as centre,
            served(centre) as (line, _),
            running(make_uplink(store, line)) as uplink,
        ):
            await until(lambda: uplink.status.connected, uplink.on_change)
            snapshot_of(tmp_path / "centre", snapshot)
            committed = asyncio.Event()
            store.on_commit(lambda _: committed.set())
            await centre.feeds.publish_credentials([wrong])
            await centre.feeds.publish_credentials([right])
            async with asyncio.timeout(20):
                while right not in await published_to(store):
                    await committed.wait()
                    committed.clear()
            async with store.reading() as reader:
                assert [one.why for one in (await flaws(reader)).newest] == ["credential-refused"]
        async with centre_in(snapshot) as centre, served(centre) as (line, uplinks), running(make_uplink(store, line)):

            async def is_back() -> bool:
                return centre.trust.signer(right.id) == right

            await eventually(is_back, uplinks)
            assert centre.trust.signer(wrong.id) is None
    for folder in (snapshot, tmp_path / "centre"):
        async with centre_in(folder) as centre:
            assert centre.trust.signer(right.id) == right, "it starts again, whatever stands in its table"
            assert centre.trust.signer(wrong.id) is None
