"""Scans of pieces, and the PDFs of certificates: blobs (`protocol.records.blobs`) in files, each named by its address.
Whatever is said of a scan here holds for a certificate too.

- What is written is sealed as it comes: nothing of it is on the disk in clear, and one chunk at a time is in memory.
- The file is whole and durable before anything names it: an event is written inside `naming`, after `keep`.
- Nothing half is given out. Before the first byte of a scan is given, all of it is there and is what its address names;
  before a chunk is sent on, it is what the list says.
- A removed scan, and one whose key was destroyed, is deleted when that was committed, and looked for again at each
  start. A file that nothing names is an orphan: an upload that was never confirmed, or one whose record is still to
  come back from the prefecture after the database alone was restored. It is kept for `ORPHAN_MS`.
- A release knows what it has folded. What a later one has named (by a kind of event, or a field, that came with it) is
  named by nobody once the earlier one was put back. So a file that is named is spared: its time lies `SPARED_MS` ahead,
  and whoever finds it, also a release of before this rule, takes it for a new one until then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge.store.columns import blob, number
from edge.store.connection import Connection
from edge.store.scan_files import Draft, ScanFiles
from protocol.errors import OperatorError, PeerError
from protocol.records.blobs import (
    SEALED_CHUNK,
    BlobReader,
    BlobWriter,
    ChunkList,
    blob_size,
    count_in_blob,
    parse_list,
)
from protocol.records.hashing import HASH_SIZE

ORPHAN_MS = 30 * 24 * 3600 * 1000
"""Longer than a link or a stick stays away while a restored appliance waits for its own records."""

SPARED_MS = 2 * 365 * 24 * 3600 * 1000
"""Longer than an annexe stays with a release that was put back; begun anew once half of it is over."""

SPAN = 64
"""Chunks read at a time, 1 MiB: few trips to the disk, and little memory for each reader."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SealedScan:
    """A file that was sealed and has no name yet: its address, and its bytes before they were sealed."""

    address: bytes
    size: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a blob as it is sent: the list (place 0) or a chunk (its index + 1); whether it is the last."""

    data: bytes
    is_last: bool


class Scans:
    """The scans of one annexe."""

    def __init__(
        self,
        files: ScanFiles,
        is_named: Callable[[bytes], Awaitable[bool]],
        is_in_doubt: Callable[[], bool],
        now: Callable[[], int],
    ) -> None:
        """`is_named`: whether a case names the blob of this address, as committed; `is_in_doubt`: whether the disk has
        failed the store, so that nobody knows what was committed; `now` in milliseconds since the epoch."""
        self._files = files
        self._is_named = is_named
        self._is_in_doubt = is_in_doubt
        self._now = now
        self._turn = asyncio.Lock()
        self.damaged: set[bytes] = set()
        """Scans that were found not to be what their address names, until they are kept again."""

    async def free(self) -> int:
        """Bytes that the disk has room for."""
        return await self._files.free()

    @asynccontextmanager
    async def sealing(self, key: bytes, plain: AsyncIterable[bytes]) -> AsyncIterator[SealedScan]:
        """Seal a file of 1 to MAX_BLOB bytes under a data key; gone at the end of the block unless it was kept.

        Raises what `plain` raises, CallerError for a file that is empty or too large, OperatorError when the disk
        refuses it.
        """
        draft = await self._files.begin()
        try:
            writer = BlobWriter(key)
            async for piece in plain:
                for sealed in writer.feed(piece):
                    await draft.append(sealed)
            last, chunks = writer.finish()
            await draft.append(last + chunks.encoded())
            yield SealedScan(chunks.address, writer.size, draft)
        finally:
            await draft.drop()

    @asynccontextmanager
    async def naming(self, address: bytes) -> AsyncIterator[None]:
        """Where what names a blob is changed: an event that attaches or removes it is written in such a block.

        At its end a blob that no case names is deleted, also when the block failed, whatever it failed of. It is left
        to the next start when nobody knows what was written: the disk has failed the store, or whoever was cancelled
        has a command under way, which commits without him.
        """
        async with self._turn:
            try:
                yield
            except Exception:
                await self._take_back(address)
                raise
            if not await self._delete_unnamed(address):
                await _spare(self._files, address.hex(), self._now())

    async def keep(self, sealed: SealedScan) -> None:
        """Make a sealed file durable under its address, before its event; one that the disk has damaged is replaced."""
        await self._replace(sealed.address, sealed.draft)

    async def keep_returned(self, address: bytes, draft: Draft) -> None:
        """Keep a whole scan that came back from the prefecture, unless no case names it any more."""
        async with self.naming(address):
            await self._replace(address, draft)

    async def let_go(self, addresses: Iterable[bytes]) -> None:
        """Delete those of these that no case names any more: what removed them came from elsewhere."""
        for address in addresses:
            async with self.naming(address):
                pass

    async def _replace(self, address: bytes, draft: Draft) -> None:
        name = address.hex()
        if await self._files.size(name) is not None and not await self.is_whole(address):
            await self._files.delete(name)
        await draft.keep(name)
        self.damaged.discard(address)

    async def _take_back(self, address: bytes) -> None:
        """After a failure: what the failure was stays what is told, also when the disk refuses to delete."""
        if self._is_in_doubt():
            return
        try:
            await self._delete_unnamed(address)
        except OperatorError as error:
            logger.warning("a file that no case names cannot be deleted, and stays as an orphan: %s", error)

    async def _delete_unnamed(self, address: bytes) -> bool:
        if await self._is_named(address):
            return False
        await self._files.delete(address.hex())
        return True

    async def open(self, key: bytes, address: bytes, size: int) -> AsyncIterator[bytes] | None:
        """The bytes of a file of `size` bytes, in pieces; None unless all of its blob is here and undamaged."""
        if await self._files.size(address.hex()) != blob_size(size):
            return None
        chunks = await self._list(address)
        if chunks is None or not await self._is_whole(address, chunks):
            return None
        return self._opened(BlobReader(key, chunks), address, chunks)

    async def is_whole(self, address: bytes) -> bool:
        """Whether all of a blob is here and undamaged."""
        chunks = await self._list(address)
        return chunks is not None and await self._is_whole(address, chunks)

    async def part(self, address: bytes, place: int) -> Part | None:
        """A piece of a blob to be sent; None if it is not here, or damaged."""
        chunks = await self._list(address)
        if chunks is None or not 0 <= place <= len(chunks.hashes):
            return None
        if place == 0:
            return Part(chunks.encoded(), is_last=False)
        sealed = await self._chunk(address, chunks, place - 1)
        try:
            chunks.check(place - 1, sealed)
        except PeerError:
            self._tell_damage(address)
            return None
        return Part(sealed, is_last=place == len(chunks.hashes))

    async def _list(self, address: bytes) -> ChunkList | None:
        length = await self._files.size(address.hex())
        count = count_in_blob(length) if length else 0
        if not length or not count:
            return None
        data = await self._files.read(address.hex(), length - count * HASH_SIZE, count * HASH_SIZE)
        try:
            return None if data is None else parse_list(address, data)
        except PeerError:
            self._tell_damage(address)
            return None

    async def _is_whole(self, address: bytes, chunks: ChunkList) -> bool:
        try:
            async for index, sealed in self._chunks(address, chunks):
                chunks.check(index, sealed)
        except PeerError:
            self._tell_damage(address)
            return False
        return True

    async def _opened(self, reader: BlobReader, address: bytes, chunks: ChunkList) -> AsyncIterator[bytes]:
        async for index, sealed in self._chunks(address, chunks):
            yield reader.open(index, sealed)

    async def _chunks(self, address: bytes, chunks: ChunkList) -> AsyncIterator[tuple[int, bytes]]:
        body = (await self._files.size(address.hex()) or 0) - len(chunks.hashes) * HASH_SIZE
        for first in range(0, len(chunks.hashes), SPAN):
            start = first * SEALED_CHUNK
            span = await self._files.read(address.hex(), start, min(SPAN * SEALED_CHUNK, body - start)) or b""
            for index in range(first, min(first + SPAN, len(chunks.hashes))):
                at = (index - first) * SEALED_CHUNK
                yield index, span[at : at + SEALED_CHUNK]

    async def _chunk(self, address: bytes, chunks: ChunkList, index: int) -> bytes:
        body = (await self._files.size(address.hex()) or 0) - len(chunks.hashes) * HASH_SIZE
        start = index * SEALED_CHUNK
        return await self._files.read(address.hex(), start, min(SEALED_CHUNK, body - start)) or b""

    def _tell_damage(self, address: bytes) -> None:
        self.damaged.add(address)
        logger.error("the scan %s is damaged on the disk: it is asked back of the prefecture", address.hex())


async def sweep(files: ScanFiles, connection: Connection, now_ms: int) -> None:
    """At a start: delete drafts, what was removed or has lost its key, and old orphans; spare what is named."""
    await files.drop_drafts()
    rows = await connection.rows("SELECT address, NOT removed AND subject IN (SELECT subject FROM keys) FROM scans")
    named = {blob(address).hex(): bool(number(held)) for address, held in rows}
    for file in await files.listing():
        if not named.get(file.name, now_ms - file.since_ms < ORPHAN_MS):
            await files.delete(file.name)
        elif file.name in named and file.since_ms - now_ms < SPARED_MS // 2:
            await _spare(files, file.name, now_ms)


async def _spare(files: ScanFiles, name: str, now_ms: int) -> None:
    """What names the file is committed, whatever the disk says of its time."""
    try:
        await files.spare(name, now_ms + SPARED_MS)
    except OperatorError as error:
        logger.warning("an earlier release that is put back may delete %s after a month: %s", name, error)
