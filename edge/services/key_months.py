"""The keys of the months, made and destroyed on time (`edge.store.rotation`): a look once an hour."""

from __future__ import annotations

from typing import Final

import structlog

from edge.services.office import Office
from edge.store.rotation import Rotation

LOOK_MS: Final = 3600 * 1000
"""Between two looks: a month does not end by the second."""

log = structlog.get_logger("mulhaqa.months")


class KeyMonths:
    """Of one office."""

    def __init__(self) -> None:
        self._looked_ms: int | None = None
        self._rotation: Rotation | None = None

    async def keep(self, office: Office) -> int:
        """Take every step that is due; returns how many. A clock that must be wrong begins nothing."""
        now = office.now()
        if (self._looked_ms is not None and abs(now - self._looked_ms) < LOOK_MS) or office.clock() == "unknown":
            return 0
        self._rotation = self._rotation or Rotation(office.store, office.entropy)
        steps = 0
        while step := await self._rotation.step(now):
            steps += 1
            if step != "rewrap":
                log.info("months.step", step=step)
        self._looked_ms = now
        return steps
