"""From a start to the vault's key: at once where a way opens by itself, else by way of the locked pages.

The locked pages are served where the screens will be, and leave before these begin: nobody restarts anything. Over TLS
with the last leaf (`edge.tls.last_leaf`); where there is none, to the appliance's own screen alone.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import structlog

from edge.custody.gate import Gate
from edge.custody.keeper import Keeper, Locked
from edge.installation import Installation, require_installed, unlocked
from edge.listening import THIS_MACHINE, Place, served
from edge.opening import Entropy, Now
from edge.starting import Starting
from edge.tls.last_leaf import last_context
from edge.web import locked

LOOK_S = 2.0
"""Seconds between two looks for a stick: whoever plugs it in sees that it was noticed."""

SHUTDOWN_S = 1.0
"""How long a locked page that is being answered may keep the screens from opening."""

log = structlog.get_logger("mulhaqa.appliance")


async def unlocked_installation(
    folder: Path, keeper: Keeper, *, place: Place, now: Now, entropy: Entropy, starting: Starting
) -> Installation | None:
    """Open an installed folder, however long its key takes; None when the service was stopped meanwhile."""
    require_installed(folder)
    try:
        return unlocked(folder, keeper.key())
    except Locked as error:
        log.warning("appliance.locked", why=str(error))
    gate = Gate(keeper, now)
    tls = None if place.plain else last_context(folder)
    host = place.host if place.plain or tls is not None else THIS_MACHINE[0]
    async with served(locked.build(gate, now, entropy), host, place.port, tls, SHUTDOWN_S):
        starting.locked()
        key = await _key_or_stop(gate)
    if key is None:
        return None
    log.info("appliance.unlocked")
    return unlocked(folder, key)


async def _key_or_stop(gate: Gate) -> bytes | None:
    """The key, or None for SIGTERM and SIGINT."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    watching, stopping = asyncio.create_task(_watch(gate)), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((watching, stopping), return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            await watching  # slots that became unreadable meanwhile end the start, in words
    finally:
        for task in (watching, stopping):
            task.cancel()
        await asyncio.gather(watching, stopping, return_exceptions=True)
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
    return await gate.opened() if gate.is_open else None


async def _watch(gate: Gate) -> None:
    """Return once the gate is open; look for a key that needs nobody meanwhile."""
    while not gate.is_open:
        await gate.look()
        try:
            async with asyncio.timeout(LOOK_S):
                await gate.opened()
        except TimeoutError:
            continue
