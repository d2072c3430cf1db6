"""What the prefecture publishes: the credentials, procedures, calendars and lists of void certificates of `all`.

- Nothing is published twice: a credential or a version of a procedure that stands in the feed already is left as it is.
- A calendar is published whole: the days of a year as they stand now.
- How a feed is written is the affair of `central.store.feed_log`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.feed_log import ALL, FeedLog, Fresh, News, Publisher
from central.store.revoked_keys import publish_revocation
from central.store.store import CentralStore
from protocol.errors import CallerError, PeerError
from protocol.office.events import (
    CalendarPublished,
    CataloguePublished,
    CredentialPublished,
    RevocationsPublished,
    WhyRevoked,
    from_value,
    to_value,
)
from protocol.records.credentials import Credential
from protocol.records.encoding import Value, decode, encode

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
    """Made by `open`."""

    def __init__(self, store: CentralStore, log: FeedLog, publisher: Publisher, now: Callable[[], int]) -> None:
        self._store = store
        self._log = log
        self._publisher = publisher
        self._now = now

    @classmethod
    async def open(
        cls, store: CentralStore, publisher: Publisher, *, now: Callable[[], int], entropy: Callable[[int], bytes]
    ) -> FeedWriter:
        """Become the writer of `all`."""
        log = FeedLog(store, publisher, now, entropy)
        await log.take_over(ALL)
        return cls(store, log, publisher, now)

    def on_publish(self, listener: Callable[[str], None]) -> None:
        """Tell `listener` the name of the stream after each commit."""
        self._log.on_publish(listener)

    async def publish_credential(self, credential: Credential) -> bool:
        """Put a credential into `all`; False if it stands there already."""
        return await self.publish_credentials([credential]) == 1

    async def publish_credentials(self, credentials: Sequence[Credential]) -> int:
        """Put credentials into `all`, each issuer before whom it vouches for; returns how many were new."""
        given = {one.encoded(): one for one in credentials}
        at_ms = self._now()

        async def fresh(connection: AsyncConnection) -> list[News]:
            known = await self._known_credentials(connection)
            new = {encoded: one for encoded, one in given.items() if encoded not in known}
            return [
                News(to_value(CredentialPublished(credential=encoded)), [credential_row(one, at_ms)])
                for encoded, one in new.items()
            ]

        return await self._log.append(ALL, schema.credentials, fresh)

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

        async def fresh(connection: AsyncConnection) -> list[News]:
            held = [await self._known_procedure(connection, one.id, one.version) for one in versions]
            stands = list(zip(versions, held, strict=True))
            changed.extend(one for one, text in stands if text is not None and text != one.encoded)
            new = [] if changed else [one for one, text in stands if text is None]
            return [News(one.event(), [one.row(self._publisher.id, at_ms)]) for one in new]

        count = await self._log.append(ALL, schema.catalogue, fresh)
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

        async def fresh(connection: AsyncConnection) -> list[News]:
            held = await self._known_calendar(connection, year)
            event = to_value(change(None if held is None else read_calendar(held)))
            if encode(event) == held:
                return []
            row = {"annexe": self._publisher.id, "year": year, "document": encode(event), "published_ms": at_ms}
            return [News(event, [row])]

        return await self._log.append(ALL, schema.calendars, fresh) == 1

    async def publish_revocations(
        self, fresh: Callable[[AsyncConnection], Awaitable[Sequence[RevocationsPublished]]]
    ) -> bool:
        """Put into `all` the parts of the list of void certificates that `fresh` finds due; False if none is."""

        async def parts(connection: AsyncConnection) -> list[News]:
            return [News(to_value(one), [self._list_row(one)]) for one in await fresh(connection)]

        return await self._log.append(ALL, schema.revocation_lists, parts) > 0

    async def publish_revocation(self, credential: Credential, why: WhyRevoked) -> bool:
        """Revoke a credential's key in `all`; False if that stands there already. Raises OperatorError for a root."""
        return await publish_revocation(self._log, credential, why, self._now())

    async def publish_looks(self, annexe: str, fresh: Fresh) -> int:
        """Tell an annexe, in its own feed, what `fresh` finds untold of who looked here; returns how many records."""
        return await self._log.append(f"to/{annexe}", schema.look_days, fresh)

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
