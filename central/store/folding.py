"""Folding, after the answer: from records taken in to what the pages show.

- Ingest leaves the hash of each record in `unfolded`, in its own transaction; folding takes it away in the transaction
  that writes the view. A crash between the two folds again, and the fold is total and deterministic, so nothing shows.
- A case is folded whole, from all its records, in whatever order they came: holes filled late and branches find their
  place. Records whose case is not opened yet (its first record is in a hole) wait in the log for the one that opens it.
- What this release cannot read, for a later one wrote it, freezes its case and is noted (`later_records`); each start
  looks at it again, as if it had just come; so does a release that was put back with all of it
  (`central.store.reading`). A record or a key that the disk has damaged freezes its own case, or leaves
  it as it was, and holds back no other.
- An agent's key that arrives after his decisions lets them be checked again. Should two branches have given one key to
  two agents, it is whose enrolment is the latest, however they came.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter

from sqlalchemy import LargeBinary, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.agents import logins_of
from central.store.blobs import note_scans
from central.store.decision_check import DecisionCheck, check_decision
from central.store.sealed_case import seal_case, seal_login
from central.store.store import CentralStore
from central.store.waiting import Waiting
from protocol.errors import PeerError
from protocol.office.case import Case, Void
from protocol.office.casework import Fact, apply, fold
from protocol.office.encoded_events import read_event
from protocol.office.events import AgentKeyEnrolled, DecisionTaken, Event, RequestSubmitted, UnknownEvent
from protocol.records.envelope import open_plain, parse_record
from protocol.records.refusals import NeedsUpgrade

# Records folded in one transaction: ingest waits for it no longer than for a commit of its own (`central.taking`).
PAGE = 800

SERIAL = re.compile(rf"[0-9a-z]{{1,{schema.SERIAL}}}")

ViewRow = dict[str, object]

LOG, VOID = schema.records.c, schema.void_certificates.c

COLUMNS = (LOG.position, LOG.hash, LOG.stream, LOG.subject, LOG.time_ms, LOG.encoded)
"""What a `_Row` is read from."""

# Made once: see `central.store.waiting`.
SUBJECTS = bindparam("subjects", type_=LargeBinary, expanding=True)
RECORDS = select(*COLUMNS).where(LOG.annexe == bindparam("of"), LOG.subject.in_(SUBJECTS), LOG.standing != "proof")
NO_LONGER_VOID = delete(schema.void_certificates).where(VOID.annexe == bindparam("of"), VOID.subject.in_(SUBJECTS))

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of `records` as the disk gives it: its bytes may be damaged, its columns say whose it is."""

    position: int
    hash: bytes
    stream: str
    subject: bytes | None
    time_ms: int
    encoded: bytes


@dataclass(frozen=True, slots=True)
class _Opened:
    hash: bytes
    stream: str
    subject: bytes
    time_ms: int
    event: Event | None  # None: a later release wrote it, or the disk has damaged it
    is_later: bool = False


