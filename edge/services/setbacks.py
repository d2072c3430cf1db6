"""What failed lately and rests before it is tried again: each thing for itself, longer after each failure.

One request whose paper cannot be made, or a press that is broken, must neither hold up the others nor be tried again
every second. In memory only: after a restart everything deserves a first try.
"""

from __future__ import annotations

from collections.abc import Hashable

from edge.services.elapsed import passed

FIRST_MS = 30_000
"""The first rest: a worker that died or a disk that was full for a moment is well again by then."""

LONGEST_MS = 10 * 60_000
"""The longest: whoever mends the cause sees the effect within ten minutes, without a restart."""


class Setbacks:
    """Remembers failures until they are cleared."""

    def __init__(self) -> None:
        self._rests: dict[Hashable, tuple[int, int]] = {}

    def resting(self, thing: Hashable, now_ms: int) -> bool:
        """Say whether `thing` failed so lately that it is not to be tried now."""
        if thing not in self._rests:
            return False
        since, rest = self._rests[thing]
        return not passed(since, rest, now_ms)

    def failed(self, thing: Hashable, now_ms: int) -> None:
        """Let `thing` rest: twice as long as the last time."""
        _, rest = self._rests.get(thing, (0, FIRST_MS // 2))
        self._rests[thing] = (now_ms, min(2 * rest, LONGEST_MS))

    def cleared(self, thing: Hashable) -> None:
        """Forget the failures of what went well, or is no more."""
        self._rests.pop(thing, None)
