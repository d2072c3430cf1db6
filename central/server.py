"""The prefecture's server: centre, uplinks and pages, put together and taken apart in order."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass

import structlog
from aiohttp import web

from central.installation import Installation
from central.opening import Entropy, Now, opened_centre
from central.passwords import Passwords
from central.staff import Staff
from central.uplinks import Uplinks
from central.web import application
from protocol.errors import OperatorError

log = structlog.get_logger("mulhaqa.central")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where to serve, and another database than the data folder's own, if any."""

    host: str = "127.0.0.1"
    port: int = 8081
    database: str | None = None


async def run(installation: Installation, settings: ServerSettings, now: Now, entropy: Entropy) -> None:
    """Serve until SIGTERM or SIGINT; OperatorError when it cannot."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    async with opened_centre(installation, now, entropy, database_url=settings.database) as centre:
        staff = Staff(centre.store, centre.identity.id, Passwords(entropy), now)
        uplinks = Uplinks(centre)
        runner = web.AppRunner(application.build(centre, staff, uplinks), access_log=None, shutdown_timeout=5.0)
        await runner.setup()
        try:
            await _listen(runner, settings)
            log.info("central.serving", port=settings.port)
            await stopped.wait()
            await uplinks.close()
        finally:
            await runner.cleanup()
    log.info("central.stopped")


async def _listen(runner: web.AppRunner, settings: ServerSettings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise OperatorError(
            f"Port {settings.port} cannot be opened ({error.strerror}): stop what uses it, or choose another."
        ) from error
