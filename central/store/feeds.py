"""The prefecture's own feeds: what it writes for everyone (`all`), or for one annexe (`to/ANNEXE`).

Rules:

- One writer at a time. To write, a process takes the next number of the fence in `writers`; each append checks, in its
  own transaction, that the number is still its own. If another process wrote since (a command beside the server, a
  second server), it takes the next number, reads where the feed ends now, and goes on from there in a new segment:
  never a branch.
- A segment is new at the first write after every start, and names the record that it continues.
- Nothing is published twice: a credential or a version of a procedure that stands in the feed already is left as it is,
  which is looked up in the transaction that would write it.
- After a restoration from a backup nothing new is published until an annexe was heard (`central.store.restoration`).
- A calendar is published whole: the days of a year as they stand now.
- Records, chain, and the tables that pages read (`credentials`, `catalogue`, `calendars`) are one transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.chains import load_states, segment_row
from central.store.restoration import check_unmarked
from central.store.store import CentralStore
from protocol.errors import CallerError, PeerError
from protocol.office.events import (
    CalendarPublished,
    CataloguePublished,
    CredentialPublished,
    RevocationsPublished,
    from_value,
    to_value,
)
from protocol.records.chain import NO_PARENT, SegmentState, segment_opened
from protocol.records.clock import clock_changed, stepped_back, tick
from protocol.records.credentials import Credential
from protocol.records.encoding import Value, decode, encode
from protocol.records.envelope import Record, write_record
from protocol.records.keys import SigningKey

ALL = "all"
SEGMENT_SIZE = 8

_News = tuple[dict[str, Value], Mapping[str, object]]
"""An event, and the row that pages read it from."""


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


Change = Callable[[CalendarPublished | None], CalendarPublished]


def read_calendar(document: bytes) -> CalendarPublished:
    """Return a year's holidays as the table keeps them."""
    value = decode(document)
    event = from_value(value) if isinstance(value, dict) else None
    if not isinstance(event, CalendarPublished):
        raise PeerError("A published calendar is damaged: restore the database from its backup.")
    return event


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a procedure, as it is published."""

    id: str
    version: int
    document: dict[str, Value]

    @property
    def encoded(self) -> bytes:
        return encode(self.document)

    def event(self) -> dict[str, Value]:
        return to_value(CataloguePublished(id=self.id, version=self.version, document=self.document))

    def row(self, publisher: str, at_ms: int) -> dict[str, object]:
        return {
            "annexe": publisher,
            "id": self.id,
            "version": self.version,
            "document": self.encoded,
            "published_ms": at_ms,
        }


class FeedWriter:
    """Made by `open`. `on_publish` listeners are told the stream after each commit."""

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

    @classmethod
    async def open(
        cls, store: CentralStore, publisher: Publisher, *, now: Callable[[], int], entropy: Callable[[int], bytes]
    ) -> FeedWriter:
        """Become the writer of `all`."""
        writer = cls(store, publisher, now, entropy)
        async with store.database.write() as connection:
            await writer._take_over(connection, ALL)
        return writer

    def on_publish(self, listener: Callable[[str], None]) -> None:
        """Tell `listener` the name of the stream after each commit."""
        self._listeners.append(listener)

    async def publish_credential(self, credential: Credential) -> bool:
        """Put a credential into `all`; False if it stands there already."""
        return await self.publish_credentials([credential]) == 1

    async def publish_credentials(self, credentials: Sequence[Credential]) -> int:
        """Put credentials into `all`, each issuer before whom it vouches for; returns how many were new."""
        given = {one.encoded(): one for one in credentials}
        at_ms = self._now()

        async def fresh(connection: AsyncConnection) -> list[_News]:
            known = await self._known_credentials(connection)
            new = {encoded: one for encoded, one in given.items() if encoded not in known}
            return [
                (to_value(CredentialPublished(credential=encoded)), credential_row(one, at_ms))
                for encoded, one in new.items()
            ]

        return await self._append(ALL, schema.credentials, fresh)

    async def publish_procedure(self, document: Mapping[str, Value]) -> bool:
        """Put a version of a procedure into `all`; False if that version stands there already."""
        return await self.publish_procedures([document]) == 1

    async def publish_procedures(self, documents: Sequence[Mapping[str, Value]]) -> int:
        """Put versions of procedures into `all`, all in one transaction; returns how many were new.

        `documents` are the catalogue's, checked by the caller; CallerError, with nothing published, if one's version
        was published with another text.
        """
        versions = [_version_of(document) for document in documents]
        at_ms = self._now()
        changed: list[_Version] = []

        async def fresh(connection: AsyncConnection) -> list[_News]:
            held = [await self._known_procedure(connection, one.id, one.version) for one in versions]
            stands = list(zip(versions, held, strict=True))
            changed.extend(one for one, text in stands if text is not None and text != one.encoded)
            new = [] if changed else [one for one, text in stands if text is None]
            return [(one.event(), one.row(self._publisher.id, at_ms)) for one in new]

        count = await self._append(ALL, schema.catalogue, fresh)
        if changed:
            one = changed[0]
            raise CallerError(
                f"Version {one.version} of {one.id} is published with another text: give it the next version."
            )
        return count

    async def publish_calendar(self, year: int, change: Change) -> bool:
        """Put the holidays of a year into `all`, in the place of those before; False if that changes nothing.

        `change` is given what stands (None before the first), and returns what is to stand; what it raises is raised.
        """
        at_ms = self._now()

        async def fresh(connection: AsyncConnection) -> list[_News]:
            held = await self._known_calendar(connection, year)
            event = to_value(change(None if held is None else read_calendar(held)))
            if encode(event) == held:
                return []
            row = {"annexe": self._publisher.id, "year": year, "document": encode(event), "published_ms": at_ms}
            return [(event, row)]

        return await self._append(ALL, schema.calendars, fresh) == 1

    async def publish_revocations(
        self, fresh: Callable[[AsyncConnection], Awaitable[Sequence[RevocationsPublished]]]
    ) -> bool:
        """Put into `all` the parts of the list of void certificates that `fresh` finds due; False if none is."""

        async def parts(connection: AsyncConnection) -> list[_News]:
            return [(to_value(one), self._list_row(one)) for one in await fresh(connection)]

        return await self._append(ALL, schema.revocation_lists, parts) > 0

    def _list_row(self, event: RevocationsPublished) -> dict[str, object]:
        document = encode(to_value(event))
        return {"annexe": self._publisher.id, "part": event.part, "number": event.number, "document": document}

    async def snapshot(self) -> list[bytes]:
        """Every record of `all`, encoded, in order: what an annexe's seed begins with."""
        table = schema.records
        async with self._store.database.read() as connection:
            rows = await connection.execute(
                select(table.c.encoded)
                .where(table.c.annexe == self._publisher.id, table.c.stream == ALL)
                .order_by(table.c.position)
            )
            return [bytes(encoded) for (encoded,) in rows]

    async def _known_credentials(self, connection: AsyncConnection) -> set[bytes]:
        return set((await connection.execute(select(schema.credentials.c.encoded))).scalars())

    async def _known_procedure(self, connection: AsyncConnection, name: str, version: int) -> bytes | None:
        table = schema.catalogue
        found = await connection.execute(
            select(table.c.document).where(
                table.c.annexe == self._publisher.id, table.c.id == name, table.c.version == version
            )
        )
        return found.scalar()

    async def _known_calendar(self, connection: AsyncConnection, year: int) -> bytes | None:
        table = schema.calendars
        query = select(table.c.document).where(table.c.annexe == self._publisher.id, table.c.year == year)
        return (await connection.execute(query)).scalar()

    async def _append(
        self, stream: str, table: Table, fresh: Callable[[AsyncConnection], Awaitable[Sequence[_News]]]
    ) -> int:
        """Write what `fresh` finds missing once the feed is ours alone; returns how many events that were."""
        async with self._turn:
            try:
                async with self._store.database.write() as connection:
                    await self._hold_fence(connection, stream)
                    news = await fresh(connection)
                    if news:
                        await check_unmarked(connection, self._publisher.id)
                    records = [record for event, _ in news for record in await self._write(connection, stream, event)]
                    await self._keep(connection, stream, records)
                    await self._store.database.put(connection, table, [row for _, row in news], replace=True)
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

    async def _write(self, connection: AsyncConnection, stream: str, event: dict[str, Value]) -> list[Record]:
        tip = self._tips.get(stream)
        if tip is None:
            tip = await self._last_tip(connection, stream)
        now_ms = self._now()
        records = []
        if tip is None or not tip.is_ours:
            tip, opening = self._open_segment(stream, tip, now_ms)
            records.append(opening)
        elif stepped_back(tip.state.time, now_ms):
            tip, changed = self._next(stream, tip, clock_changed(self._publisher.clock, now_ms), now_ms, new_era=True)
            records.append(changed)
        tip, record = self._next(stream, tip, event, now_ms)
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
        self, stream: str, tip: _Tip, event: dict[str, Value], now_ms: int, *, new_era: bool = False
    ) -> tuple[_Tip, Record]:
        state = tip.state
        record = write_record(
            stream=stream,
            segment=state.segment,
            seq=state.seq + 1,
            prev=state.hash,
            time=tick(None if new_era else state.time, now_ms),
            event=event,
            key=None,
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


def credential_row(credential: Credential, at_ms: int) -> dict[str, object]:
    """A credential as a row of `credentials`."""
    return {
        "annexe": credential.holder,
        "id": credential.id,
        "kind": credential.kind,
        "epoch": credential.epoch,
        "not_before": credential.not_before,
        "not_after": credential.not_after,
        "published_ms": at_ms,
        "encoded": credential.encoded(),
    }


def _version_of(document: Mapping[str, Value]) -> _Version:
    name, version = document.get("id"), document.get("version")
    if not isinstance(name, str) or not isinstance(version, int):
        raise CallerError("A procedure is published with its id and its version.")
    return _Version(name, version, dict(document))
