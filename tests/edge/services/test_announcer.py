"""Topics reach those who asked for them, once, and those who stopped listening no more."""

from __future__ import annotations

import asyncio

import pytest

from edge.services.announcer import WAITING_TOPICS, Announcer


async def test_a_listener_hears_its_topics_each_once_while_they_wait() -> None:
    announcer = Announcer()
    with announcer.subscribe(["cases", "display"]) as subscription:
        announcer.publish(["cases", "outbox", "display", "cases"])
        announcer.publish(["cases"])
        assert [await subscription.next(), await subscription.next()] == ["cases", "display"]
        announcer.publish(["outbox"])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(subscription.next(), 0)


async def test_a_listener_that_waits_is_woken() -> None:
    announcer = Announcer()
    with announcer.subscribe(["cases"]) as subscription:
        waiting = asyncio.create_task(subscription.next())
        await asyncio.sleep(0)
        announcer.publish(["cases"])
        assert await waiting == "cases"


async def test_a_subscription_is_read_in_a_loop() -> None:
    announcer = Announcer()
    heard = []
    with announcer.subscribe(["one", "two"]) as subscription:
        announcer.publish(["one", "two"])
        async for topic in subscription:
            heard.append(topic)
            if len(heard) == 2:
                break
    assert heard == ["one", "two"]


async def test_a_listener_that_never_reads_keeps_the_newest_topics_only() -> None:
    announcer = Announcer()
    topics = [f"case:{number}" for number in range(WAITING_TOPICS + 5)]
    with announcer.subscribe(topics) as subscription:
        announcer.publish(topics)
        assert await subscription.next() == "case:5"


async def test_who_has_left_is_not_told() -> None:
    announcer = Announcer()
    with announcer.subscribe(["cases"]) as subscription:
        pass
    announcer.publish(["cases"])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(subscription.next(), 0)


async def test_what_was_announced_while_a_page_was_on_its_way_is_told_when_it_listens() -> None:
    now = 100.0
    announcer = Announcer(lambda: now)
    announcer.publish(["outbox"])
    now = 110.0
    announcer.publish(["sync", "cases"])
    now = 112.0
    with announcer.subscribe(["sync", "outbox"], missed_s=5.0) as subscription:
        assert await subscription.next() == "sync"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(subscription.next(), 0)
    with announcer.subscribe(["sync"]) as subscription, pytest.raises(TimeoutError):
        await asyncio.wait_for(subscription.next(), 0)