class Folder:
    """Folds what ingest left; one at a time."""

    def __init__(self, store: CentralStore) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._waiting = Waiting()

    async def fold(self, annexe: str | None = None, *, rest: Callable[[], Awaitable[None]] | None = None) -> int:
        """Fold everything that waits, of one annexe or of all; returns how many records. `rest` is awaited before each
        page: what is more urgent goes first."""
        folded = 0
        async with self._turn:
            for name in [annexe] if annexe else await self._annexes():
                count = PAGE
                while count == PAGE:
                    await (rest() if rest else _at_once())
                    count = await self._fold_page(name)
                    folded += count
        return folded

    async def look_again(self) -> int:
        """Let what only a later release could read wait to be folded again, after a start; returns how many records."""
        later, waiting = schema.later_records, schema.unfolded
        async with self._turn, self._store.database.write() as connection:
            held = (await connection.execute(select(later.c.annexe, later.c.hash))).all()
            rows = [{"annexe": annexe, "hash": hash_} for annexe, hash_ in held]
            await self._store.database.put(connection, waiting, rows, replace=True)
            await connection.execute(delete(later))
        return len(held)

    async def _annexes(self) -> list[str]:
        async with self._store.database.read() as connection:
            return list((await connection.execute(select(schema.unfolded.c.annexe).distinct())).scalars())

    async def _fold_page(self, annexe: str) -> int:
        async with self._store.database.write() as connection:
            found = await self._waiting.page(connection, annexe, COLUMNS, PAGE)
            waiting = [_Row(*row) for row in found]
            opened = await self._open(connection, annexe, waiting)
            enrolled = [one for one in opened if isinstance(one.event, AgentKeyEnrolled)]
            await self._enrol(connection, annexe, enrolled)
            subjects = dict.fromkeys(one.subject for one in opened if _may_be_case(one))
            if enrolled:
                subjects |= dict.fromkeys(await self._unchecked(connection, annexe))
            await self._fold_cases(connection, annexe, list(subjects), {one.hash: one for one in opened})
            later = [{"annexe": annexe, "hash": one.hash} for one in opened if one.is_later]
            await self._store.database.put(connection, schema.later_records, later, replace=True)
            await self._waiting.done(connection, annexe, [one.hash for one in waiting])
        if waiting:
            self._waiting.committed(annexe, waiting[-1].position)
        return len(waiting)

    async def _open(self, connection: AsyncConnection, annexe: str, rows: Sequence[_Row]) -> list[_Opened]:
        """The sealed ones whose key is held, opened; what the chain alone reads (segments, clocks) is left out."""
        keys = await self._store.keys_of(connection, annexe, {row.subject for row in rows if row.subject is not None})
        fresh = self._store.fresh
        return [
            _read(row, row.subject, keys[row.subject], fresh.take(row.hash, row.encoded))
            for row in rows
            if row.subject in keys
        ]

    async def _fold_cases(
        self, connection: AsyncConnection, annexe: str, subjects: Sequence[bytes], known: Mapping[bytes, _Opened]
    ) -> list[ViewRow]:
        """Fold these cases whole and write their views; returns what was written. `known`: opened already, by hash."""
        rows = await self._rows_of(connection, annexe, subjects)
        others = await self._open(connection, annexe, [one for one in rows if one.hash not in known])
        opened = [*(known[one.hash] for one in rows if one.hash in known), *others]
        keys = await self._store.keys_of(connection, annexe, subjects)
        logins = (
            await logins_of(self._store, connection, annexe)
            if any(isinstance(one.event, DecisionTaken) for one in opened)
            else {}
        )
        by_subject: dict[bytes, list[_Opened]] = {}
        for one in opened:
            by_subject.setdefault(one.subject, []).append(one)
        cases = {
            subject: _case([Fact(one.hash, one.time_ms, one.event) for one in facts])
            for subject, facts in by_subject.items()
            if any(isinstance(one.event, RequestSubmitted) for one in facts)
        }
        views = [_view(annexe, one, case, by_subject[one], keys[one], logins) for one, case in cases.items()]
        await self._store.database.put(connection, schema.case_views, views, replace=True)
        void = [_void_row(annexe, one, void) for one, case in cases.items() for void in _void_of(annexe, case)]
        await self._note_void(connection, annexe, subjects, void)
        for case in cases.values():
            await note_scans(self._store.database, connection, annexe, case)
        return views

    async def _note_void(
        self, connection: AsyncConnection, annexe: str, subjects: Sequence[bytes], rows: Sequence[ViewRow]
    ) -> None:
        """Write anew which certificates of these cases count no more."""
        await connection.execute(NO_LONGER_VOID, {"of": annexe, "subjects": subjects})
        await self._store.database.put(connection, schema.void_certificates, rows, replace=True)

    async def _rows_of(self, connection: AsyncConnection, annexe: str, subjects: Sequence[bytes]) -> list[_Row]:
        rows = await connection.execute(RECORDS, {"of": annexe, "subjects": subjects})
        # Sorted here: asked for an order, SQLite reads the whole log in that order to find a few subjects.
        return sorted((_Row(*row) for row in rows), key=attrgetter("position"))

    async def _enrol(self, connection: AsyncConnection, annexe: str, enrolled: Iterable[_Opened]) -> None:
        rows: list[ViewRow] = []
        for one in enrolled:
            event, subject = one.event, one.subject
            if isinstance(event, AgentKeyEnrolled) and one.stream == f"{annexe}/office":
                keys = await self._store.keys_of(connection, annexe, [subject])
                rows.append(
                    {
                        "annexe": annexe,
                        "public": event.public,
                        "subject": subject,
                        "sealed_login": seal_login(keys[subject], annexe, event.public, event.login),
                        "enrolled_ms": one.time_ms,
                    }
                )
        if rows:
            latest = _latest([*await self._enrolled(connection, annexe), *rows])
            await self._store.database.put(connection, schema.agent_keys, latest, replace=True)

    async def _enrolled(self, connection: AsyncConnection, annexe: str) -> list[ViewRow]:
        """The keys that are enrolled; an annexe has a handful of agents."""
        query = select(schema.agent_keys).where(schema.agent_keys.c.annexe == annexe)
        return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def _unchecked(self, connection: AsyncConnection, annexe: str) -> list[bytes]:
        table = schema.case_views
        rows = await connection.execute(
            select(table.c.subject).where(table.c.annexe == annexe, table.c.decision == DecisionCheck.UNKNOWN_KEY.value)
        )
        return list(rows.scalars())


