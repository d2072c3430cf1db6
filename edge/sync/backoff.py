"""How long to wait before dialling again: doubling, bounded, and spread.

A prefecture that comes back after an outage is dialled by all its annexes; without jitter they would all come in the
same second, again and again.
"""

from __future__ import annotations

from collections.abc import Callable

FIRST_S = 1.0
# A citizen's case should not wait longer than this for a link that is back.
LONGEST_S = 60.0
# A connection that held this long was a good one: the next failure begins anew.
GOOD_S = 60.0


class Backoff:
    """`jitter()` gives a number from 0 up to 1; the wait is between half and the whole of the doubled time."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0

    def wait(self) -> float:
        """Seconds to wait after one more failure."""
        whole = min(LONGEST_S, FIRST_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return whole * (0.5 + 0.5 * self._jitter())

    def succeeded(self, held_s: float) -> None:
        """A connection came about and lasted so long."""
        if held_s >= GOOD_S:
            self._failures = 0

    def start_again(self) -> None:
        """What kept failing is no more what it was: another network."""
        self._failures = 0
