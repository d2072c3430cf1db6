"""The prefecture's server: one process that takes in what the annexes send and shows it; put together and stopped here.

Stopped in the reverse order of its start: no new requests, then the annexes' connections end (each annexe hears what
was taken in, and dials again), the store last.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web

from central.announcements import Announcements
from central.centre import Centre
from central.connections import Connections
from central.installation import Installation
from central.issuer import held_issuer
from central.opening import Entropy, Now, opened_centre, software_version
from central.passwords import Passwords
from central.prefecture import Prefecture, Profile
from central.references import References
from central.renewing import renew_due
from central.revoking import keep_revocations
from central.staff import Staff
from central.store.feed_log import ALL
from central.telling_looks import PutOff, tell_looks
from central.verifying import Verifier, Verify, command, verify_here
from central.web import application
from protocol.errors import MulhaqaError, OperatorError

LOOK_AGAIN_S = 5.0
"""How often the server looks whom another process (`annexe admit`) has published: an annexe waits no longer."""

RENEW_AGAIN_S = 3600.0
"""How often it looks which credentials end soon: they are renewed four months before, so an hour is early enough."""

GRACE_S = 5.0
"""What a page under way gets to end when the server stops."""

NEW_OBJECTS = 50_000
"""Between two looks for cycles. A batch of records alone makes thousands of objects, which need no collector to go."""

log = structlog.get_logger("mulhaqa.server")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where to serve, and another database than the folder's own, if any."""

    host: str = "127.0.0.1"
    port: int = 8081
    database_url: str | None = None


async def run(installation: Installation, settings: ServerSettings, now: Now, entropy: Entropy) -> None:
    """Serve until SIGTERM or SIGINT; OperatorError when it cannot, or when the disk fails under it."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    async with serving(installation, settings, now, entropy) as prefecture:
        database = prefecture.centre.store.database
        database.on_failure(lambda _error: stopped.set())
        _spare_the_collector()
        await stopped.wait()
        if database.failure is not None:
            raise database.failure
    log.info("server.stopped")


@asynccontextmanager
async def serving(
    installation: Installation, settings: ServerSettings, now: Now, entropy: Entropy
) -> AsyncIterator[Prefecture]:
    """Serve for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            opened_centre(installation, now, entropy, database_url=settings.database_url)
        )
        verifier = Verifier(command())
        stack.push_async_callback(verifier.close)
        await verifier.start()
        prefecture = join(installation, centre, verify=verifier.verify)
        await keep_revocations(centre, prefecture.revocations)
        learning = asyncio.create_task(_learn(prefecture), name="learning")
        stack.push_async_callback(_cancel, learning)
        renewing = asyncio.create_task(_renew(installation, centre), name="renewing")
        stack.push_async_callback(_cancel, renewing)
        await stack.enter_async_context(_listening(prefecture, settings))
        log.info("server.serving", centre=prefecture.profile.id, port=settings.port, software=prefecture.software)
        yield prefecture


def join(
    installation: Installation, centre: Centre, passwords: Passwords | None = None, verify: Verify = verify_here
) -> Prefecture:
    """Everything that the pages need, around an open centre."""
    seed = installation.seed
    announcements = Announcements()
    connections = Connections(centre, verify=verify)
    connections.on_change(lambda _annexe: announcements.publish("annexes", "requests"))
    centre.feeds.on_publish(lambda stream: announcements.publish("catalogue") if stream == ALL else None)
    return Prefecture(
        profile=Profile(seed.centre_id, seed.name_ar, seed.name_fr),
        centre=centre,
        connections=connections,
        staff=Staff(centre.store, seed.centre_id, passwords or Passwords(centre.entropy), centre.now),
        papers=installation.papers,
        revocations=installation.revocations,
        references=References(centre.store, centre.queries),
        announcements=announcements,
        software=software_version(),
    )


def _spare_the_collector() -> None:
    """Look for cycles where there may be some. What a start leaves stays: without this each look of the collector goes
    through all of it again, and takes a fifth of the time in which records are taken in."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


@asynccontextmanager
async def _listening(prefecture: Prefecture, settings: ServerSettings) -> AsyncIterator[None]:
    app = application.build(prefecture)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            raise OperatorError(
                f"Port {settings.port} cannot be opened ({error.strerror}): stop what uses it, or choose another."
            ) from error
        yield
    finally:
        await runner.cleanup()


async def _learn(prefecture: Prefecture) -> None:
    """Take in credentials that a command beside the server has published; publish which certificates count no more,
    and tell the annexes who looked here."""
    put_off = PutOff()
    while True:
        await asyncio.sleep(LOOK_AGAIN_S)
        try:
            await prefecture.centre.learn()
            await keep_revocations(prefecture.centre, prefecture.revocations)
            await tell_looks(prefecture.centre, put_off)
        except MulhaqaError as error:
            log.warning("server.learning_failed", why=str(error))


async def _renew(installation: Installation, centre: Centre) -> None:
    """Renew the credentials that end soon, if the prefecture's root gave this server an issuer."""
    while True:
        try:
            issuer = held_issuer(installation)
            renewed = [] if issuer is None else await renew_due(centre, issuer)
            for one in renewed:
                log.info("server.renewed", kind=one.kind, holder=one.holder, epoch=one.epoch)
        except MulhaqaError as error:
            log.warning("server.renewing_failed", why=str(error))
        await asyncio.sleep(RENEW_AGAIN_S)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
