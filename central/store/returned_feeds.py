"""The prefecture's own feeds, coming back from the annexes: what a database restored from a backup has not.

Rules:

- A record enters only if the prefecture signed it itself: a `centre` credential made out to it, the present one or an
  earlier one. Its signature and its place in the chain are checked as anywhere.
- One that does not is left out, and with it what follows it in its segment.
- One that says what cannot be (a credential that nobody could give) is taken back like any other, and has no effect.
- Records, chain, the tables that pages read, and the next number of the fence are one transaction. So every writer of
  the feed reads anew where it ends before it writes again (`central.store.feed_log`), and continues what came back.
- Where the restored prefecture published before it heard from anyone, the feed has a branch. Both are kept; of what is
  published under one name (a version, a year, a list), the later publication stands.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.chains import load_states, segment_row
from central.store.feed_log import record_row
from central.store.feeds import credential_row
from central.store.restoration import is_marked, unmark
from central.store.revoked_keys import revoked_row
from central.store.store import CentralStore
from protocol.errors import PeerError
from protocol.office.events import (
    CalendarPublished,
    CataloguePublished,
    CredentialPublished,
    CredentialRevoked,
    Event,
    RevocationsPublished,
    UnknownEvent,
    from_value,
    to_value,
)
from protocol.office.published import check_published
from protocol.records.chain import ACCEPTABLE, Chain, Head
from protocol.records.credentials import Trust, parse_credential
from protocol.records.encoding import encode
from protocol.records.envelope import Record, unsealed_event, verify_record
from protocol.records.vouching import believe, published_in
from protocol.sync.checkpoint import MAX_LEAVES, Checkpoint, Held
from protocol.sync.streams import streams_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _News:
    """A row that pages read, and by what it is told which of two under one key stands (`_stands`)."""

    table: Table
    row: dict[str, object]
    rank: str


class ReturnedFeeds:
    """Takes back what `writer`, the prefecture's own id, has published; `trust` learns the credentials in it."""

    def __init__(self, store: CentralStore, writer: str, trust: Trust) -> None:
        self._store = store
        self._writer = writer
        self._trust = trust

    async def unknown(self, annexe: str, checkpoint: Checkpoint) -> dict[str, tuple[Head, ...]]:
        """The heads of our feeds that an annexe holds and we do not, by stream; empty but after a restoration."""
        found: dict[str, tuple[Head, ...]] = {}
        async with self._store.database.read() as connection:
            for stream in streams_of("centre", annexe):
                found[stream] = await self._not_held(connection, stream, checkpoint.of(stream).leaves)
        return {stream: heads for stream, heads in found.items() if heads}

    async def still_unknown(self, stream: str, heads: Sequence[Head]) -> tuple[Head, ...]:
        """Those of these heads that are not held yet."""
        async with self._store.database.read() as connection:
            return await self._not_held(connection, stream, heads)

    async def _not_held(self, connection: AsyncConnection, stream: str, heads: Sequence[Head]) -> tuple[Head, ...]:
        if not heads:
            return ()
        lasts = {one.segment: one.seq for one in await load_states(connection, self._writer, stream)}
        return tuple(head for head in heads if lasts.get(head.segment, -1) < head.seq)

    async def held(self, streams: Sequence[str]) -> list[Held]:
        """What is held of feeds that are asked for: the ends of the latest segments, continued or not."""
        async with self._store.database.read() as connection:
            states = {name: await load_states(connection, self._writer, name) for name in streams}
        newest = {name: sorted(found, key=lambda one: one.time)[-MAX_LEAVES:] for name, found in states.items()}
        return [Held(name, tuple(one.head for one in found)) for name, found in newest.items()]

    async def heard(self) -> bool:
        """An annexe has nothing more to give back: publish again; returns whether that was waited for."""
        async with self._store.database.read() as connection:
            if not await is_marked(connection, self._writer):
                return False
        async with self._store.database.write() as connection:
            return await unmark(connection, self._writer)

    async def take(self, records: Sequence[Record]) -> int:
        """Verify and store what came back, in order; returns how many records were new."""
        self._learn(records)
        signed = [record for record in records if self._is_ours(record)]
        streams = dict.fromkeys(record.stream for record in signed)
        taken = 0
        async with self._store.database.write() as connection:
            for stream in streams:
                await self._lock(connection, stream)
                new = await self._chained(connection, stream, [one for one in signed if one.stream == stream])
                await self._keep(connection, new)
                taken += len(new)
        return taken

    def _learn(self, records: Sequence[Record]) -> None:
        """Credentials prove themselves: one that comes back may have signed the records beside it."""
        for why in believe(self._trust, published_in(records)).values():
            logger.warning("a credential that came back is not believed: %s", why)

    def _of_a_key(self, event: CredentialPublished | CredentialRevoked, at_ms: int) -> _News | None:
        if isinstance(event, CredentialPublished):
            published = parse_credential(event.credential)
            if believe(self._trust, [published]):
                return None
            return _News(schema.credentials, credential_row(published, at_ms), "not_after")
        credential = self._trust.signer(event.id)
        holder = credential.holder if credential is not None else self._writer
        return _News(schema.revoked_keys, revoked_row(event, holder, at_ms), "revoked_ms")

    def _is_ours(self, record: Record) -> bool:
        credential = self._trust.signer(record.signer)
        if credential is None or credential.kind != "centre" or credential.holder != self._writer:
            return False
        try:
            verify_record(record, credential.public)
        except PeerError:
            return False
        return True

    async def _lock(self, connection: AsyncConnection, stream: str) -> None:
        """Take the next number of the fence: no writer goes on before it has read what comes in here."""
        table = schema.writers
        where = (table.c.annexe == self._writer, table.c.stream == stream)
        fence = (await connection.execute(select(table.c.fence).where(*where))).scalar() or 0
        row = {"annexe": self._writer, "stream": stream, "fence": fence + 1}
        await self._store.database.put(connection, table, [row], replace=True)

    async def _chained(self, connection: AsyncConnection, stream: str, records: Sequence[Record]) -> list[Record]:
        """Those that are new and fit; their segments are written."""
        before = await load_states(connection, self._writer, stream)
        chain = Chain(stream, before)
        new = []
        for record in records:
            if chain.check(record) in ACCEPTABLE:
                chain.accept(record)
                new.append(record)
        changed = [one for one in chain.states() if one not in before]
        rows = [segment_row(self._writer, stream, one) for one in changed]
        await self._store.database.put(connection, schema.segments, rows, replace=True)
        return new

    async def _keep(self, connection: AsyncConnection, records: Sequence[Record]) -> None:
        table = schema.records
        last = await connection.execute(select(func.max(table.c.position)).where(table.c.annexe == self._writer))
        position = (last.scalar() or 0) + 1
        rows = [record_row(self._writer, number, record) for number, record in enumerate(records, position)]
        await self._store.database.put(connection, table, rows, replace=False)
        for record in records:
            news = self._news(record)
            if news is not None and await self._stands(connection, news):
                await self._store.database.put(connection, news.table, [news.row], replace=True)

    async def _stands(self, connection: AsyncConnection, news: _News) -> bool:
        """Whether it takes the place of what is published under the same key, if anything is: the later does; of two
        texts of one version the earlier stands, as at the annexes."""
        table, row, rank = news.table, news.row, news.table.c[news.rank]
        same = [column == row[column.name] for column in table.primary_key.columns]
        held = (await connection.execute(select(rank).where(*same))).scalar()
        if held is None:
            return True
        stands, comes = _number(held), _number(row[news.rank])
        return comes < stands if table is schema.catalogue else comes > stands

    def _news(self, record: Record) -> _News | None:
        event = _published(record)
        own, at_ms = {"annexe": self._writer}, record.time.ms
        match event:
            case CredentialPublished() | CredentialRevoked():
                return self._of_a_key(event, at_ms)
            case CataloguePublished():
                row = own | {"id": event.id, "version": event.version, "document": encode(event.document)}
                return _News(schema.catalogue, row | {"published_ms": at_ms}, "published_ms")
            case CalendarPublished():
                row = own | {"year": event.year, "document": encode(to_value(event)), "published_ms": at_ms}
                return _News(schema.calendars, row, "published_ms")
            case RevocationsPublished():
                row = own | {"part": event.part, "number": event.number, "document": encode(to_value(event))}
                return _News(schema.revocation_lists, row, "number")
            case _:
                return None


def _published(record: Record) -> Event | None:
    """What a record publishes; None for the chain's own kinds, a later release's, and what cannot be."""
    value = unsealed_event(record)
    if value is None:
        return None
    try:
        event = from_value(value)
        check_published(value, event)
    except UnknownEvent:
        return None
    except PeerError as error:
        logger.warning("a record that came back says what cannot be, and has no effect: %s", error)
        return None
    return event


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
