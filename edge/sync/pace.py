"""How long the rest takes, at the pace of the last minute."""

from __future__ import annotations

from collections import deque

WINDOW_MS = 60_000
"""What counts as now: a slow line answers several times within it, and one that has stopped shows within it."""


class Pace:
    """Of one conversation, which began at `since_ms`. Instants in milliseconds."""

    def __init__(self, since_ms: int) -> None:
        self._since_ms = since_ms
        self._confirmed: deque[tuple[int, int]] = deque()

    def note(self, count: int, now_ms: int) -> None:
        """So many records more are confirmed."""
        if (self._confirmed and now_ms < self._confirmed[-1][0]) or now_ms < self._since_ms:
            self._confirmed.clear()  # the clock was set back: begin anew
            self._since_ms = now_ms
        if count > 0:
            self._confirmed.append((now_ms, count))

    def remaining_ms(self, left: int, now_ms: int) -> int | None:
        """How long `left` records take; None where nothing was confirmed in the last minute."""
        if left <= 0:
            return 0
        while self._confirmed and self._confirmed[0][0] < now_ms - WINDOW_MS:
            self._confirmed.popleft()
        count = sum(each for _, each in self._confirmed)
        if not count:
            return None
        watched = min(WINDOW_MS, now_ms - self._since_ms)
        return left * max(1, watched) // count
