"""The questions of the prefecture's pages. Each answer is opened and typed; nothing here writes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.branches import branches_of
from central.store.chains import load_intake
from central.store.decision_check import DecisionCheck
from central.store.feeds import read_calendar
from central.store.machines import KnownMachine, machines_of
from central.store.sealed_case import open_case
from central.store.store import CentralStore
from protocol.errors import PeerError
from protocol.office.casework import Case, State
from protocol.office.catalogue import Procedure, parse_procedure
from protocol.office.events import CalendarPublished
from protocol.office.transitions import RUNNING
from protocol.records.chain import Head
from protocol.records.credentials import Credential, parse_credential
from protocol.records.encoding import MAX_VALUE, decode
from protocol.sync.branches import Branch
from protocol.sync.checkpoint import Hole
from protocol.sync.streams import streams_of

logger = logging.getLogger(__name__)

# Rows of one page of requests, at most.
MAX_ROWS = 500


@dataclass(frozen=True, slots=True)
class StreamState:
    """What is held of one stream: its leaf heads, its holes, how many records, and how many kept only as proof."""

    stream: str
    heads: tuple[Head, ...]
    holes: tuple[Hole, ...]
    records: int
    proofs: int


@dataclass(frozen=True, slots=True)
class AnnexeState:
    """An annexe as the prefecture sees it. `last_contact_ms` is None before the first; `flags` of its credential;
    `machines`: the one whose epoch is in force first; `later`: its records that only a later release can read."""

    annexe: str
    last_contact_ms: int | None
    software: str
    flags: tuple[str, ...]
    streams: tuple[StreamState, ...]
    requests: int
    waiting: int
    feed_counter: int | None
    branches: tuple[Branch, ...] = ()
    machines: tuple[KnownMachine, ...] = ()
    later: int = 0

    @property
    def records(self) -> int:
        """Records held, of all streams."""
        return sum(stream.records for stream in self.streams)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A line of the list of requests; `case` is opened."""

    annexe: str
    subject: bytes
    case: Case
    decision: DecisionCheck
    updated_ms: int


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Requests of a list, and how many of it the disk has damaged."""

    rows: tuple[RequestRow, ...]
    unreadable: int


@dataclass(frozen=True, slots=True)
class PublishedProcedure:
    """A version of a procedure, as published in `all`."""

    procedure: Procedure
    published_ms: int


@dataclass(frozen=True, slots=True)
class PublishedCredential:
    """A credential, as published in `all`."""

    credential: Credential
    published_ms: int


class Queries:
    """Reads the store for pages. `writer` is the prefecture's own id."""

    def __init__(self, store: CentralStore, writer: str) -> None:
        self._store = store
        self._writer = writer

    async def annexes(self) -> list[AnnexeState]:
        """Every annexe that is enrolled or was ever here, by id."""
        credentials, contacts = schema.credentials, schema.annexes
        async with self._store.database.read() as connection:
            enrolled = await connection.execute(select(credentials.c.annexe).where(credentials.c.kind == "annexe"))
            names = set(enrolled.scalars()) | set((await connection.execute(select(contacts.c.annexe))).scalars())
            return [await self._annexe(connection, name) for name in sorted(names)]

    async def annexe(self, annexe: str) -> AnnexeState | None:
        """One annexe."""
        return next((state for state in await self.annexes() if state.annexe == annexe), None)

    async def requests(
        self,
        *,
        annexe: str | None = None,
        state: State | None = None,
        limit: int = MAX_ROWS,
        after: tuple[int, bytes] | None = None,
    ) -> list[RequestRow]:
        """The newest requests first, those that can be read: see `page` for the others."""
        return list((await self.page(annexe=annexe, state=state, limit=limit, after=after)).rows)

    async def page(
        self,
        *,
        annexe: str | None = None,
        state: State | None = None,
        limit: int = MAX_ROWS,
        after: tuple[int, bytes] | None = None,
    ) -> RequestPage:
        """The newest requests first; `after` goes on behind the last one shown (its `submitted_ms` and subject).

        A request whose row or key the disk has damaged is counted and logged, and holds back no other.
        """
        table = schema.case_views
        query = select(table).order_by(table.c.submitted_ms.desc(), table.c.subject).limit(min(limit, MAX_ROWS))
        if annexe is not None:
            query = query.where(table.c.annexe == annexe)
        if state is not None:
            query = query.where(table.c.state == state.value)
        if after is not None:
            earlier = table.c.submitted_ms < after[0]
            query = query.where(earlier | ((table.c.submitted_ms == after[0]) & (table.c.subject > after[1])))
        return await self._page(query)

    async def silent(self, today: date) -> list[RequestRow]:
        """The requests of which an annexe noted that nobody answered in time, and still nobody has; longest due first.

        `today` bounds what is opened: the requests whose delay is over.
        """
        table = schema.case_views
        running = [state.value for state in RUNNING]
        query = select(table).where(table.c.state.in_(running), table.c.due < today.isoformat())
        found = await self._page(query.order_by(table.c.due, table.c.subject).limit(MAX_ROWS))
        return [row for row in found.rows if row.case.silent]

    async def request(self, annexe: str, subject: bytes) -> RequestRow | None:
        """One dossier; raises PeerError when its row or its key is damaged."""
        table = schema.case_views
        async with self._store.database.read() as connection:
            query = select(table).where(table.c.annexe == annexe, table.c.subject == subject)
            row = (await connection.execute(query)).mappings().first()
            return None if row is None else await self._opened(connection, row)

    async def counts(self) -> dict[State, int]:
        """How many requests stand in each state, over all annexes."""
        table = schema.case_views
        async with self._store.database.read() as connection:
            rows = (await connection.execute(select(table.c.state, func.count()).group_by(table.c.state))).all()
        found = dict.fromkeys(State, 0)
        return found | {State(state): count for state, count in rows}

    async def catalogue(self) -> list[PublishedProcedure]:
        """The newest version of each procedure, by id."""
        newest: dict[str, PublishedProcedure] = {}
        for one in await self.catalogue_versions():
            newest[one.procedure.id] = one
        return [newest[name] for name in sorted(newest)]

    async def catalogue_versions(self) -> list[PublishedProcedure]:
        """Every version that was published, by id and version."""
        table = schema.catalogue
        async with self._store.database.read() as connection:
            rows = await connection.execute(
                select(table.c.document, table.c.published_ms)
                .where(table.c.annexe == self._writer)
                .order_by(table.c.id, table.c.version)
            )
            found = rows.all()
        return [PublishedProcedure(parse_procedure(decode(row[0], max_size=MAX_VALUE)), row[1]) for row in found]

    async def calendars(self) -> list[CalendarPublished]:
        """The holidays of each year as they stand now, by year."""
        table = schema.calendars
        query = select(table.c.document).where(table.c.annexe == self._writer).order_by(table.c.year)
        async with self._store.database.read() as connection:
            rows = (await connection.execute(query)).scalars().all()
        return [read_calendar(document) for document in rows]

    async def credentials(self, kind: str | None = None) -> list[PublishedCredential]:
        """Published credentials, the newest first; of one kind ("annexe", "seal"...) or of all."""
        table = schema.credentials
        query = select(table.c.encoded, table.c.published_ms).order_by(table.c.published_ms.desc(), table.c.annexe)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        async with self._store.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [PublishedCredential(parse_credential(encoded), at_ms) for encoded, at_ms in rows]

    async def certificate(self, serial: str) -> RequestRow | None:
        """The request whose certificate has this serial number, if an annexe has reported it.

        The serial is sealed with its case, so every issued case is opened: a question of a person at a desk, not of a
        crowd.
        """
        table = schema.case_views
        issued = (State.APPROVED.value, State.READY.value, State.COLLECTED.value)
        found = await self._page(select(table).where(table.c.state.in_(issued)))
        return next((row for row in found.rows if row.case.certificate and row.case.certificate.serial == serial), None)

    async def received_ms(self, annexe: str, subject: bytes, time_ms: int) -> int | None:
        """When a record of a case, written at `time_ms` by the annexe's clock, was taken in here."""
        log, table = schema.records, schema.arrivals
        written = log.c.annexe == annexe, log.c.subject == subject, log.c.time_ms == time_ms
        position = select(func.min(log.c.position)).where(*written).scalar_subquery()
        query = select(func.min(table.c.received_ms)).where(table.c.annexe == annexe, table.c.position >= position)
        async with self._store.database.read() as connection:
            found: int | None = (await connection.execute(query)).scalar()
        return found

    async def _page(self, query: Select[tuple[object, ...]]) -> RequestPage:
        rows, unreadable = [], 0
        async with self._store.database.read() as connection:
            for row in (await connection.execute(query)).mappings().all():
                try:
                    rows.append(await self._opened(connection, row))
                except PeerError:
                    logger.error("the dossier %s of %s is damaged on the disk", row["subject"].hex(), row["annexe"])  # noqa: TRY400 - said, not raised
                    unreadable += 1
        return RequestPage(tuple(rows), unreadable)

    async def _opened(self, connection: AsyncConnection, row: RowMapping) -> RequestRow:
        annexe, subject = row["annexe"], row["subject"]
        key = (await self._store.keys_of(connection, annexe, [subject])).get(subject)
        if key is None:
            raise PeerError("A case's key is missing or damaged: restore the database from its backup.")
        case = open_case(key, annexe, subject, row["sealed"])
        return RequestRow(annexe, subject, case, DecisionCheck(row["decision"]), row["updated_ms"])

    async def _annexe(self, connection: AsyncConnection, annexe: str) -> AnnexeState:
        contact = (
            (await connection.execute(select(schema.annexes).where(schema.annexes.c.annexe == annexe)))
            .mappings()
            .first()
        )
        cases, peers = schema.case_views, schema.peer_checkpoints
        states = await connection.execute(
            select(cases.c.state, func.count()).where(cases.c.annexe == annexe).group_by(cases.c.state)
        )
        by_state = {State(state): count for state, count in states}
        feed = (await connection.execute(select(peers.c.counter).where(peers.c.annexe == annexe))).scalar()
        return AnnexeState(
            annexe=annexe,
            last_contact_ms=contact["last_contact_ms"] if contact else None,
            software=contact["software"] if contact else "",
            flags=tuple(contact["flags"].split(",")) if contact and contact["flags"] else (),
            streams=tuple(await self._streams(connection, annexe)),
            requests=sum(by_state.values()),
            waiting=sum(by_state.get(state, 0) for state in (State.FIELD_ENQUIRY, State.UNDER_DECISION)),
            feed_counter=feed,
            branches=tuple(await branches_of(connection, annexe, streams_of("edge", annexe))),
            machines=tuple(await machines_of(connection, annexe)),
            later=await self._later(connection, annexe),
        )

    async def _later(self, connection: AsyncConnection, annexe: str) -> int:
        table = schema.later_records
        counted = await connection.execute(select(func.count()).where(table.c.annexe == annexe))
        return int(counted.scalar_one())

    async def _streams(self, connection: AsyncConnection, annexe: str) -> Sequence[StreamState]:
        table = schema.records
        rows = await connection.execute(
            select(table.c.stream, table.c.standing, func.count())
            .where(table.c.annexe == annexe)
            .group_by(table.c.stream, table.c.standing)
        )
        counts: dict[str, dict[str, int]] = {}
        for stream, standing, count in rows:
            counts.setdefault(stream, {})[standing] = count
        found = []
        for stream, standings in sorted(counts.items()):
            held = (await load_intake(connection, annexe, stream)).held()
            proofs = standings.get("proof", 0)
            total = sum(standings.values()) - proofs
            found.append(StreamState(stream, held.leaves, held.holes, total, proofs))
        return found
