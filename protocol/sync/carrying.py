"""A run written to files, and a folder of files read: the same at both ends. Files and logs are ports.

- Files of a folder are read in the order in which they fit. One that is refused is named with its reason, and the
  others are taken. Those sealed to somebody else, one's own exports among them, are passed over.
- Each batch is durable before the next is read; memory holds one block and one frame, however long the file is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from protocol.errors import CallerError, OperatorError, PeerError
from protocol.records.credentials import Credential
from protocol.sync.batches import SealedKey, Stored
from protocol.sync.blob_flow import Want
from protocol.sync.bundle import BundleEvent, BundleOpened, BundleReader
from protocol.sync.opening import Opening, ordered
from protocol.sync.outbound import Pull
from protocol.sync.packing import SUFFIX, Packer, Unfinished
from protocol.sync.refusals import NotForUs


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export or import is: whole files, records, and bytes written or read; `of`: files in all, if known."""

    files: int = 0
    records: int = 0
    size: int = 0
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that could not be taken, and why."""

    file: str
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `full`: the stick had no room for all, and the run goes on from `unfinished`, with the scans of
    `rest`.

    `refused`: files that could not be taken; `others`: files for somebody else; `senders`: who sent what was for us.
    """

    progress: Progress
    full: str = ""
    unfinished: Unfinished | None = None
    refused: tuple[Refused, ...] = ()
    others: int = 0
    senders: tuple[str, ...] = ()
    rest: tuple[Want, ...] = ()


Seen = Callable[[Progress], None]


class StickFull(OperatorError):
    """There is no room for the next file; those before it are whole."""


class NewFile(Protocol):
    """A file being written."""

    async def write(self, data: bytes) -> None:
        """Write more; raises StickFull, or OperatorError when the stick is gone."""


class Carried(Protocol):
    """A file of a stick that can be read, as often as needed."""

    @property
    def name(self) -> str:
        """Its name in the folder."""

    def blocks(self) -> AsyncIterator[bytes]:
        """Its bytes from the beginning, block by block; raises OperatorError when the stick is gone."""


class Stick(Protocol):
    """A folder of bundles; each method raises OperatorError when the stick is gone."""

    def new_file(self, name: str) -> AbstractAsyncContextManager[NewFile]:
        """A file that is there, whole and durable, once the block ended, and not at all if the block raises.

        Raises StickFull when there is no room for it.
        """

    async def files(self, suffix: str = SUFFIX) -> Sequence[Carried]:
        """The bundles that are there, of records or, by the end of their names, of scans."""


class Log(Protocol):
    """What a run reads from."""

    async def read(self, pull: Pull) -> list[Stored]:
        """What to send for a pull; nothing when the stream has no more for now."""

    async def sealed(self, wanted: Sequence[bytes], reader: Credential) -> list[SealedKey]:
        """The keys of these subjects, as far as they are held, sealed to the reader."""


Read = tuple[Pull, list[Stored]]
"""What was asked of the log, and what it had."""


async def write_run(packer: Packer, log: Log, stick: Stick, draw: Callable[[int], bytes], seen: Seen) -> Outcome:
    """Write the files of a run until the log has no more or the stick is full; `draw(n)` gives n random bytes."""
    progress, waiting = Progress(), await _read(packer, log)
    while True:
        here = packer.unfinished
        try:
            async with stick.new_file(packer.name) as file:
                counted = _Counted(file, progress, seen)
                await counted.add(packer.open(draw(32), draw(32)), 0)
                while waiting is not None and packer.fits(waiting[1]):
                    keys = await log.sealed(packer.keys_wanted(*waiting), packer.reader)
                    await counted.add(packer.add(*waiting, keys), len(waiting[1]))
                    waiting = await _read(packer, log)
                await counted.add(packer.close(more=waiting is not None), 0)
        except StickFull as error:
            return Outcome(progress, full=str(error), unfinished=here)
        progress = replace(counted.progress, files=progress.files + 1)
        seen(progress)
        if waiting is None:
            return Outcome(progress)


class _Counted:
    """A new file, and how far the run is with it."""

    def __init__(self, file: NewFile, before: Progress, seen: Seen) -> None:
        self._file = file
        self._seen = seen
        self.progress = before

    async def add(self, data: bytes, records: int) -> None:
        await self._file.write(data)
        now = self.progress
        self.progress = replace(now, records=now.records + records, size=now.size + len(data))
        self._seen(self.progress)


async def _read(packer: Packer, log: Log) -> Read | None:
    while (pull := packer.pull()) is not None:
        if records := await log.read(pull):
            return pull, records
        packer.nothing(pull)
    return None


Act = Callable[[BundleEvent], Awaitable[int]]
"""Takes what a reader gave, durably; returns how many records were new, raises PeerError."""


async def take_stick(
    stick: Stick, new_reader: Callable[[], BundleReader], taking: Callable[[], Act], seen: Seen
) -> Outcome:
    """Take all files of records that are for us; `taking()` gives who acts on the events of one more file."""
    return await take_files(await stick.files(), new_reader, taking, Progress(of=0), seen)


async def take_files(
    files: Sequence[Carried],
    new_reader: Callable[[], BundleReader],
    taking: Callable[[], Act],
    before: Progress,
    seen: Seen,
) -> Outcome:
    """The same for these files, in the order in which they fit; `before`: how far it was."""
    found, refused, others = await _openings(files, new_reader)
    progress = replace(before, of=(before.of or 0) + len(found))
    for opening in ordered(found):
        try:
            progress = await _take(found[opening], new_reader(), taking(), progress, seen)
        except PeerError as error:
            refused.append(Refused(found[opening].name, error.kind, str(error)))
    senders = tuple(dict.fromkeys(opening.sender for opening in found))
    return Outcome(progress, refused=tuple(refused), others=others, senders=senders)


async def _openings(
    files: Sequence[Carried], new_reader: Callable[[], BundleReader]
) -> tuple[dict[Opening, Carried], list[Refused], int]:
    """What the files say of themselves, those that are refused at once, and how many are for somebody else."""
    found: dict[Opening, Carried] = {}
    refused: list[Refused] = []
    others = 0
    for file in files:
        try:
            found[await _opening_of(file, new_reader())] = file
        except NotForUs:
            others += 1
        except PeerError as error:
            refused.append(Refused(file.name, error.kind, str(error)))
    return found, refused, others


async def _opening_of(file: Carried, reader: BundleReader) -> Opening:
    async for event in _events(file, reader):
        if isinstance(event, BundleOpened):
            return event.opening
    raise CallerError("A bundle that was read to its end began with its opening.")


async def _events(file: Carried, reader: BundleReader) -> AsyncIterator[BundleEvent]:
    async for block in file.blocks():
        for event in reader.feed(block):
            yield event
    for event in reader.finish():
        yield event


async def _take(file: Carried, reader: BundleReader, act: Act, before: Progress, seen: Seen) -> Progress:
    progress = before
    async for event in _events(file, reader):
        progress = replace(progress, records=progress.records + await act(event))
        seen(progress)
    return replace(progress, files=progress.files + 1)
