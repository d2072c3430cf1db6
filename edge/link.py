"""The link to the prefecture, put together: the dialler with its proxy, caps and meter, the uplink on it, and the watch
over the machine's network. Taken apart in the reverse order; the meter is kept last."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import structlog

from edge.link_settings import LinkSettings
from edge.network_watch import NetworkWatch, own_addresses
from edge.opening import Entropy, Way
from edge.services.link import LinkDesk, day_of, rate_now
from edge.services.office import Office, UplinkState
from edge.sync.ledger import Ledger
from edge.sync.link import Dialler
from edge.sync.shaping import ShapedDialler
from edge.sync.uplink import Uplink

log = structlog.get_logger("mulhaqa.link")


@asynccontextmanager
async def linked(office: Office, way: Way, url: str, settings: LinkSettings) -> AsyncIterator[Uplink]:
    """Dial the prefecture at `url` for as long as the context lasts; OperatorError where that can never work."""
    settings.require_reachable(url)
    async with AsyncExitStack() as stack:
        ledger = Ledger(office.store, lambda: day_of(office.now()))
        await ledger.load()
        stack.push_async_callback(_keep, office, ledger)
        dialler = Dialler(url, proxy=settings.proxy, pin=settings.pin)
        uplink = _uplink(office, way, _shaped(office, dialler, ledger, settings))
        office.uplink = lambda: _state_of(uplink)
        proxy = "" if settings.proxy is None else urlsplit(settings.proxy.url).netloc
        office.link = LinkDesk(ledger, settings.caps, proxy, uplink.try_now, office.now)
        _watch_network(stack, dialler, uplink)
        keep_at(stack, uplink.run(), "uplink")
        keep_at(stack, ledger.run(), "meter")
        yield uplink


def _shaped(office: Office, dialler: Dialler, ledger: Ledger, settings: LinkSettings) -> ShapedDialler:
    clock = asyncio.get_running_loop().time
    return ShapedDialler(dialler, ledger, lambda: rate_now(settings.caps, office.now()), clock)


def _uplink(office: Office, way: Way, dialler: ShapedDialler) -> Uplink:
    return Uplink(
        office.store,
        dialler,
        identity=way.identity,
        trust=way.trust,
        opening=way.opening,
        now=office.now,
        entropy=office.entropy,
        jitter=jitter_of(office.entropy),
    )


def keep_at(stack: AsyncExitStack, work: Coroutine[None, None, None], name: str) -> None:
    """Go on with this work until the stack is taken apart."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_say_if_it_died)
    stack.push_async_callback(_cancel, task)


def jitter_of(entropy: Entropy) -> Callable[[], float]:
    """Return what spreads the dialling of many: numbers from 0 up to 1."""
    generator = random.Random(entropy(16))  # noqa: S311 - spreads the annexes' dialling, protects nothing
    return generator.random


def _watch_network(stack: AsyncExitStack, dialler: Dialler, uplink: Uplink) -> None:
    def changed() -> None:
        uplink.network_changed(left=dialler.leave_unless(own_addresses()))

    watch = NetworkWatch(changed)
    try:
        watch.start()
    except OSError as error:  # a container may forbid it: then the back-off alone finds the link again
        log.warning("network.unwatched", error=type(error).__name__)
    else:
        stack.callback(watch.stop)


def _state_of(uplink: Uplink) -> UplinkState:
    status = uplink.status
    return UplinkState(
        connected=status.connected,
        behind=status.left,
        since_ms=status.connected_since_ms,
        confirmed_ms=status.last_checkpoint_ms,
        error=status.error,
        came_back=status.came_back if status.behind else None,
        detail=status.detail,
        next_try_ms=status.next_try_ms,
        remaining_ms=status.remaining_ms,
        scans=status.scans,
    )


async def _keep(office: Office, ledger: Ledger) -> None:
    if office.store.failure is None:
        await ledger.save()


def _say_if_it_died(task: asyncio.Task[None]) -> None:
    """Leave a trace when a task ended by a fault of its own: the office works on, but nothing leaves it."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error(f"{task.get_name()}.died", error=type(error).__name__, exc_info=error)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