async def _at_once() -> None:
    """Nothing is more urgent."""


def _case(facts: Sequence[Fact]) -> Case:
    """The case of these facts. Of one that is new, as most are, there is no order to find."""
    is_new = len(facts) == 1 and not facts[0].follows
    return apply(None, facts[0]) if is_new else fold(facts)


def _view(
    annexe: str, subject: bytes, case: Case, opened: Sequence[_Opened], key: bytes, logins: Mapping[bytes, str]
) -> ViewRow:
    """A case's row."""
    taken = [one.event for one in opened if isinstance(one.event, DecisionTaken)]
    check = check_decision(annexe, subject, case, logins, taken)
    if check in (DecisionCheck.BAD_SIGNATURE, DecisionCheck.MISMATCH):
        logger.warning("a decision of %s does not hold: %s", annexe, check.value)
    return {
        "annexe": annexe,
        "subject": subject,
        "state": case.state.value,
        "procedure": case.procedure,
        "due": case.due.isoformat() if case.due else None,
        "submitted_ms": case.submitted_ms,
        "updated_ms": max(one.time_ms for one in opened),
        "frozen": case.frozen,
        "decision": check.value,
        "sealed": seal_case(key, annexe, subject, case),
    }


def _void_of(annexe: str, case: Case) -> list[Void]:
    return [void for void in case.void if _is_serial(annexe, void.serial)]


def _void_row(annexe: str, subject: bytes, void: Void) -> ViewRow:
    return {
        "annexe": annexe,
        "serial": void.serial,
        "subject": subject,
        "cause": "replaced" if void.replaced else "annulled",
        "since_ms": void.time_ms,
        "expires_ms": void.expires_ms,
    }


def _is_serial(annexe: str, serial: str) -> bool:
    """Whether it can stand in a public list: one that an annexe should not have written would stop the whole list."""
    if SERIAL.fullmatch(serial):
        return True
    logger.warning("%s made a certificate void whose serial is none", annexe)
    return False


def _latest(enrolled: Iterable[ViewRow]) -> list[ViewRow]:
    """Of each key the enrolment of the latest time; what is sealed decides where two are of one."""
    ranked = sorted(enrolled, key=itemgetter("enrolled_ms", "sealed_login"))
    return list({row["public"]: row for row in ranked}.values())


def _may_be_case(opened: _Opened) -> bool:
    """Whether the record speaks of a case: it names what it follows, or this release cannot tell."""
    return opened.stream.endswith("/cases") and (opened.event is None or hasattr(opened.event, "follows"))


def _read(row: _Row, subject: bytes, key: bytes, plain: bytes | None) -> _Opened:
    """`plain`: the bytes of the event, where they are known."""
    event, is_later = None, False
    try:
        event = read_event(plain if plain is not None else open_plain(parse_record(row.encoded), key))
    except (NeedsUpgrade, UnknownEvent):
        is_later = True
    except PeerError as error:
        logger.warning("record %s cannot be opened: %s: %s", row.hash.hex(), error.kind, error)
    return _Opened(row.hash, row.stream, subject, row.time_ms, event, is_later)
