"""An appliance that is behind: what comes back enters verified, and commands wait for it no longer than they should."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from edge.store.branches import branches_of
from edge.store.store import Store
from edge.store.tail import CameBack, Owner, take_back
from edge.store.uplink import Uplink
from edge.store.verify import verify_log
from edge.sync.tail import Tail
from protocol.records.chain import Head
from protocol.records.credentials import Trust
from protocol.records.envelope import Record
from protocol.records.keys import SigningKey
from protocol.sync.checkpoint import Checkpoint, Held
from tests.edge.store.life import LIFE, live
from tests.edge.store.support import ANNEXE, account_opened, open_account, submit
from tests.edge.sync.support import annexe_in
from tests.protocol.sync.support import make_prefecture, seed

CASES = f"{ANNEXE}/cases"
OWN = SigningKey(seed(ANNEXE)).public
STREAMS = (CASES, f"{ANNEXE}/office")


def trust() -> Trust:
    return make_prefecture().trust()


def said(*heads: Head) -> Checkpoint:
    return Checkpoint("prefecture", ANNEXE, 1, None, (Held(CASES, heads),), bytes(64))


async def written(store: Store, start: int, count: int = 2) -> None:
    for number in range(start, start + count):
        account = await open_account(store, number, account_opened(cnie=f"FA{number:06}", phone=None))
        await submit(store, account, f"B05-7K3MQ-{number:05}")


async def everything(store: Store) -> tuple[list[Record], dict[bytes, bytes]]:
    uplink = Uplink(store)
    records = await uplink.records_after(CASES, (), 1 << 20)
    return records, dict(await uplink.keys_for(one.subject for one in records if one.subject))


async def returned(store: Store, records: list[Record], keys: dict[bytes, bytes], public: bytes = OWN) -> CameBack:
    return await take_back(store, Owner(ANNEXE, public, 1), records, trust(), keys)


async def test_an_empty_appliance_takes_the_log_back_and_goes_on_from_its_end(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "burned") as burned:
        await written(burned, 0)
        records, keys = await everything(burned)
    async with annexe_in(tmp_path / "new") as new:
        assert await returned(new, records, keys) == CameBack(stored=len(records))
        await written(new, 10)
        again, _ = await everything(new)
        assert again[: len(records)] == records
        assert again[len(records)].prev == records[-1].hash
        async with new.reading() as reader:
            assert await branches_of(reader, STREAMS) == []
    assert (await verify_log(tmp_path / "new", own=OWN)).sound


async def test_what_is_held_is_no_news_and_what_came_twice_is_kept_once(tmp_path: Path) -> None:
    async with annexe_in(tmp_path) as store:
        await written(store, 0)
        records, keys = await everything(store)
        assert await returned(store, records, keys) == CameBack(known=len(records))


async def test_what_another_key_signed_or_no_key_opens_stays_out_and_what_follows_it_too(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "burned") as burned:
        await written(burned, 0)
        records, keys = await everything(burned)
    async with annexe_in(tmp_path / "other") as other:
        strangers = SigningKey(seed("stranger")).public
        assert await returned(other, records, keys, strangers) == CameBack(left_out=len(records))
        assert await returned(other, records, {}) == CameBack(stored=1, left_out=len(records) - 1)
        assert await returned(other, records, keys) == CameBack(stored=len(records) - 1, known=1)


async def test_commands_wait_while_the_tail_comes_and_continue_it(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "burned") as burned:
        await written(burned, 0)
        records, keys = await everything(burned)
    async with annexe_in(tmp_path / "new") as new:
        tail = Tail(new, STREAMS)
        last = records[-1]
        assert await tail.learn(said(Head(last.segment, last.seq, last.hash))) == (CASES,)
        asked = asyncio.create_task(written(new, 10, 1))
        await returned(new, records[:3], keys)
        assert await tail.grew(3) == ()
        assert new.is_held
        assert not asked.done()
        await returned(new, records[3:], keys)
        assert await tail.grew(len(records) - 3) == (CASES,)
        await asked
        again, _ = await everything(new)
        assert again[len(records)].prev == last.hash


async def test_commands_go_on_when_the_link_is_lost(tmp_path: Path) -> None:
    async with annexe_in(tmp_path) as store:
        tail = Tail(store, STREAMS)
        await tail.learn(said(Head(b"elsewhere"[:8], 3, bytes([1]) * 32)))
        assert store.is_held
        tail.end()
        await written(store, 0)


async def test_who_has_written_since_the_start_does_not_wait_for_a_branch_that_is_there_already(tmp_path: Path) -> None:
    async with annexe_in(tmp_path) as store:
        await written(store, 0)
        tail = Tail(store, STREAMS)
        assert await tail.learn(said(Head(b"elsewhere"[:8], 3, bytes([1]) * 32))) == (CASES,)
        assert not store.is_held


async def test_nobody_waits_for_what_is_held(tmp_path: Path) -> Any:
    async with annexe_in(tmp_path) as store:
        await written(store, 0)
        records, _ = await everything(store)
        tail = Tail(store, STREAMS)
        assert await tail.learn(said(Head(records[-1].segment, records[-1].seq, records[-1].hash))) == ()


async def test_two_branches_that_opened_an_account_for_one_card_are_both_taken(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "clone") as clone:
        await written(clone, 0)
        records, keys = await everything(clone)
    async with annexe_in(tmp_path / "original") as original:
        account = await open_account(original, 7, account_opened(cnie="FA000000", phone=None))
        assert await returned(original, records, keys) == CameBack(stored=len(records))
        async with original.reading() as reader:
            found = await reader.accounts_by("cnie", "FA000000")
    assert account in found
    assert len(found) == 2
    assert (await verify_log(tmp_path / "original", own=OWN)).sound


async def test_a_case_is_whole_also_when_what_follows_came_back_before_the_request_itself(tmp_path: Path) -> None:
    """A clone was started twice, and its second segment reached the prefecture before its first."""
    async with annexe_in(tmp_path / "clone") as clone:
        case = await submit(clone, await open_account(clone))
        await live(clone, case, LIFE[0], "complete")
    async with annexe_in(tmp_path / "clone") as clone:
        for number, step in enumerate(LIFE[1:3]):
            await live(clone, case, step, f"step {number}")
        records, keys = await everything(clone)
    first = [one for one in records if one.segment == records[0].segment]
    later = [one for one in records if one.segment != records[0].segment]
    async with annexe_in(tmp_path / "original") as original:
        assert await returned(original, later, keys) == CameBack(stored=len(later))
        assert await returned(original, first, keys) == CameBack(stored=len(first))
        async with original.reading() as reader:
            found = await reader.case(case)
        assert found is not None
        assert len(found.history) == 4
    assert (await verify_log(tmp_path / "original", own=OWN)).sound
