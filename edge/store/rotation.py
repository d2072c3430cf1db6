"""Changing the month's key: one step at a time, each of them durable, so that a half-done change is gone on with.

    begin     a new key stands in `vault.months`; what is wrapped from now on is wrapped under it
    rewrap    page by page, in the writer's own transactions, the data keys of before
    retire    no data key is left under the older months: each notes when, by what the prefecture has signed
    destroy   KEPT_DAYS later the older key is left out of the file

- A crash between two steps loses nothing: what is wrapped names its month, and each step looks anew at what is there.
- Beginning goes by this machine's clock. One that jumped begins a month early or twice, which harms nobody.
- Destroying cannot be undone, so it goes by the earlier of this machine's clock and what the prefecture has signed:
  only if both were wrong would it be early. While the prefecture is not heard, nothing is destroyed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from edge.store.columns import blob
from edge.store.months import KEY_SIZE, Month
from edge.store.reader import Reader
from edge.store.store import Store, Transaction
from edge.store.timetable import signed_by_prefecture
from protocol.errors import PeerError
from protocol.records.encoding import Value

DAY_MS: Final = 24 * 3600 * 1000
MONTH_DAYS: Final = 30

KEPT_DAYS: Final = 90
"""How long a month's key outlives its last use: longer than any outage, so that a copy of the database that has to be
put back after one can still be read; no longer, so that older copies are blind."""

MOST: Final = 60
"""Keys at a time: five years without hearing the prefecture. A clock that jumps about begins no more than these."""

PAGE: Final = 200
"""Data keys a transaction: some milliseconds, which nobody waits for."""

Signed = Callable[[Reader], Awaitable[int | None]]
"""The newest instant that the prefecture has signed, as the log has it."""

Apart = Callable[[Callable[[Sequence[Month]], None], Sequence[Month]], Awaitable[None]]
"""Writes the file of months while the event loop goes on."""


class Rotation:
    """Of one store; `month_ms` is how long a key is the newest.

    `step` is called again and again; nothing is kept between two starts but what is on the disk.
    """

    def __init__(
        self,
        store: Store,
        entropy: Callable[[int], bytes],
        signed: Signed = signed_by_prefecture,
        *,
        month_ms: int = MONTH_DAYS * DAY_MS,
        apart: Apart = asyncio.to_thread,
    ) -> None:
        self._month_ms = month_ms
        self._apart = apart
        self._store = store
        self._signed = signed
        self._entropy = entropy
        self._behind: bytes | None = b""  # subjects up to here are wrapped under the newest; None: all are

    async def step(self, now_ms: int) -> str:
        """Take the next step, if one is due; returns which ("begin", "rewrap", "retire", "destroy"), "" for none."""
        months = self._store.vault.month_file.load()
        if self._behind is not None and months:
            return await self._rewrap()
        async with self._store.reading() as reader:
            signed = await self._signed(reader)
        if signed is not None and self._unretired(months):
            await self._save([*(replace(one, retired_ms=one.retired_ms or signed) for one in months[:-1]), months[-1]])
            return "retire"
        if signed is not None and any(_is_over(one, min(now_ms, signed)) for one in months):
            return await self._destroy(months, min(now_ms, signed))
        if len(months) < MOST and (not months or abs(now_ms - months[-1].made_ms) >= self._month_ms):
            return await self._begin(months, now_ms)
        return ""

    async def _begin(self, months: Sequence[Month], now_ms: int) -> str:
        newest = months[-1].generation if months else 0
        await self._save([*months, Month(newest + 1, now_ms, None, self._entropy(KEY_SIZE))])
        self._behind = b""
        return "begin"

    async def _rewrap(self) -> str:
        """Wrap the next page of data keys under the newest month."""
        after, vault = self._behind or b"", self._store.vault

        async def work(tx: Transaction) -> Value:
            page = await tx.rows(
                "SELECT subject, wrapped FROM keys WHERE subject > ? ORDER BY subject LIMIT ?", (after, PAGE)
            )
            for subject, wrapped in ((blob(row[0]), blob(row[1])) for row in page):
                if wrapped.startswith(vault.generation) and len(wrapped) == vault.wrapped_size:
                    continue
                try:
                    key = vault.unwrap(wrapped, subject)
                except PeerError:
                    continue  # damaged, or of a month that is no more: nobody reads it either way
                tx.write("UPDATE keys SET wrapped = ? WHERE subject = ?", (vault.wrap(key, subject), subject))
            return blob(page[-1][0]) if len(page) == PAGE else None

        last = await self._store.perform(work)
        self._behind = last if isinstance(last, bytes) else None
        return "rewrap"

    def _unretired(self, months: Sequence[Month]) -> bool:
        return any(one.retired_ms is None for one in months[:-1])

    async def _destroy(self, months: Sequence[Month], at_ms: int) -> str:
        await self._save([one for one in months if not _is_over(one, at_ms)])
        return "destroy"

    async def _save(self, months: Sequence[Month]) -> None:
        await self._apart(self._store.vault.month_file.save, months)
        self._store.vault.take_up(months)


def _is_over(month: Month, at_ms: int) -> bool:
    return month.retired_ms is not None and at_ms - month.retired_ms >= KEPT_DAYS * DAY_MS
