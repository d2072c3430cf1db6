"""Cards that are cloned in a run: a second machine with the annexe's identity works on, beside the first.

Both have a line at first, and take each other's place at the prefecture. Once all is mended somebody finds out: the
first one's cable is pulled until the clone has delivered all that it has, and then the clone is switched off for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from tests.simulation.nodes import AnnexeMachine

PATIENCE_S = 1800.0
"""Simulated seconds in which a clone delivers what it has, on a line that holds."""


class Clones:
    """Of one run. `make` gives a machine like another, with a name of its own and the copy of its card."""

    def __init__(self, make: Callable[[AnnexeMachine], AnnexeMachine], chance: Random) -> None:
        self.of: dict[AnnexeMachine, AnnexeMachine] = {}
        """Each clone, by the machine whose card it has."""
        self.off: set[AnnexeMachine] = set()
        self._make = make
        self._chance = chance

    def clone(self, annexe: AnnexeMachine) -> AnnexeMachine | None:
        """Put a copy of the card into another machine; None where there is one already, or nothing to copy yet."""
        if annexe in self.of or not annexe.has_database:
            return None
        made = self._make(annexe)
        self.of[annexe] = made
        return made

    async def find(self) -> list[str]:
        """Let each clone deliver what it has, and switch it off; returns a sentence for each that does not."""
        stuck = []
        for annexe, clone in self.of.items():
            annexe.line.take_down()
            clone.line.is_up = True
            clone.dial_now()
            if not await self._delivered(clone):
                stuck.append(f"{clone.name} does not deliver what it has")
            self.off.add(clone)
            clone.cut()
            annexe.line.is_up = True
            annexe.dial_now()
        return stuck

    async def _delivered(self, clone: AnnexeMachine) -> bool:
        for _ in range(int(PATIENCE_S / 5)):
            await asyncio.sleep(5.0)
            if clone.is_at_rest:
                return True
        return False
