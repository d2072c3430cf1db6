"""Scans of the pieces that stay in a dossier: taken in at the counter, looked at by who works on it.

- The type is read from the file's own first bytes: what a browser or a file's name says of it is nobody's word.
- What is kept is never the file that came but a new one that shows the same (`edge.reencoding`).
- The size is bounded while the file comes, and the disk keeps room for the log: a scan is refused long before a
  person's request would be.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from edge.services.cases import change_case, opened_case
from edge.services.office import Office
from edge.store.store import Transaction
from protocol.errors import N_, CallerError, PersonError
from protocol.office import casework
from protocol.office.case import Case, Scan
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, PieceScanned, ScanRemoved
from protocol.office.scan_events import Media
from protocol.records.blobs import MAX_BLOB
from protocol.records.hashing import HASH_SIZE

LARGEST_MB = MAX_BLOB // (1024 * 1024)

ROOM_KEPT = 512 * 1024 * 1024
"""Bytes of the disk that scans leave free: the log of some hundred thousand requests."""

SIGNATURES: tuple[tuple[bytes, Media], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
"""How files begin: ISO 32000-2 (7.5.2), ITU-T T.81 (B.1.1.3), ISO/IEC 15948 (5.2)."""

FIRST = 8
"""Bytes that tell."""

NO_FILE = N_("Choose the file of the scan.")
NO_SCAN = N_("This scan is not in the dossier any more.")
OTHER_TYPE = N_("This file is no scan that can be kept: scan to JPEG, PNG or PDF.")
TOO_LARGE = N_("This file has more than %(limit)s MB: scan with 200 dots per inch, or in grey.")
NO_ROOM = N_("This appliance is short of room, and keeps what is left for requests. Call the administrator.")
DAMAGED = N_("This scan is not whole here: it comes back from the prefecture. If it does not, scan the document again.")


@dataclass(frozen=True, slots=True)
class OpenedScan:
    """A scan to be looked at: its file's bytes, whole and verified."""

    scan: Scan
    content: AsyncIterator[bytes]


async def attach(
    office: Office, command: bytes, case: bytes, piece: str, content: AsyncIterable[bytes], by: Actor
) -> None:
    """Keep a scan of the piece `piece` and attach it to the request; `content` is the file as it comes.

    Raises PersonError when the piece is not one that stays in the dossier, when the file is missing, too large,
    damaged, locked or of another type, when the request is answered, or (507) when the disk is nearly full.
    """
    await _check_early(office, case, piece, by)
    file = _File(content)
    async with office.store.reading() as reader:
        key = await reader.data_key(case)
    if key is None:
        raise CallerError("a case that was opened has its key")
    media = await file.media()
    shown = office.reencoder.made_anew(file.bounded(), media)
    async with aclosing(shown), office.store.scans.sealing(key, shown) as sealed:

        def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> PieceScanned:
            return _event(opened, piece, sealed.address, sealed.size, media, by)

        async with office.store.scans.naming(sealed.address):
            await office.store.scans.keep(sealed)
            await change_case(office, command, case, event)


async def remove(office: Office, command: bytes, case: bytes, piece: str, address: bytes, by: Actor) -> None:
    """Take a scan that was a mistake out of the dossier, and delete it; PersonError when that cannot be done now."""

    def event(_tx: Transaction, opened: Case, _procedure: Procedure) -> ScanRemoved:
        return ScanRemoved(follows=list(opened.heads), piece=piece, blob=address, by=by)

    async with office.store.scans.naming(address):
        await change_case(office, command, case, event)


async def look(office: Office, case: bytes, address: bytes) -> OpenedScan:
    """Return a scan of this request; PersonError 404 when it is none of its, 409 when the disk has damaged it."""
    async with office.store.reading() as reader:
        opened, _ = await opened_case(reader, case)
        key = await reader.data_key(case)
    scan = next((one for one in opened.scans_held if one.blob == address), None)
    if scan is None or key is None:
        raise PersonError(NO_SCAN, status=404)
    content = await office.store.scans.open(key, scan.blob, scan.size)
    if content is None:
        raise PersonError(DAMAGED, status=409)
    return OpenedScan(scan, content)


async def _check_early(office: Office, case: bytes, piece: str, by: Actor) -> None:
    """Refuse before anything is read what the writer would refuse in the end."""
    if await office.store.scans.free() < ROOM_KEPT + MAX_BLOB:
        raise PersonError(NO_ROOM, status=507)
    async with office.store.reading() as reader:
        opened, procedure = await opened_case(reader, case)
    casework.check(opened, _event(opened, piece, bytes(HASH_SIZE), 1, "image/png", by), procedure)


def _event(case: Case, piece: str, address: bytes, size: int, media: Media, by: Actor) -> PieceScanned:
    return PieceScanned(follows=list(case.heads), piece=piece, blob=address, size=size, media=media, by=by)


class _File:
    """A file that comes in pieces of any size."""

    def __init__(self, content: AsyncIterable[bytes]) -> None:
        self._rest = aiter(content)
        self._first = b""

    async def media(self) -> Media:
        """Its type by its first bytes; PersonError when it is none that is kept."""
        while len(self._first) < FIRST and (piece := await anext(self._rest, b"")):
            self._first += piece
        if not self._first:
            raise PersonError(NO_FILE, field="scan")
        for signature, media in SIGNATURES:
            if self._first.startswith(signature):
                return media
        raise PersonError(OTHER_TYPE, field="scan")

    async def bounded(self) -> AsyncIterator[bytes]:
        """All of it; PersonError as soon as it is larger than a blob may be."""
        size = len(self._first)
        yield self._first
        async for piece in self._rest:
            size += len(piece)
            if size > MAX_BLOB:
                raise PersonError(TOO_LARGE, field="scan", status=413, limit=LARGEST_MB)
            yield piece
