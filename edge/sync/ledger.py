"""The link's meter, kept: read at the start, written back every few minutes while it grows, and at the stop.

A power cut so loses the last minutes of a figure, and nobody's record; a commit a frame would wear the card out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from edge.store.store import Store
from edge.store.uplink import Uplink as StoreUplink
from edge.sync.meter import Carried, Meter, parse_meter

METER = "uplink/meter"
"""Under this name the store keeps the meter."""

SAVE_S = 300.0
"""Seconds between two writes."""


@dataclass
class _Open:
    carried: Callable[[], Carried]
    counted: Carried


class Ledger:
    """`today()` gives the date, as the office's clock says it."""

    def __init__(self, store: Store, today: Callable[[], str]) -> None:
        self._store = StoreUplink(store)
        self._today = today
        self._meter = Meter()
        self._open: list[_Open] = []
        self._kept = self._meter.encoded()

    async def load(self) -> None:
        """Read what was kept."""
        self._meter = parse_meter(await self._store.load_checkpoint(METER))
        self._kept = self._meter.encoded()

    async def run(self) -> None:
        """Keep it, until cancelled."""
        while True:
            await asyncio.sleep(SAVE_S)
            await self.save()

    async def save(self) -> None:
        """Write it back, if it has changed."""
        self.look()
        encoded = self._meter.encoded()
        if encoded != self._kept:
            await self._store.save_checkpoint(METER, encoded)
            self._kept = encoded

    @property
    def days(self) -> dict[str, Carried]:
        """What was carried by date, the latest first, up to this moment."""
        self.look()
        return self._meter.days

    def look(self) -> None:
        """Count what the open connection has carried since the last look."""
        for one in self._open:
            carried = one.carried()
            self._meter.add(self._today(), carried.since(one.counted))
            one.counted = carried

    @contextmanager
    def counting(self, carried: Callable[[], Carried]) -> Iterator[None]:
        """Count a connection for as long as the context lasts; `carried()` gives all that it carried so far."""
        one = _Open(carried, Carried())
        self._open.append(one)
        try:
            yield
        finally:
            self.look()
            self._open.remove(one)
