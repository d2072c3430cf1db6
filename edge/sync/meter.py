"""What the link carries, day by day: the bytes that somebody pays for.

Counted is what TCP says that it sent and received, what was sent again and the packets' headers included. Days are
those of the office's clock, as ISO dates. A clock that steps back counts on in the day that it then says.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.errors import PeerError
from protocol.records.encoding import Value, decode, encode

KEPT_DAYS = 35
"""Days kept: a month's bill and some days in which to look at it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Bytes on the line, from the annexe (`up`) and to it."""

    up: int = 0
    down: int = 0

    def __add__(self, other: Carried) -> Carried:
        return Carried(self.up + other.up, self.down + other.down)

    def since(self, earlier: Carried) -> Carried:
        """What came to it since an earlier count."""
        return Carried(self.up - earlier.up, self.down - earlier.down)


class Meter:
    """The last days on which anything was carried, KEPT_DAYS at most."""

    def __init__(self, days: dict[str, Carried] | None = None) -> None:
        self._days = dict(days or {})

    @property
    def days(self) -> dict[str, Carried]:
        """By date, the latest first."""
        return {day: self._days[day] for day in sorted(self._days, reverse=True)}

    def add(self, day: str, carried: Carried) -> None:
        """Count this to a day."""
        if not (carried.up or carried.down):
            return
        self._days[day] = self._days.get(day, Carried()) + carried
        for old in list(self.days)[KEPT_DAYS:]:
            del self._days[old]

    def encoded(self) -> bytes:
        """As it is kept."""
        days: Value = [[day, carried.up, carried.down] for day, carried in sorted(self._days.items())]
        return encode(days)


def parse_meter(data: bytes | None) -> Meter:
    """What was kept; an empty one where nothing was, or where it is damaged: figures are no reason not to start."""
    try:
        rows = decode(data) if data is not None else []
    except PeerError:
        rows = []
    meter = Meter()
    for row in rows if isinstance(rows, list) else []:
        match row:
            case [str(day), int(up), int(down)]:
                meter.add(day, Carried(up, down))
    return meter
