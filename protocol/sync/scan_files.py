"""Scans on a stick, behind the records of a run, in files of their own: written and read, the same at both ends.

    file of scans    a bundle (`protocol.sync.bundle`) with, between opening and end: want?, chunk...

- The first file of a run also says which blobs its sender lacks: who reads it gives them with his next export.
- Blob after blob, piece after piece. A run that a full stick ended goes on with the first piece of the file that was
  not kept. Pieces that the reader has already, or cannot use yet, change nothing there; what he then lacks he wants.
- The name of these files is not one that earlier releases read, so a stick with scans is no bad stick to them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from protocol.sync.blob_flow import MAX_PIECE, Want
from protocol.sync.bundle import BundleReader
from protocol.sync.carrying import Act, Outcome, Seen, Stick, StickFull, take_files
from protocol.sync.packing import SCANS_SUFFIX, Packer
from protocol.sync.scan_frames import MAX_LISTED, MOST_WANTED, write_piece, write_wants


class Pieces(Protocol):
    """What a run reads blobs from."""

    async def piece_of(self, want: Want) -> tuple[bytes | None, bool]:
        """A piece, None where it is not held or damaged, and whether it is the last."""


async def write_scans(
    packer: Packer,
    before: Outcome,
    pieces: Pieces,
    stick: Stick,
    draw: Callable[[int], bytes],
    seen: Seen,
    *,
    wants: Sequence[Want],
    given: Collection[Want],
) -> Outcome:
    """Write what we want and what we give behind a run of records that was written whole: `before`."""
    waiting, progress = deque(given), before.progress
    asked = tuple(wants)[:MOST_WANTED]
    packer.turn_to_scans()
    while waiting or asked:
        here, left = packer.unfinished, tuple(waiting)[:MAX_LISTED]
        size = 0
        try:
            async with stick.new_file(packer.name) as file:
                async for data in _contents(packer, pieces, waiting, asked, draw):
                    size += len(data)
                    await file.write(data)
                    seen(replace(progress, size=progress.size + size))
        except StickFull as error:
            return replace(before, progress=progress, full=str(error), unfinished=here, rest=left)
        asked = ()
        progress = replace(progress, files=progress.files + 1, size=progress.size + size)
        seen(progress)
    return replace(before, progress=progress)


async def _contents(
    packer: Packer, pieces: Pieces, waiting: deque[Want], asked: Sequence[Want], draw: Callable[[int], bytes]
) -> AsyncIterator[bytes]:
    yield packer.open(draw(32), draw(32))
    if asked:
        yield packer.put(write_wants(asked))
    number = 0
    while waiting and packer.has_room(MAX_PIECE):
        want = waiting.popleft()
        data, is_last = await pieces.piece_of(want)
        if data is None:
            continue
        number += 1
        yield packer.put(write_piece(number, want, data))
        if not is_last:
            waiting.appendleft(Want(want.address, want.place + 1))
    yield packer.close(more=bool(waiting))


async def take_scans(
    stick: Stick, new_reader: Callable[[], BundleReader], taking: Callable[[], Act], before: Outcome, seen: Seen
) -> Outcome:
    """Take the files of scans that are for us, behind the records of the same stick: `before`."""
    came = await take_files(await stick.files(SCANS_SUFFIX), new_reader, taking, before.progress, seen)
    return replace(before, progress=came.progress, refused=(*before.refused, *came.refused))
