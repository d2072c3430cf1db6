"""Who looked at a request at the prefecture, on its way to the page of the person whom it is about."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec.structs import replace

from central.centre import Centre
from central.store.looks import Look, note_look
from central.telling_looks import PutOff, tell_looks
from edge.store.rebuild import rebuild_views
from edge.store.store import Store
from protocol.office.calendar import local_date
from tests.central.support import centre_in
from tests.edge.store.support import ANNEXE, account_opened, open_account, submit
from tests.edge.sync.support import annexe_in, at_centre, at_edge, eventually, make_uplink, running, served, until_sent
from tests.edge.sync.test_sticks import Post, post
from tests.protocol.sync.support import NOW

__all__ = ["post"]

DAY_MS = 24 * 3600 * 1000
FEED = f"to/{ANNEXE}"
LOOK = Look("", "karim", "Karim Zerouali", "كريم الزروالي", NOW)


async def asked(store: Store) -> tuple[bytes, bytes]:
    """Somebody's account, and a request of his."""
    account = await open_account(store, 1, account_opened(cnie="FA000001", phone=None))
    return account, await submit(store, account, "B05-7K3MQ-00001")


async def looked(centre: Centre, case: bytes, *after_ms: int) -> int:
    """Look at a case so long after noon, and tell the annexe; returns how many records that made."""
    for after in after_ms:
        await note_look(centre.store, ANNEXE, case, replace(LOOK, at_ms=NOW + after))
    return await tell_looks(centre, PutOff())


def day(after_ms: int = 0) -> str:
    return local_date(NOW + after_ms).isoformat()


async def days(store: Store, account: bytes) -> list[str]:
    async with store.reading() as reader:
        return await reader.prefecture_days(account)


async def until_told(store: Store, account: bytes, expected: list[str]) -> None:
    committed = asyncio.Event()
    store.on_commit(lambda _: committed.set())
    async with asyncio.timeout(20):
        while await days(store, account) != expected:
            await committed.wait()
            committed.clear()


async def test_the_days_of_looks_come_down_once_a_day_and_sealed(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, uplinks),
        annexe_in(tmp_path / "a") as store,
        running(make_uplink(store, line)) as uplink,
    ):
        account, case = await asked(store)
        await until_sent(uplink)

        async def folded() -> bool:
            return await centre.queries.request(ANNEXE, case) is not None

        await eventually(folded, uplinks)
        assert await looked(centre, case, 0, 3_600_000) == 1
        assert await looked(centre, case, 2 * 3_600_000) == 0, "once a day"
        assert await looked(centre, case, DAY_MS) == 1
        await until_told(store, account, [day(DAY_MS), day()])
        async with store.reading() as reader:
            view = await reader.account(account)
            assert view is not None
            assert view.views == (), "an agent of the annexe is another matter"
        await rebuild_views(store)
        assert await days(store, account) == [day(DAY_MS), day()]
    told = at_centre(tmp_path / "centre")[FEED]
    assert told == at_edge(tmp_path / "a")[FEED]
    assert len(told) == 3, "the segment's opening and one a day"
    for word in (day().encode(), b"karim", b"Zerouali", b"read_at_prefecture"):
        assert word not in b"".join(told)


async def test_several_days_of_one_person_are_one_record_and_come_by_stick_too(post: Post) -> None:
    account, case = await asked(post.store)
    await post.round_trip("first")
    assert await looked(post.centre, case, 0, DAY_MS, 3 * DAY_MS) == 1
    await post.round_trip("second")
    assert await days(post.store, account) == [day(3 * DAY_MS), day(DAY_MS), day()]


async def test_on_a_card_that_was_replaced_they_are_there_before_the_account_and_stay(tmp_path: Path) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, uplinks):
        async with annexe_in(tmp_path / "a") as store, running(make_uplink(store, line)) as uplink:
            account, case = await asked(store)
            await until_sent(uplink)

            async def folded() -> bool:
                return await centre.queries.request(ANNEXE, case) is not None

            await eventually(folded, uplinks)
            await looked(centre, case, 0)
            await until_told(store, account, [day()])
        async with annexe_in(tmp_path / "new") as store, running(make_uplink(store, line)):
            await until_told(store, account, [day()])
            committed = asyncio.Event()
            store.on_commit(lambda _: committed.set())
            async with asyncio.timeout(20):
                while True:
                    async with store.reading() as reader:
                        if await reader.account(account) is not None:
                            break
                    await committed.wait()
                    committed.clear()
            assert await days(store, account) == [day()]
