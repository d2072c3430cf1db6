"""The writer's time limit: each thing has the whole of it, and nobody else's cancellation passes for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from edge.store.limit import Limit

LONGEST = 0.02


@asynccontextmanager
async def limit_of(longest: float) -> AsyncIterator[Limit]:
    limit = Limit(longest)
    try:
        yield limit
    finally:
        limit.close()


async def never() -> None:
    await asyncio.get_running_loop().create_future()


async def test_what_takes_too_long_ends_and_leaves_the_task_uncancelled() -> None:
    async with limit_of(LONGEST) as limit:
        with pytest.raises(TimeoutError), limit:
            await never()
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0


async def test_each_thing_is_limited_again_after_others_were_quick_or_slow() -> None:
    async with limit_of(LONGEST) as limit:
        with limit:
            pass
        for _ in range(3):
            with pytest.raises(TimeoutError), limit:
                await never()
            with limit:
                await asyncio.sleep(0)


async def test_somebody_elses_cancellation_stays_one() -> None:
    began = asyncio.Event()

    async def limited() -> None:
        async with limit_of(60) as limit:
            with limit:
                began.set()
                await never()

    task = asyncio.create_task(limited())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_the_thing_itself_passes() -> None:
    async with limit_of(60) as limit:
        with pytest.raises(KeyError), limit:
            raise KeyError("its own")
