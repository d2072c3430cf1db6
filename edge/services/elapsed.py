"""Whether enough time has passed, by a clock that may be set right in between.

A Pi wakes up with a wrong clock, and its clock is corrected later, by hours or by years. What was stamped before lies
then far ahead of now. So the distance counts, not its sign: a clock that jumped ends a wait early, once; it never makes
someone wait until the wrong year comes round again. A slight step back, as NTP makes them, prolongs a wait slightly.
"""

from __future__ import annotations


def passed(since_ms: int, wait_ms: int, now_ms: int) -> bool:
    """Say whether `now_ms` is at least `wait_ms` away from `since_ms` (milliseconds)."""
    return abs(now_ms - since_ms) >= wait_ms
