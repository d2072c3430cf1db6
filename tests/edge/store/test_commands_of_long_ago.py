"""A command that is sent again after its answer was forgotten does nothing twice, here and at whoever follows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.store.opening import RESULTS_KEPT_MS
from edge.store.post import Post
from edge.store.store import Store
from protocol.errors import PersonError
from tests.edge.store.support import NOON, Clock, open_account, store_in, submit
from tests.edge.sync import media
from tests.edge.sync.machines import STANDBY, Way, follower_of, following, in_step, mirror_of, promoted, store_of
from tests.edge.sync.test_mirror import cases_in, commands_in

LATER = RESULTS_KEPT_MS + 1_000_000


async def filed(store: Store) -> tuple[bytes, bytes]:
    """An account and a request of it, by forms whose ids are the same whenever they are sent."""
    account = await open_account(store)
    return account, await submit(store, account)


async def refuses_to_do_it_again(store: Store, account: bytes) -> None:
    before = await cases_in(store)
    with pytest.raises(PersonError, match="long ago") as refused:
        await submit(store, account)
    assert refused.value.status == 409
    assert await cases_in(store) == before == 1


async def test_a_form_is_answered_while_its_answer_is_kept_and_refused_when_it_is_forgotten(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account, case = await filed(store)
    async with store_in(tmp_path, clock=Clock(NOON + RESULTS_KEPT_MS)) as store:
        assert await submit(store, account) == case
    async with store_in(tmp_path, clock=Clock(NOON + LATER)) as store:
        await refuses_to_do_it_again(store, account)


async def test_a_clock_that_was_years_ahead_for_one_start_lets_nothing_be_done_twice(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account, _ = await filed(store)
    async with store_in(tmp_path, clock=Clock(NOON + 100 * LATER)):
        pass
    async with store_in(tmp_path) as store:
        await refuses_to_do_it_again(store, account)


async def test_a_refused_form_keeps_no_other_from_the_same_commit(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account, _ = await filed(store)
    async with store_in(tmp_path, clock=Clock(NOON + LATER)) as store:
        again, new = await asyncio.gather(
            submit(store, account), submit(store, account, "B05-7K3MQ-2X9RV"), return_exceptions=True
        )
        assert isinstance(again, PersonError)
        assert isinstance(new, bytes)
        assert await cases_in(store) == 2


async def test_a_standby_that_came_later_does_nothing_twice_either(tmp_path: Path) -> None:
    async with store_of(tmp_path / "first") as store:
        account, _ = await filed(store)
    later = Clock(NOON + LATER)
    async with (
        store_of(tmp_path / "first", clock=later) as store,
        store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY, clock=later) as standby,
    ):
        mirror = mirror_of(store)
        async with following(follower_of(standby, Way(mirror))):
            while await commands_in(standby) < 2:
                await in_step(mirror)
        await promoted(standby)
        await refuses_to_do_it_again(standby, account)


async def test_a_card_that_was_filled_from_a_medium_does_nothing_twice_either(tmp_path: Path) -> None:
    async with store_of(tmp_path / "card") as store:
        account, _ = await filed(store)
    later = Clock(NOON + LATER)
    with media.another_disk(tmp_path) as disk:
        async with (
            store_of(tmp_path / "card", clock=later) as store,
            media.following(media.medium_of(store, disk, tmp_path / "card")) as medium,
        ):
            await media.in_step(medium)
        async with store_of(tmp_path / "new", clock=later) as store:
            await media.recovered(store, disk)
            await refuses_to_do_it_again(store, account)
