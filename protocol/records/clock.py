"""A writer's time: milliseconds since 1970 and a counter, strictly growing within a clock era.

- A Pi has no clock that survives a power cut. Its first guess after a start may be hours behind what it wrote before.
- Within an era time never goes back: when the clock does (a little), the last millisecond is kept, the counter grows.
- When the clock jumps back for good, or its standing changes, the writer logs `clock.changed`, which may carry a lower
  time and labels what follows: *trusted* (set by a peer or a battery clock), *estimated* (the last known time plus
  uptime), *unknown*.
- Order comes from the chain alone. Times of two writers are never merged, only shown beside their labels.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from protocol.errors import CallerError
from protocol.records.encoding import Value

CLOCK_CHANGED: Final = "clock.changed"
LABELS: Final = frozenset({"trusted", "estimated", "unknown"})

MAX_MS: Final = (1 << 53) - 1
"""Exact in every language's numbers, JavaScript's too; the year 287396."""

MAX_COUNTER: Final = (1 << 32) - 1
"""Records within one millisecond of a clock that stands still. At a thousand a second it lasts 49 days."""

SLIGHT_STEP_MS: Final = 1_000
"""A clock that is steered by NTP may go back by less than this; the counter carries it, and no era begins."""


class Timestamp(NamedTuple):
    """Milliseconds since 1970-01-01 UTC by the writer's clock, and a counter within the millisecond."""

    ms: int
    counter: int


def tick(last: Timestamp | None, now_ms: int) -> Timestamp:
    """The time of the next record: now, or just after the last one while the clock stands still or lags."""
    if not 0 <= now_ms <= MAX_MS:
        raise CallerError("The clock gives no milliseconds since 1970.")
    if last is None or now_ms > last.ms:
        return Timestamp(now_ms, 0)
    if last.counter >= MAX_COUNTER:
        return Timestamp(last.ms + 1, 0)
    return Timestamp(last.ms, last.counter + 1)


def stepped_back(last: Timestamp | None, now_ms: int) -> bool:
    """Whether the clock went back so far that the writer must begin a new era by `clock_changed`."""
    return last is not None and now_ms < last.ms - SLIGHT_STEP_MS


def clock_changed(label: str, now_ms: int) -> dict[str, Value]:
    """The unsealed event that begins a new era; its record's time is Timestamp(now_ms, 0), even if that is lower."""
    if label not in LABELS:
        raise CallerError(f"A clock is one of {sorted(LABELS)}.")
    return {"kind": CLOCK_CHANGED, "label": label, "ms": now_ms}
