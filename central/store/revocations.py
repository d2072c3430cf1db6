"""Which certificates are void, as the annexes' logs tell, and the list of them that is published in `all`.

Rules:

- A list is published when it would say something new, and before its next update: whoever reads it knows that it is
  still looked after. Two processes never publish twice: what is due is judged again in the transaction that writes.
- A certificate whose validity is over leaves the list: its own date says that it counts no more. That bounds the list.
- It names serials, which are random: no reference, no annexe, no person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.revocation_list import RevocationList, Voided, newest_whole, write_list
from central.store import schema
from central.store.feed_log import ALL
from central.store.feeds import FeedWriter
from central.store.store import CentralStore
from protocol.errors import PeerError
from protocol.office.events import RevocationsPublished, VoidSince, from_value
from protocol.records.credentials import Credential
from protocol.records.encoding import decode
from protocol.records.envelope import parse_record, unsealed_event

HOUR = 3_600_000
HOLDS_MS = 48 * HOUR
"""How long a list says it holds: a bank that fetches it each morning is never a day behind and may miss one."""

RENEWED_MS = 24 * HOUR
"""How long before that the next one comes: a server that stands still for a day leaves nobody without a list."""

PART = 1_000
"""Certificates in one record: at most 44 bytes each, well within the largest event."""

LOOK_BACK = 64
"""Records read at a time in search of a list's own: the newest of `all`, where a list renewed each day is near."""


@dataclass(frozen=True, slots=True)
class _Due:
    """What is published, and what should be: `known` are all void serials, also those whose validity is over;
    `highest` is the highest number of what is published, were it a part of a list that is not whole."""

    held: RevocationList | None
    highest: int
    wanted: dict[str, Voided]
    known: frozenset[str]

    def is_due(self, now_ms: int) -> bool:
        held = self.held
        if held is None or now_ms > held.next_update_ms - RENEWED_MS:
            return True
        return not self.wanted.items() <= dict(held.void).items() or not held.void.keys() <= self.known


class Revocations:
    """Publishes the list and gives it out. `chain`: the credentials from the root down to the writer of `all`."""

    def __init__(self, store: CentralStore, feeds: FeedWriter, writer: str, chain: Sequence[Credential]) -> None:
        self._store = store
        self._feeds = feeds
        self._writer = writer
        self._chain = tuple(chain)

    async def current(self) -> RevocationList | None:
        """The newest list that was published; None before the first."""
        async with self._store.database.read() as connection:
            return await self._held(connection)

    async def publish_due(self, now_ms: int) -> bool:
        """Publish a new list if one is due; returns whether it was."""
        async with self._store.database.read() as connection:
            if not (await self._due(connection, now_ms)).is_due(now_ms):
                return False

        async def fresh(connection: AsyncConnection) -> Sequence[RevocationsPublished]:
            due = await self._due(connection, now_ms)
            return _parts(due, now_ms) if due.is_due(now_ms) else []

        return await self._feeds.publish_revocations(fresh)

    async def document(self) -> bytes | None:
        """The newest list as anyone gets it (`central.revocation_list`); None before the first."""
        async with self._store.database.read() as connection:
            held = await self._held(connection)
            return None if held is None else write_list(self._chain, await self._records(connection, held))

    async def _due(self, connection: AsyncConnection, now_ms: int) -> _Due:
        table = schema.void_certificates
        counts = or_(table.c.expires_ms.is_(None), table.c.expires_ms > now_ms)
        rows = await connection.execute(select(table.c.serial, table.c.cause, table.c.since_ms).where(counts))
        wanted = {serial: Voided(cause, since_ms) for serial, cause, since_ms in rows}
        known = frozenset((await connection.execute(select(table.c.serial))).scalars())
        parts = await self._published(connection)
        return _Due(newest_whole(parts), max((part.number for part in parts), default=0), wanted, known)

    async def _held(self, connection: AsyncConnection) -> RevocationList | None:
        return newest_whole(await self._published(connection))

    async def _published(self, connection: AsyncConnection) -> list[RevocationsPublished]:
        """The newest parts: of one list, or of several where this server was put back to an earlier state."""
        table = schema.revocation_lists
        found = await connection.execute(select(table.c.document).where(table.c.annexe == self._writer))
        return [_read(document) for document in found.scalars()]

    async def _records(self, connection: AsyncConnection, wanted: RevocationList) -> list[bytes]:
        """The signed records of a list, by part: looked for from the end of `all`."""
        table, found = schema.records, dict[int, bytes]()
        newest = select(table.c.position, table.c.encoded).where(
            table.c.annexe == self._writer, table.c.stream == ALL
        ).order_by(table.c.position.desc()).limit(LOOK_BACK)  # fmt: skip
        rows = (await connection.execute(newest)).all()
        while rows:
            for _, encoded in rows:
                event = _list_in(encoded)
                if event is not None and _is_part_of(event, wanted):
                    found[event.part] = encoded
                    if len(found) == event.parts:
                        return [found[part] for part in sorted(found)]
            rows = (await connection.execute(newest.where(table.c.position < rows[-1][0]))).all()
        raise PeerError("The list of void certificates is not in the log: restore the database from a backup.")


def _is_part_of(event: RevocationsPublished, wanted: RevocationList) -> bool:
    """Its number alone does not tell: a server that was put back may have published another list under it."""
    head = (event.number, event.issued_ms, event.next_update_ms)
    return head == (wanted.number, wanted.issued_ms, wanted.next_update_ms)


def _number(highest: int, now_ms: int) -> int:
    """A higher number than any before, also those that a server restored from a backup has forgotten: the second."""
    return max(highest + 1, now_ms // 1000)


def _parts(due: _Due, now_ms: int) -> list[RevocationsPublished]:
    named = sorted(due.wanted.items())
    cut = [named[start : start + PART] for start in range(0, len(named), PART)] or [[]]
    return [
        RevocationsPublished(
            number=_number(due.highest, now_ms),
            issued_ms=now_ms,
            next_update_ms=now_ms + HOLDS_MS,
            annulled=[VoidSince(serial, void.since_ms) for serial, void in some if void.cause == "annulled"],
            replaced=[VoidSince(serial, void.since_ms) for serial, void in some if void.cause != "annulled"],
            part=part,
            parts=len(cut),
        )
        for part, some in enumerate(cut)
    ]


def _read(document: bytes) -> RevocationsPublished:
    value = decode(document)
    event = from_value(value) if isinstance(value, dict) else None
    if not isinstance(event, RevocationsPublished):
        raise PeerError("The published list of void certificates is damaged: restore the database from its backup.")
    return event


def _list_in(encoded: bytes) -> RevocationsPublished | None:
    value = unsealed_event(parse_record(encoded))
    if value is None or value["kind"] != "revocations.published":
        return None
    event = from_value(value)
    return event if isinstance(event, RevocationsPublished) else None
