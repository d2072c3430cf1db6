"""How the prefecture's own feeds are written: one writer at a time, one chain.

- To write, a process takes the next number of the fence in `writers`; each append checks, in its own transaction, that
  the number is still its own. If another process wrote since (a command beside the server, a second server), it takes
  the next number, reads where the feed ends now, and goes on from there in a new segment: never a branch.
- A segment is new at the first write after every start, and names the record that it continues.
- What is missing is looked up in the transaction that writes it, so nothing is published twice.
- After a restoration from a backup nothing new is published until an annexe was heard (`central.store.restoration`).
- Records, chain, and the table that pages read what was published from are one transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.chains import load_states, segment_row
from central.store.restoration import check_unmarked
from central.store.store import CentralStore
from protocol.records.chain import NO_PARENT, SegmentState, segment_opened
from protocol.records.clock import clock_changed, stepped_back, tick
from protocol.records.encoding import Value
from protocol.records.envelope import Record, write_record
from protocol.records.keys import SigningKey

ALL = "all"
SEGMENT_SIZE = 8



class News(NamedTuple):
    """An event, and the rows that pages read it from. `key` seals what is about one person."""

    event: dict[str, Value]
    rows: Sequence[Mapping[str, object]]
    key: bytes | None = None


Fresh = Callable[[AsyncConnection], Awaitable[Sequence[News]]]
"""What is missing of what should be published, looked up in the transaction that writes it."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who writes: the prefecture's id, its key, and what record 0 of a segment says of its machine."""

    id: str
    signing: SigningKey
    software: str
    fingerprint: str = "server"
    clock: str = "trusted"


@dataclass(frozen=True, slots=True)
class _Tip:
    state: SegmentState
    is_ours: bool  # of this start: writing may go on in it


