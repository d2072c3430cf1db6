"""The link to the prefecture, for the administrator: what it carries a day, what bounds it, and dialling at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.sync.caps import Cap, rate_at
from edge.sync.ledger import Ledger
from edge.sync.meter import Carried
from protocol.office.calendar import local, local_date


@dataclass(frozen=True, slots=True)
class LinkState:
    """What the page shows. `days`: bytes by ISO date, the latest first. `rate`: bytes a second that may pass each way
    now, None where nothing bounds it. `proxy`: host and port, "" without one."""

    days: dict[str, Carried]
    rate: int | None
    caps: Sequence[Cap]
    proxy: str

    @property
    def month(self) -> Carried:
        """All days that are kept, together."""
        return sum(self.days.values(), Carried())


class LinkDesk:
    """One for the appliance. `dial` ends the wait before the next try."""

    def __init__(
        self, ledger: Ledger, caps: Sequence[Cap], proxy: str, dial: Callable[[], None], now: Callable[[], int]
    ) -> None:
        self._ledger = ledger
        self._caps = caps
        self._proxy = proxy
        self._now = now
        self.dial = dial

    def state(self) -> LinkState:
        """What the page shows now."""
        return LinkState(self._ledger.days, rate_now(self._caps, self._now()), self._caps, self._proxy)

    def today(self) -> Carried:
        """What was carried today, for the figures."""
        return self._ledger.days.get(day_of(self._now()), Carried())


def rate_now(caps: Sequence[Cap], now_ms: int) -> int | None:
    """Return the bytes a second that may pass each way at this instant, by the office's clock; None: no bound."""
    at = local(now_ms)
    return rate_at(caps, at.hour * 60 + at.minute)


def day_of(now_ms: int) -> str:
    """Return the ISO date of an instant, by the office's clock."""
    return local_date(now_ms).isoformat()
