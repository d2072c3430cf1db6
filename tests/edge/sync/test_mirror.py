"""A standby follows its annexe's appliance, takes its place, and the old one is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.store.branches import branches_of
from edge.store.post import NotTheWriter, Post
from edge.store.promotion import holding, promote
from edge.store.store import IN_DOUBT, Store, Transaction
from edge.store.verify import verify_log
from edge.sync.follower import REFUSED, UNREACHABLE
from edge.sync.mirror import Mirror
from protocol.errors import CallerError, OperatorError
from protocol.records.encoding import Value
from tests.edge.store.scanning import PAGE, attach
from tests.edge.store.support import ANNEXE, Faults, account_opened, command, open_account, staff_added, submit
from tests.edge.sync.machines import (
    FIRST,
    STANDBY,
    STREAMS,
    Keys,
    Way,
    detached,
    follower_of,
    following,
    given,
    in_step,
    mirror_of,
    promoted,
    store_of,
    told,
    trust_in,
)
from tests.edge.sync.support import at_edge

CASES = f"{ANNEXE}/cases"


async def work(store: Store, number: int) -> bytes:
    """An account and a request of it; returns the case."""
    account = await open_account(store, number, account_opened(cnie=f"FA{number:06}", phone=None))
    return await submit(store, account, f"B05-7K3MQ-{number:05}")


async def add_staff(store: Store, login: str) -> None:
    async def decide(tx: Transaction) -> Value:
        await tx.append("office", staff_added(login), key_of=tx.office)
        return None

    await store.execute(command(login), decide)


async def cases_in(store: Store) -> int:
    async with store.reading() as reader:
        return len(await reader.rows("SELECT subject FROM cases"))


async def mirrored(tmp_path: Path, *numbers: int) -> None:
    """An annexe in `first` that worked, and a standby in `standby` that holds all of it."""
    async with both(tmp_path) as (store, standby):
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await add_staff(store, "samira")
            for number in numbers or (1,):
                await work(store, number)
            await in_step(mirror)


async def test_all_that_is_written_stands_at_the_standby_byte_for_byte_and_can_be_read(tmp_path: Path) -> None:
    await mirrored(tmp_path, 1, 2)
    assert at_edge(tmp_path / "standby") == at_edge(tmp_path / "first")
    async with store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as standby:
        assert await cases_in(standby) == 2
    await sound(tmp_path / "standby", STANDBY)


async def sound(folder: Path, keys: Keys) -> None:
    """What a machine's disk holds verifies, by what it knows itself."""
    async with store_of(folder, keys, post=Post.STANDBY) as store:
        trust = await trust_in(store)
    report = await verify_log(folder, own=keys.identity.signing.public, trust=trust)
    assert report.sound, report.findings


@asynccontextmanager
async def both(folder: Path) -> AsyncIterator[tuple[Store, Store]]:
    """The stores of an annexe's appliance and of its standby."""
    async with (
        store_of(folder / "first") as store,
        store_of(folder / "standby", STANDBY, post=Post.STANDBY) as standby,
    ):
        yield store, standby


async def test_a_standby_writes_nothing(tmp_path: Path) -> None:
    async with store_of(tmp_path, STANDBY, post=Post.STANDBY) as standby:
        with pytest.raises(NotTheWriter, match="standby"):
            await work(standby, 1)
    assert at_edge(tmp_path) == {}


