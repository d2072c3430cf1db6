"""A token bucket: how long to wait before sending, so that no more than a rate passes. Time comes in from outside.

What is sent is paid first, on credit if need be, and then waits until the debt would be paid off. So whatever the
sizes, over any time T no more than `rate * (T + BURST_S)` bytes leave, and nothing waits longer than that takes.
"""

from __future__ import annotations

BURST_S = 0.5
"""How much may be saved up, in seconds of the rate: some small frames, too little for who shares the line to notice."""


class Bucket:
    """One direction of a line. Rates in bytes a second, instants in seconds of a clock that never steps back."""

    def __init__(self) -> None:
        self._saved = 0.0
        self._rate: int | None = None
        self._at_s = 0.0

    def pay(self, size: int, now_s: float, rate: int | None) -> float:
        """Pay for `size` bytes at `rate` (None: no bound); returns the seconds to wait before they are sent."""
        if rate is None:
            self._rate = None
            return 0.0
        burst = rate * BURST_S
        if self._rate is None:
            self._saved = burst
        else:
            self._saved = min(burst, self._saved + self._rate * (now_s - self._at_s))
        self._rate, self._at_s = rate, now_s
        self._saved -= size
        return max(0.0, -self._saved / rate)
