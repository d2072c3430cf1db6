"""The staff of the prefecture, who publish until they see it confirmed, and a fault of its software, which now and then
publishes what nobody could give."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from central.centre import Centre
from protocol.errors import OperatorError
from tests.protocol.sync.support import Prefecture
from tests.simulation.machine import PowerCut
from tests.simulation.nodes import CentreMachine
from tests.simulation.people import AGAIN_S

MISTAKEN = 0.2
"""How often a mistake goes ahead of a procedure that is published."""


async def publish(machine: CentreMachine, what: Callable[[Centre], Coroutine[Any, Any, object]]) -> None:
    """Publish until it is confirmed."""
    while True:
        centre = machine.centre
        try:
            if centre is not None:
                await machine.ask(what(centre))
                return
        except (PowerCut, OperatorError):
            pass  # whoever publishes sees an error page, and tries again
        await asyncio.sleep(AGAIN_S)


async def publish_mistake(machine: CentreMachine, prefecture: Prefecture, number: int) -> None:
    """Publish a root that an issuer vouches for: nobody may believe it, and nothing may wait for it."""
    wrong = prefecture.credential("root", f"mistake.{number}")
    await publish(machine, lambda centre: centre.feeds.publish_credentials([wrong]))
