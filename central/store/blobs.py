"""Scans and certificates that annexes hold, on their way here and kept: pieces of sealed blobs, in the database beside
the records.

- A case's fold says which blobs there are (`note_scans`), in the transaction that writes its view: what it names is
  wanted, what it names no more is deleted.
- A piece is checked before it is kept: the list by the address and by the size that the record states, a chunk by the
  list. A blob is whole with its last piece, in that same transaction, and is opened for nobody before.
- In the database, so that several server processes share them and one backup holds them (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.database import Database
from central.store.store import CentralStore
from protocol.errors import PeerError
from protocol.office.case import Case, KeptFile
from protocol.records.blobs import BlobReader, ChunkList, count_chunks, parse_list
from protocol.sync.blob_flow import MAX_WANTED, ChunkArrived, Want

SPAN = 64
"""Chunks read at a time: half a megabyte for each reader."""

LACKING, DAMAGED = "lacking", "damaged"
"""Why a blob has not come: its annexe does not hold it, or sent what is not it."""


class Taken(Enum):
    """What became of a piece."""

    KEPT = "kept"
    WHOLE = "whole"  # it was the last
    LACKING = "lacking"  # its annexe does not hold the blob
    REFUSED = "refused"  # it is not what was wanted, or not wanted any more


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a blob is here, in percent; `problem` as in the schema."""

    percent: int
    whole: bool
    problem: str


async def note_scans(database: Database, connection: AsyncConnection, annexe: str, case: Case) -> None:
    """Want what a folded case names, and delete what it names no more; in the transaction that writes its view."""
    held = {file.blob: file for file in case.files}
    if not case.scans and not held:
        return
    rows = [_wanted_row(annexe, file) for file in held.values()]
    await database.put(connection, schema.blobs, rows, replace=False)
    gone = [scan.blob for scan in case.scans if scan.blob not in held]
    for table in (schema.blobs, schema.blob_pieces) if gone else ():
        await connection.execute(delete(table).where(table.c.annexe == annexe, table.c.address.in_(gone)))


def _wanted_row(annexe: str, file: KeptFile) -> dict[str, object]:
    return {
        "annexe": annexe,
        "address": file.blob,
        "size": file.size,
        "pieces": 0,
        "whole": False,
        "since_ms": file.time_ms,
        "problem": "",
    }


