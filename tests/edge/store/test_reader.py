import asyncio
from pathlib import Path

import pytest

from edge.store.store import Store, Transaction
from protocol.errors import CallerError, PeerError
from protocol.records.encoding import Value
from tests.edge.store.scanning import older
from tests.edge.store.support import account_opened, open_account, store_in, submit


async def test_a_certificate_of_before_is_read_as_it_was_sealed(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        case = await submit(store, await open_account(store))
        name = await older(store, case, b"%PDF-1.7 certificate")
        async with store.reading() as reader:
            assert await reader.older_file(name) == b"%PDF-1.7 certificate"
            assert await reader.older_file(bytes(32)) is None


async def test_a_certificate_of_before_that_was_changed_is_refused(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        name = await older(store, await submit(store, await open_account(store)), b"%PDF")

        async def spoil(tx: Transaction) -> Value:
            tx.write("UPDATE blobs SET bytes = zeroblob(80)")
            return None

        await store.perform(spoil)
        async with store.reading() as reader:
            with pytest.raises(PeerError, match="damaged"):
                await reader.older_file(name)


async def test_a_secret_is_kept_over_a_restart_and_can_be_replaced(tmp_path: Path) -> None:
    async def keep(store: Store, plain: bytes) -> None:
        async def work(tx: Transaction) -> Value:
            tx.put_secret("seal", plain)
            assert await tx.secret("seal") == plain
            return None

        await store.perform(work)

    async with store_in(tmp_path) as store:
        await keep(store, b"first")
        await keep(store, b"second")
    async with store_in(tmp_path) as store, store.reading() as reader:
        assert await reader.secret("seal") == b"second"
        assert await reader.secret("other") is None


async def test_a_look_sees_one_moment_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await open_account(store, 1, account_opened(cnie="FA000001"))
        async with store.reading() as reader:
            assert await reader.account_by("cnie", "FA000002") is None
            await open_account(store, 2, account_opened(cnie="FA000002"))
            assert await reader.account_by("cnie", "FA000002") is None
        async with store.reading() as reader:
            assert await reader.account_by("cnie", "FA000002") is not None


async def test_more_looks_at_once_than_connections_wait_for_their_turn(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        subject = await open_account(store)

        async def look() -> str:
            async with store.reading() as reader:
                account = await reader.account(subject)
                return account.name_fr if account else ""

        assert await asyncio.gather(*(look() for _ in range(20))) == ["Salma Idrissi"] * 20


async def test_a_look_that_is_given_up_harms_no_later_one(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        subject = await open_account(store)

        async def look() -> object:
            async with store.reading() as reader:
                return await reader.account(subject)

        for rounds in range(1, 8):
            task = asyncio.create_task(look())
            for _ in range(rounds):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await look() is not None


async def test_accounts_are_found_by_what_they_are_indexed_by(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store, store.reading() as reader:
        with pytest.raises(CallerError, match="number of a document or by phone"):
            await reader.account_by("name", "Salma")


async def test_the_tail_of_the_log_is_told_newest_first(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        await submit(store, account)
        async with store.reading() as reader:
            rows = await reader.log_tail(2)
            assert [row.kind for row in rows] == ["request.submitted", "account.opened"]
            assert [row.seq for row in rows] == [2, 1]
            assert rows[1].subject == account
            assert len(await reader.log_tail(10)) == 3