async def test_once_in_step_a_command_is_confirmed_when_the_standby_holds_it(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await work(store, 1)
            await in_step(mirror)
            for number in range(2, 6):
                await work(store, number)
                assert await cases_in(standby) == number
            assert (await mirror.lag()).records == 0  # type: ignore[union-attr]  # a standby was heard


async def test_a_standby_that_does_not_answer_costs_one_wait_and_its_lag_is_shown(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        mirror = mirror_of(store)
        way = Way(mirror)
        async with following(follower_of(standby, way)):
            await work(store, 1)
            await in_step(mirror)
            way.heard.clear()
            await open_account(store, 2, account_opened(cnie="FA000002", phone=None))
            assert not mirror.state.in_step
            await work(store, 3)
            lag = await mirror.lag()
            assert lag is not None
            assert lag.records == 3
            assert lag.size > 500
            assert lag.since_ms is not None
            way.heard.set()
            await in_step(mirror)
            assert (await mirror.lag()).records == 0  # type: ignore[union-attr]  # a standby was heard


async def test_a_form_that_is_sent_again_across_a_promotion_is_answered_with_the_first_result(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        early = await work(store, 1)
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await in_step(mirror)
            late = await work(store, 2)
            await remembered(standby, mirror, 4)
        await promoted(standby)
        assert [await work(standby, number) for number in (1, 2)] == [early, late]
        assert await cases_in(standby) == 2


async def remembered(standby: Store, mirror: Mirror, count: int) -> None:
    """Wait until a standby remembers so many commands."""
    async with asyncio.timeout(20):
        while await commands_in(standby) < count:
            await in_step(mirror)
            await asyncio.sleep(0)


async def commands_in(store: Store) -> int:
    async with store.reading() as reader:
        return len(await reader.rows("SELECT id FROM commands"))


async def test_what_a_command_was_answered_is_there_as_soon_as_its_records(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await work(store, 1)
            await in_step(mirror)
            for number in range(2, 12):
                await work(store, number)
                assert await cases_in(standby) == number
                assert await commands_in(standby) >= 2 * (number - 1)


async def test_scans_follow_to_a_standby_and_are_there_once_it_was_promoted(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        case = await work(store, 1)
        before = await attach(store, case)
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            await in_step(mirror)
            after = await attach(store, case, PAGE * 30, "two")
            async with asyncio.timeout(20):
                while not (await standby.scans.is_whole(before) and await standby.scans.is_whole(after)):
                    await mirror.lag()
        await promoted(standby)
        async with standby.reading() as reader:
            key = await reader.data_key(case)
        assert key is not None
        for address, data in ((before, PAGE), (after, PAGE * 30)):
            content = await standby.scans.open(key, address, len(data))
            assert content is not None
            assert b"".join([piece async for piece in content]) == data


async def test_the_lag_is_known_while_no_standby_is_there(tmp_path: Path) -> None:
    await mirrored(tmp_path)
    async with store_of(tmp_path / "first") as store:
        mirror = mirror_of(store)
        assert (await mirror.lag()).records == 0  # type: ignore[union-attr]  # a standby was heard
        await work(store, 2)
        lag = await mirror.lag()
        assert lag is not None
        assert lag.records == 3  # the opening of a segment, an account, a request


async def test_an_annexe_that_nobody_ever_followed_has_no_lag(tmp_path: Path) -> None:
    async with store_of(tmp_path) as store:
        await work(store, 1)
        assert await mirror_of(store).lag() is None


async def test_a_promoted_standby_goes_on_where_the_log_ended_and_is_read_as_one(tmp_path: Path) -> None:
    await mirrored(tmp_path, 1, 2)
    async with store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as standby:
        assert (await holding(standby)).records == 7
        assert await promoted(standby)
        assert not await promoted(standby)
    async with store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as annexe:
        assert annexe.post is Post.ANNEXE
        await work(annexe, 3)
        await add_staff(annexe, "karim")
        async with annexe.reading() as reader:
            assert await branches_of(reader, STREAMS) == []
            assert len(await reader.rows("SELECT DISTINCT subject FROM records WHERE stream = ?", (STREAMS[1],))) == 2
        assert await cases_in(annexe) == 3
    await sound(tmp_path / "standby", STANDBY)


async def test_a_power_cut_while_it_is_promoted_leaves_a_standby_or_the_annexe(tmp_path: Path) -> None:
    await mirrored(tmp_path)
    posts = set()
    for cut_at in range(1, 400):
        folder, after = tmp_path / f"of {cut_at}", tmp_path / f"after {cut_at}"
        copy(tmp_path / "standby", folder)
        faults = Faults(folder, after, cut_at)
        try:
            async with store_of(folder, STANDBY, post=Post.STANDBY, connect=faults.connect) as standby:
                await promoted(standby)
        except OperatorError:
            pass
        if not faults.cut:
            break
        async with store_of(after, STANDBY, post=Post.STANDBY) as standby:
            posts.add(standby.post)
            begun = len(at_edge(after)[CASES]) - len(at_edge(tmp_path / "standby")[CASES])
            assert begun == (standby.post is Post.ANNEXE)
            await promoted(standby)
            assert standby.post is Post.ANNEXE
    assert faults.count < 400
    assert posts == {Post.STANDBY, Post.ANNEXE}


def copy(folder: Path, to: Path) -> None:
    to.mkdir()
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
        (to / file.name).chmod(0o600)


async def test_the_old_appliance_comes_back_is_told_and_what_it_alone_held_is_a_branch(tmp_path: Path) -> None:
    await mirrored(tmp_path, 1)
    async with store_of(tmp_path / "first") as store:
        late = await work(store, 2)  # nobody followed any more
    async with store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as standby:
        await promoted(standby)
    async with (
        store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as annexe,
        store_of(tmp_path / "first") as old,
    ):
        await work(annexe, 3)
        mirror = mirror_of(old)
        async with following(follower_of(annexe, Way(mirror), trust=await trust_in(annexe))):
            await in_step(mirror)
            await given(mirror)
        assert old.post is Post.REPLACED
        with pytest.raises(NotTheWriter, match="replaced"):
            await work(old, 4)
        async with annexe.reading() as reader:
            assert await reader.case(late) is not None
            found = await branches_of(reader, STREAMS)
        assert [(branch.stream, branch.is_succession) for branch in found] == [(CASES, True)]
        await work(annexe, 5)
        assert annexe.post is Post.ANNEXE
    async with store_of(tmp_path / "first") as again:
        assert again.post is Post.REPLACED
    await sound(tmp_path / "first", FIRST)


async def test_who_was_replaced_is_not_promoted_again_and_a_late_standby_neither(tmp_path: Path) -> None:
    await mirrored(tmp_path)
    other = Keys("other", 2)
    async with (
        store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as annexe,
        store_of(tmp_path / "first") as old,
        store_of(tmp_path / "other", other, post=Post.STANDBY) as late,
    ):
        await promoted(annexe)
        mirror = mirror_of(old)
        async with following(follower_of(annexe, Way(mirror), trust=await trust_in(annexe))):
            await in_step(mirror)
        known = await trust_in(old)
        async with following(follower_of(late, Way(mirror), other, known)):
            await in_step(mirror)
        with pytest.raises(OperatorError, match="was replaced"):
            await promoted(old, FIRST)
        with pytest.raises(OperatorError, match="another appliance writes with epoch 2"):
            await promote(late, other.owner, known)


@pytest.mark.parametrize(
    "stranger", [Keys("late", 1), Keys(ANNEXE, 1), Keys("berkane-06", 2, "berkane-06")], ids=["epoch", "clone", "other"]
)
async def test_only_a_standby_of_this_annexe_and_of_a_later_epoch_may_follow(tmp_path: Path, stranger: Keys) -> None:
    async with (
        store_of(tmp_path / "first") as store,
        store_of(tmp_path / "other", stranger, post=Post.STANDBY) as standby,
    ):
        await work(store, 1)
        follower = follower_of(standby, Way(mirror_of(store)), stranger)
        with told(follower) as changed:
            async with following(follower):
                while follower.status.error is None:
                    await changed.wait()
                    changed.clear()
        assert follower.status.error == REFUSED
    assert at_edge(tmp_path / "other") == {}


async def test_without_the_annexe_the_standby_says_so_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    async with both(tmp_path) as (store, standby):
        way = Way()
        follower = follower_of(standby, way)
        with told(follower) as changed:
            async with following(follower):
                await changed.wait()
                assert follower.status.error == UNREACHABLE
                mirror = way.mirror = mirror_of(store)
                await work(store, 1)
                follower.try_now()
                await in_step(mirror)
                await way.cut()
                await detached(mirror)
                assert mirror.state.heard_ms is not None
                await work(store, 2)
                follower.try_now()
                await in_step(mirror)
        assert at_edge(tmp_path / "standby") == at_edge(tmp_path / "first")


async def test_a_card_that_was_restored_takes_its_tail_back_from_the_standby(tmp_path: Path) -> None:
    await mirrored(tmp_path, 1)
    copy(tmp_path / "first", tmp_path / "backup")
    async with both(tmp_path) as (store, standby):
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror), trust=await trust_in(standby))):
            await work(store, 2)
            await in_step(mirror)
    async with (
        store_of(tmp_path / "backup") as restored,
        store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as standby,
    ):
        mirror = mirror_of(restored)
        async with following(follower_of(standby, Way(mirror), trust=await trust_in(standby))):
            await in_step(mirror)
            assert await cases_in(restored) == 2
            await work(restored, 3)
        async with restored.reading() as reader:
            assert await branches_of(reader, STREAMS) == []
        assert restored.post is Post.ANNEXE


async def test_a_standby_whose_disk_failed_verifies_what_the_annexe_signed(tmp_path: Path) -> None:
    await mirrored(tmp_path)
    (tmp_path / "standby" / IN_DOUBT).touch()
    async with store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as standby:
        assert await cases_in(standby) == 1
    assert not (tmp_path / "standby" / IN_DOUBT).exists()


async def test_a_post_is_not_had_before_it_is_on_the_disk(tmp_path: Path) -> None:
    async def fails(transaction: Transaction) -> Value:
        transaction.take_post(Post.REPLACED)
        raise CallerError("not yet")

    async with store_of(tmp_path) as store:
        with pytest.raises(CallerError):
            await store.perform(fails)
        assert store.post is Post.ANNEXE
        await work(store, 1)