class Blobs:
    """Takes pieces in, and opens what is whole."""

    def __init__(self, store: CentralStore) -> None:
        self._store = store

    async def wanted(self, annexe: str) -> list[Want]:
        """What an annexe should send, each from the first piece that is not held: the longest awaited first, and last
        those that it had not, or damaged, when they were asked for."""
        table = schema.blobs
        query = (
            select(table.c.address, table.c.pieces)
            .where(table.c.annexe == annexe, table.c.whole.is_(False))
            .order_by(table.c.problem != "", table.c.since_ms, table.c.address)
            .limit(4 * MAX_WANTED)
        )
        async with self._store.database.read() as connection:
            return [Want(address, pieces) for address, pieces in await connection.execute(query)]

    async def awaited(self) -> dict[str, int]:
        """How many scans of each annexe have not come whole, of those that have any on their way."""
        table = schema.blobs
        query = select(table.c.annexe, func.count()).where(table.c.whole.is_(False)).group_by(table.c.annexe)
        async with self._store.database.read() as connection:
            return {str(annexe): int(count) for annexe, count in await connection.execute(query)}

    async def piece(self, annexe: str, want: Want) -> tuple[bytes | None, bool]:
        """A piece of a whole blob, for the annexe that wrote it and has lost it, and whether it is the last."""
        rows, pieces = schema.blobs, schema.blob_pieces
        query = (
            select(pieces.c.sealed, rows.c.pieces)
            .join(rows, (rows.c.annexe == pieces.c.annexe) & (rows.c.address == pieces.c.address))
            .where(rows.c.annexe == annexe, rows.c.address == want.address, rows.c.whole, pieces.c.place == want.place)
        )
        async with self._store.database.read() as connection:
            row = (await connection.execute(query)).first()
        return (None, True) if row is None else (row.sealed, want.place == row.pieces - 1)

    async def take(self, annexe: str, came: ChunkArrived) -> Taken:
        """Check and commit one piece."""
        async with self._store.database.write() as connection:
            table = schema.blobs
            here = (table.c.annexe == annexe) & (table.c.address == came.address)
            row = (await connection.execute(select(table.c.size, table.c.pieces).where(here))).first()
            if row is None or row.pieces != came.place:
                return Taken.REFUSED
            problem = LACKING if came.data is None else await self._fault(connection, annexe, came, row.size)
            if problem or came.data is None:
                await connection.execute(update(table).where(here).values(problem=problem))
                return Taken.LACKING if problem == LACKING else Taken.REFUSED
            piece = {"annexe": annexe, "address": came.address, "place": came.place, "sealed": came.data}
            await self._store.database.put(connection, schema.blob_pieces, [piece], replace=True)
            whole = came.place == count_chunks(row.size)
            await connection.execute(update(table).where(here).values(pieces=came.place + 1, whole=whole, problem=""))
            return Taken.WHOLE if whole else Taken.KEPT

    async def _fault(self, connection: AsyncConnection, annexe: str, came: ChunkArrived, size: int) -> str:
        data = came.data or b""
        try:
            if came.place == 0:
                fits = len(parse_list(came.address, data).hashes) == count_chunks(size)
                return "" if fits else DAMAGED
            chunks = await self._list(connection, annexe, came.address)
            chunks.check(came.place - 1, data)
        except PeerError:
            return DAMAGED
        return ""

    async def progress(self, annexe: str, addresses: Iterable[bytes]) -> dict[bytes, Progress]:
        """How far these blobs have come, as far as they are known here."""
        table = schema.blobs
        query = select(table.c.address, table.c.size, table.c.pieces, table.c.whole, table.c.problem).where(
            table.c.annexe == annexe, table.c.address.in_(list(addresses))
        )
        async with self._store.database.read() as connection:
            return {
                row.address: Progress(100 * row.pieces // (1 + count_chunks(row.size)), row.whole, row.problem)
                for row in await connection.execute(query)
            }

    async def is_whole(self, annexe: str, address: bytes) -> bool:
        """Whether all of a blob has come."""
        table = schema.blobs
        query = select(table.c.whole).where(table.c.annexe == annexe, table.c.address == address)
        async with self._store.database.read() as connection:
            return bool((await connection.execute(query)).scalar())

    async def open(self, annexe: str, subject: bytes, address: bytes) -> AsyncIterator[bytes] | None:
        """The file in a blob of this account or case, in pieces; None unless all of it is here and undamaged."""
        if not await self.is_whole(annexe, address):
            return None
        try:
            async with self._store.database.read() as connection:
                chunks = await self._list(connection, annexe, address)
                keys = await self._store.keys_of(connection, annexe, [subject])
            async for index, sealed in self._chunks(annexe, address, chunks):
                chunks.check(index, sealed)
        except PeerError:
            return None
        key = keys.get(subject)
        return None if key is None else self._opened(annexe, address, chunks, BlobReader(key, chunks))

    async def _opened(self, annexe: str, address: bytes, chunks: ChunkList, reader: BlobReader) -> AsyncIterator[bytes]:
        async for index, sealed in self._chunks(annexe, address, chunks):
            yield reader.open(index, sealed)

    async def _list(self, connection: AsyncConnection, annexe: str, address: bytes) -> ChunkList:
        """The list of a blob as the disk has it; raises PeerError when it is damaged or not there."""
        table = schema.blob_pieces
        query = select(table.c.sealed).where(table.c.annexe == annexe, table.c.address == address, table.c.place == 0)
        return parse_list(address, (await connection.execute(query)).scalar() or b"")

    async def _chunks(self, annexe: str, address: bytes, chunks: ChunkList) -> AsyncIterator[tuple[int, bytes]]:
        """Each chunk's place in the list, and its bytes; none where one is not there."""
        table = schema.blob_pieces
        for first in range(0, len(chunks.hashes), SPAN):
            span = range(first, min(first + SPAN, len(chunks.hashes)))
            query = select(table.c.place, table.c.sealed).where(
                table.c.annexe == annexe, table.c.address == address, table.c.place.between(span[0] + 1, span[-1] + 1)
            )
            async with self._store.database.read() as connection:
                found = {row.place: row.sealed for row in await connection.execute(query)}
            for index in span:
                yield index, found.get(index + 1, b"")
