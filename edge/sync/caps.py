"""How many bytes a second the link may use, by the hour of the office's clock.

    08:00-16:00 4 KiB/s         from eight up to four, no more than 4096 bytes a second each way
    22:00-06:00 64 KiB/s        over midnight

Of two that hold at once the lower counts; when none does, the link is not bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

DAY_MIN = 24 * 60
UNITS = {"B": 1, "KiB": 1024, "MiB": 1024 * 1024, "kB": 1000, "MB": 1_000_000}
LEAST = 2048
"""Bytes a second. The largest record (64 KiB) must pass in half the time after which a silent link is given up."""

_LINE = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d) +(\d+) *(B|KiB|MiB|kB|MB)/s")


class CapRefused(ValueError):
    """This line is no cap. The text says what is wrong and how it should be."""


@dataclass(frozen=True, slots=True)
class Cap:
    """`begins` and `ends` in minutes of the day, `ends` excluded; the same twice is the whole day. `rate` in bytes a
    second."""

    begins: int
    ends: int
    rate: int

    def holds_at(self, minute: int) -> bool:
        """Whether it holds at this minute of the day."""
        return (minute - self.begins) % DAY_MIN < ((self.ends - self.begins) % DAY_MIN or DAY_MIN)

    def __str__(self) -> str:
        begins, ends = (f"{at // 60:02}:{at % 60:02}" for at in (self.begins, self.ends or DAY_MIN))
        return f"{begins}-{ends} {rate_text(self.rate)}"


def rate_text(rate: int) -> str:
    """Write bytes a second as the settings do."""
    for unit in ("MiB", "KiB"):
        if rate % UNITS[unit] == 0:
            return f"{rate // UNITS[unit]} {unit}/s"
    return f"{rate} B/s"


def parse_cap(line: str) -> Cap:
    """Read one line of the settings; raises CapRefused."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise CapRefused(f'"{line}" is no cap: write for example "08:00-16:00 4 KiB/s".')
    numbers = [int(one) for one in found.groups()[:5]]
    begins, ends = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if max(numbers[1], numbers[3]) > 59 or begins >= DAY_MIN or ends > DAY_MIN:
        raise CapRefused(f'"{line}" names a time that no day has: use 00:00 to 24:00.')
    rate = numbers[4] * UNITS[found[6]]
    if rate < LEAST:
        raise CapRefused(f'"{line}" is too little for one record to pass in time: the least is {LEAST} B/s.')
    return Cap(begins, ends % DAY_MIN, rate)


def rate_at(caps: Iterable[Cap], minute: int) -> int | None:
    """The bytes a second that may pass each way at a minute of the day; None: as many as the line carries."""
    return min((cap.rate for cap in caps if cap.holds_at(minute)), default=None)
