"""Blobs: files about somebody (a scanned piece), sealed chunk by chunk and named by their ciphertext.

    chunk    = seal(data key, "blob-chunk", encode([index, is last]), up to 8 KiB of the file)
    list     = the chunks' hashes, digest("blob-chunk", chunk), in order
    address  = digest("blob-list", list)
    blob     = chunk... || list

- Sealing is a function of key and contents: the same scan under the same key is the same blob, so it is stored and sent
  once. Under another key it is another blob, and nobody can tell that the two hold the same.
- Index and last are bound into each chunk: a list made anew over swapped, repeated or missing chunks does not open.
- The list lets each chunk be verified by itself as it arrives, without the key: what came of a blob before a line was
  cut needs no sending again. The address, which stands in a signed record, lets the list be verified.
- Writer and reader hold one chunk at a time, and a list of 32 KiB at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocol.errors import CallerError
from protocol.records.encoding import encode
from protocol.records.hashing import HASH_SIZE, digest
from protocol.records.refusals import BlobDamaged, CannotOpen, NotABlob
from protocol.records.sealing import OVERHEAD, Sealer

CHUNK: Final = 8 * 1024
"""Bytes of the file in one chunk: a second of a link of 64 kbit/s, so that a case waits no longer behind it."""

MAX_CHUNKS: Final = 1024
"""A list then has 32 KiB at most, and one of a usual scan 2 to 8."""

MAX_BLOB: Final = CHUNK * MAX_CHUNKS
"""8 MiB: a colour scan of an A4 page at 300 dpi has 1 to 3, a PDF of several pages in grey as much."""

SEALED_CHUNK: Final = CHUNK + OVERHEAD
"""Bytes of a full chunk, sealed: the largest."""


@dataclass(frozen=True, slots=True)
class ChunkList:
    """The hashes of a blob's chunks, in order; made by `parse_list` or `BlobWriter.finish`."""

    hashes: tuple[bytes, ...]

    def encoded(self) -> bytes:
        """The bytes that the address is a hash of."""
        return b"".join(self.hashes)

    @property
    def address(self) -> bytes:
        """What names the blob."""
        return digest("blob-list", self.encoded())

    def check(self, index: int, sealed: bytes) -> None:
        """Raises BlobDamaged unless these are the bytes of the chunk with this index."""
        if not 0 <= index < len(self.hashes):
            raise BlobDamaged(f"A blob of {len(self.hashes)} chunks has none with the index {index}.")
        if len(sealed) > SEALED_CHUNK or digest("blob-chunk", sealed) != self.hashes[index]:
            raise BlobDamaged("A blob's chunk is not the one that its list names: it must be sent again.")


def parse_list(address: bytes, data: bytes) -> ChunkList:
    """The list of a blob; raises NotABlob for bytes that are no list, BlobDamaged for another blob's."""
    if not data or len(data) % HASH_SIZE or len(data) > MAX_CHUNKS * HASH_SIZE:
        raise NotABlob(f"A blob's list holds 1 to {MAX_CHUNKS} hashes of {HASH_SIZE} bytes.")
    found = ChunkList(tuple(data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)))
    if found.address != address:
        raise BlobDamaged("A blob's list is not the one that its address names: it must be sent again.")
    return found


def count_chunks(size: int) -> int:
    """How many chunks a file of `size` bytes (1 to MAX_BLOB) has."""
    return -(-size // CHUNK)


def blob_size(size: int) -> int:
    """The bytes of the whole blob of a file of `size` bytes, its list included."""
    return size + count_chunks(size) * (OVERHEAD + HASH_SIZE)


def count_in_blob(length: int) -> int:
    """How many chunks a blob of `length` bytes has: the reverse of `blob_size`. 0 for a length that no blob has."""
    count = -(-length // (SEALED_CHUNK + HASH_SIZE))
    size = length - count * (OVERHEAD + HASH_SIZE)
    return count if 0 < size <= MAX_BLOB and count_chunks(size) == count else 0


class BlobWriter:
    """Seals a file as its bytes come. `size`: bytes of the file so far."""

    def __init__(self, key: bytes) -> None:
        self._sealer = Sealer(key, "blob-chunk")
        self._waiting = bytearray()
        self._hashes: list[bytes] = []
        self.size = 0

    def feed(self, plain: bytes) -> list[bytes]:
        """Take bytes of any length; returns the chunks that are complete now. Raises CallerError above MAX_BLOB."""
        self.size += len(plain)
        if self.size > MAX_BLOB:
            raise CallerError(f"A blob holds {MAX_BLOB} bytes at most: measure what comes before it is sealed.")
        self._waiting += plain
        complete = []
        while len(self._waiting) > CHUNK:  # a full one that may be the last waits for more
            complete.append(self._seal(last=False))
        return complete

    def finish(self) -> tuple[bytes, ChunkList]:
        """The last chunk and the list; raises CallerError for a file without a byte."""
        if not self._waiting:
            raise CallerError("An empty file makes no blob.")
        return self._seal(last=True), ChunkList(tuple(self._hashes))

    def _seal(self, *, last: bool) -> bytes:
        plain = bytes(self._waiting[:CHUNK])
        del self._waiting[:CHUNK]
        sealed = self._sealer.seal(_place(len(self._hashes), last=last), plain)
        self._hashes.append(digest("blob-chunk", sealed))
        return sealed


class BlobReader:
    """Opens a blob's chunks, in any order."""

    def __init__(self, key: bytes, chunks: ChunkList) -> None:
        self._sealer = Sealer(key, "blob-chunk")
        self._list = chunks

    def open(self, index: int, sealed: bytes) -> bytes:
        """The file's bytes in the chunk with this index; raises BlobDamaged or CannotOpen."""
        self._list.check(index, sealed)
        last = index == len(self._list.hashes) - 1
        plain = self._sealer.unseal(_place(index, last=last), sealed)
        if not plain or (len(plain) != CHUNK and not last):
            raise CannotOpen("Every chunk but the last is full, and none is empty: no writer of ours sealed this one.")
        return plain


def split_blob(address: bytes, size: int, data: bytes) -> tuple[ChunkList, list[bytes]]:
    """The list and the chunks of the whole blob of a file of `size` bytes, verified.

    Raises NotABlob for a size that no file has or for bytes that are cut or go on, BlobDamaged for any that were
    changed.
    """
    if not 1 <= size <= MAX_BLOB or len(data) != blob_size(size):
        raise NotABlob("These bytes are not as long as the blob is said to be: they were cut, or go on behind it.")
    body, listed = data[: -count_chunks(size) * HASH_SIZE], data[-count_chunks(size) * HASH_SIZE :]
    found = parse_list(address, listed)
    chunks = [body[start : start + SEALED_CHUNK] for start in range(0, len(body), SEALED_CHUNK)]
    for index, sealed in enumerate(chunks):
        found.check(index, sealed)
    return found, chunks


def _place(index: int, *, last: bool) -> bytes:
    return encode([index, last])
