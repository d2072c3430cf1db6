import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.store import Store, Transaction
from edge.store.uplink import Uplink
from protocol.records.chain import ACCEPTABLE, Chain, Head
from protocol.records.encoding import Value
from protocol.records.envelope import Record
from tests.edge.store.support import account_opened, command, open_account, staff_added, store_in

CASES = "berkane-05/cases"
MUCH = 1 << 30


async def days(folder: Path, counts: list[int]) -> None:
    """Some starts of the appliance, with so many accounts opened at each."""
    number = 0
    for count in counts:
        async with store_in(folder) as store:
            for _ in range(count):
                number += 1
                await open_account(store, number, account_opened(cnie=f"FA{number:06}"))


async def everything(uplink: Uplink) -> list[Record]:
    return await uplink.records_after(CASES, [], MUCH)


def head_of(record: Record) -> Head:
    return Head(record.segment, record.seq, record.hash)


async def test_what_a_peer_lacks_comes_in_the_order_of_writing(tmp_path: Path) -> None:
    await days(tmp_path, [2, 1, 3])
    async with store_in(tmp_path) as store:
        records = await everything(Uplink(store))
    chain = Chain(CASES)
    for record in records:
        assert chain.check(record) in ACCEPTABLE
        chain.accept(record)
    assert len(records) == 9
    assert len({record.segment for record in records}) == 3


async def test_nothing_is_missing_for_a_peer_that_has_the_last_head(tmp_path: Path) -> None:
    await days(tmp_path, [2, 1])
    async with store_in(tmp_path) as store:
        uplink = Uplink(store)
        heads = await uplink.chain_heads(CASES)
        assert len(heads) == 1
        assert await uplink.records_after(CASES, heads, MUCH) == []
        assert await uplink.unknown_heads(CASES, heads) == []


async def test_a_stream_that_nothing_was_written_to_has_no_head(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        assert await Uplink(store).chain_heads(CASES) == []
        assert await everything(Uplink(store)) == []


async def test_a_head_that_only_the_peer_knows_is_told(tmp_path: Path) -> None:
    """A restored appliance: the centre has more of its own stream than it has."""
    await days(tmp_path, [1])
    async with store_in(tmp_path) as store:
        uplink = Uplink(store)
        (own,) = await uplink.chain_heads(CASES)
        later, foreign = Head(own.segment, own.seq + 4, bytes(32)), Head(b"unknown!", 0, bytes(32))
        assert await uplink.unknown_heads(CASES, [own, later, foreign]) == [later, foreign]
        assert await uplink.records_after(CASES, [later], MUCH) == []
        assert len(await uplink.records_after(CASES, [foreign], MUCH)) == 2


async def test_at_least_one_record_comes_however_small_the_credit(tmp_path: Path) -> None:
    await days(tmp_path, [2])
    async with store_in(tmp_path) as store:
        assert len(await Uplink(store).records_after(CASES, [], 1)) == 1


async def test_holes_are_filled_with_what_stands_there(tmp_path: Path) -> None:
    await days(tmp_path, [2])
    async with store_in(tmp_path) as store:
        uplink = Uplink(store)
        records = await everything(uplink)
        places = [(records[2].segment, 2), (records[0].segment, 0), (b"unknown!", 0), (records[0].segment, 99)]
        assert await uplink.records_at(CASES, places) == [records[2], records[0]]


async def test_keys_come_for_those_subjects_whose_key_is_held(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)

        async def hire(tx: Transaction) -> Value:
            await tx.append("office", staff_added(), key_of=tx.office)
            return tx.office

        office = await store.execute(command("hire"), hire)
        assert isinstance(office, bytes)
        keys = await Uplink(store).keys_for([office, account, bytes(16), account])
        assert [subject for subject, _ in keys] == [office, account]
        async with store.reading() as reader:
            assert dict(keys)[account] == await reader.data_key(account)


async def test_the_newest_checkpoint_is_kept_over_a_restart(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        assert await Uplink(store).load_checkpoint("centre") is None
        await Uplink(store).save_checkpoint("centre", b"first")
        await Uplink(store).save_checkpoint("centre", b"second")
    async with store_in(tmp_path) as store:
        assert await Uplink(store).load_checkpoint("centre") == b"second"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(0, 30), st.integers(1, 3000))
def test_a_peer_that_asks_on_from_what_it_has_gets_each_record_once(counts: list[int], has: int, limit: int) -> None:
    async def sync(store: Store) -> None:
        uplink = Uplink(store)
        records = await everything(uplink)
        got = records[: min(has, len(records))]
        heads = [head_of(got[-1])] if got else []
        while more := await uplink.records_after(CASES, heads, limit):
            assert len(more) == 1 or sum(len(record.encoded()) for record in more) <= limit
            got += more
            heads = [head_of(got[-1])]
        assert got == records

    async def story() -> None:
        with tempfile.TemporaryDirectory() as folder:
            await days(Path(folder), counts)
            async with store_in(Path(folder)) as store:
                await sync(store)

    asyncio.run(story())