class FeedLog:
    """The feeds of one prefecture, as this process writes them."""

    def __init__(
        self,
        store: CentralStore,
        publisher: Publisher,
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._now = now
        self._entropy = entropy
        self._fences: dict[str, int] = {}
        self._tips: dict[str, _Tip | None] = {}
        self._turn = asyncio.Lock()
        self._listeners: list[Callable[[str], None]] = []

    def on_publish(self, listener: Callable[[str], None]) -> None:
        """Tell `listener` the name of the stream after each commit."""
        self._listeners.append(listener)

    async def take_over(self, stream: str) -> None:
        """Become the writer of this feed."""
        async with self._store.database.write() as connection:
            await self._take_over(connection, stream)

    async def append(self, stream: str, table: Table, fresh: Fresh) -> int:
        """Write what `fresh` finds missing once the feed is ours alone; returns how many events that were."""
        async with self._turn:
            try:
                async with self._store.database.write() as connection:
                    await self._hold_fence(connection, stream)
                    news = await fresh(connection)
                    if news:
                        await check_unmarked(connection, self._publisher.id)
                    records = [record for one in news for record in await self._write(connection, stream, one)]
                    await self._keep(connection, stream, records)
                    rows = [row for one in news for row in one.rows]
                    await self._store.database.put(connection, table, rows, replace=True)
            except BaseException:
                self._tips.pop(stream, None)  # nothing was written: the disk knows where the feed ends
                self._fences.pop(stream, None)  # a number taken in this transaction went back with it
                raise
        for listener in self._listeners if news else ():
            listener(stream)
        return len(news)

    async def _take_over(self, connection: AsyncConnection, stream: str) -> None:
        table = schema.writers
        where = (table.c.annexe == self._publisher.id, table.c.stream == stream)
        held = (await connection.execute(select(table.c.fence).where(*where))).scalar() or 0
        self._fences[stream] = held + 1
        self._tips.pop(stream, None)
        row = {"annexe": self._publisher.id, "stream": stream, "fence": held + 1}
        await self._store.database.put(connection, table, [row], replace=True)

    async def _hold_fence(self, connection: AsyncConnection, stream: str) -> None:
        """Lock the feed for this transaction; what another process wrote since is read anew."""
        table = schema.writers
        fence = self._fences.get(stream, 0)
        mine = (table.c.annexe == self._publisher.id, table.c.stream == stream, table.c.fence == fence)
        touched = await connection.execute(update(table).where(*mine).values(fence=fence))
        if touched.rowcount != 1:
            await self._take_over(connection, stream)

    async def _write(self, connection: AsyncConnection, stream: str, news: News) -> list[Record]:
        tip = self._tips.get(stream)
        if tip is None:
            tip = await self._last_tip(connection, stream)
        now_ms = self._now()
        records = []
        if tip is None or not tip.is_ours:
            tip, opening = self._open_segment(stream, tip, now_ms)
            records.append(opening)
        elif stepped_back(tip.state.time, now_ms):
            clock = News(clock_changed(self._publisher.clock, now_ms), ())
            tip, changed = self._next(stream, tip, clock, now_ms, new_era=True)
            records.append(changed)
        tip, record = self._next(stream, tip, news, now_ms)
        self._tips[stream] = tip
        return [*records, record]

    def _open_segment(self, stream: str, tip: _Tip | None, now_ms: int) -> tuple[_Tip, Record]:
        parent = tip.state.head if tip else None
        event = segment_opened(
            parent=parent,
            software=self._publisher.software,
            fingerprint=self._publisher.fingerprint,
            clock=self._publisher.clock,
        )
        record = write_record(
            stream=stream,
            segment=self._entropy(SEGMENT_SIZE),
            seq=0,
            prev=parent.hash if parent else NO_PARENT,
            time=tick(tip.state.time if tip else None, now_ms),
            event=event,
            key=None,
            signing=self._publisher.signing,
        )
        return _Tip(SegmentState(record.segment, parent, 0, record.hash, record.time), is_ours=True), record

    def _next(
        self, stream: str, tip: _Tip, news: News, now_ms: int, *, new_era: bool = False
    ) -> tuple[_Tip, Record]:
        state = tip.state
        record = write_record(
            stream=stream,
            segment=state.segment,
            seq=state.seq + 1,
            prev=state.hash,
            time=tick(None if new_era else state.time, now_ms),
            event=news.event,
            key=news.key,
            signing=self._publisher.signing,
        )
        following = SegmentState(state.segment, state.parent, record.seq, record.hash, record.time)
        return _Tip(following, is_ours=True), record

    async def _last_tip(self, connection: AsyncConnection, stream: str) -> _Tip | None:
        """The end of what is written: the one segment that no other continues (one writer makes no branches)."""
        states = await load_states(connection, self._publisher.id, stream)
        continued = {state.parent for state in states}
        leaves = [state for state in states if state.head not in continued]
        if not leaves:
            return None
        return _Tip(max(leaves, key=lambda state: state.time), is_ours=False)

    async def _keep(self, connection: AsyncConnection, stream: str, records: Iterable[Record]) -> None:
        table = schema.records
        last = await connection.execute(select(func.max(table.c.position)).where(table.c.annexe == self._publisher.id))
        position = last.scalar() or 0
        rows = []
        segments: dict[bytes, SegmentState] = {}
        parents = {state.segment: state.parent for state in await load_states(connection, self._publisher.id, stream)}
        tip = self._tips.get(stream)
        for number, record in enumerate(records, position + 1):
            parent = parents.get(record.segment, tip.state.parent if tip else None)
            segments[record.segment] = SegmentState(record.segment, parent, record.seq, record.hash, record.time)
            rows.append(record_row(self._publisher.id, number, record))
        await self._store.database.put(connection, table, rows, replace=False)
        found = [segment_row(self._publisher.id, stream, state) for state in segments.values()]
        await self._store.database.put(connection, schema.segments, found, replace=True)


def record_row(annexe: str, position: int, record: Record) -> dict[str, object]:
    """A record of a feed as a row of `records`."""
    return {
        "annexe": annexe,
        "hash": record.hash,
        "position": position,
        "stream": record.stream,
        "segment": record.segment,
        "seq": record.seq,
        "subject": record.subject,
        "time_ms": record.time.ms,
        "standing": "accepted",
        "flags": "",
        "encoded": record.encoded(),
    }
