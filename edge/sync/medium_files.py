"""A folder on a second medium: files that grow behind what was synced, and the scans' files beside them.

- What lies on the data folder's own file system is no second medium: an SSD that was unplugged leaves its mount point
  behind, an empty folder of the card.
- Nothing stays open between two writes, so the medium can be unmounted at any time.
- After a write that failed, nobody knows what is on the medium: the cache says what should be there. So `settle` writes
  out what the cache holds and has it forgotten, before what is there is read.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from edge.store.scan_files import FolderScanFiles, ScanFiles
from protocol.errors import N_, OperatorError
from protocol.records.hashing import digest

GONE = N_("The second medium is not there. Plug it in: what was written since follows by itself.")
FULL = N_("The second medium is full. Make room on it, or plug in a larger one: the log then begins anew there.")
CLOSED = N_("The second medium cannot be written to: it is write-protected, or belongs to somebody else.")
FAILED = N_("The second medium fails. Replace it: the log then begins anew on the next one.")

Result = TypeVar("Result")

SUFFIX = ".volume"
SCANS = "scans"
BLOCK = 256 * 1024
"""Bytes read at once: few trips, and little memory."""

_SENTENCES = {
    errno.ENOENT: GONE,
    errno.ENOTDIR: GONE,
    errno.ENODEV: GONE,
    errno.ENXIO: GONE,
    errno.ESTALE: GONE,
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: CLOSED,
    errno.EACCES: CLOSED,
    errno.EPERM: CLOSED,
}


class MediumFailed(OperatorError):
    """The medium is not there, or refuses. The text is the reason; `sentence` a msgid that says what to do."""

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(reason)
        self.sentence = sentence


@dataclass(frozen=True, slots=True, order=True)
class VolumeFile:
    """A file of the folder: which part of which run it is, and its bytes."""

    run: int
    part: int
    size: int

    @property
    def name(self) -> str:
        """Its name in the folder: it tells of nobody anything."""
        return name_of(self.run, self.part)


def name_of(run: int, part: int) -> str:
    """The name of a volume."""
    return f"{run:04}-{part:06}{SUFFIX}"


class MediumFiles(Protocol):
    """The folder; each method raises MediumFailed when the medium is not there or refuses."""

    @property
    def scans(self) -> ScanFiles:
        """The scans' files on the same medium; they raise OperatorError."""

    async def check(self) -> None:
        """Return if the medium is there."""

    async def prepare(self) -> None:
        """Make the folder, if it is not there."""

    async def volumes(self) -> list[VolumeFile]:
        """The volumes that are there, by run and part; none where there is no folder of ours."""

    async def settle(self, file: VolumeFile) -> None:
        """Have what will be read of this file be what the medium holds."""

    def blocks(self, file: VolumeFile, until: int | None = None) -> AsyncIterator[bytes]:
        """Its bytes from the beginning, block by block, up to `until` if that is given."""

    async def append(self, run: int, part: int, at: int, data: bytes) -> None:
        """Write `data` durably at byte `at`, where the file then ends behind it; the file is made for `at` 0."""

    async def delete(self, files: Sequence[VolumeFile]) -> None:
        """Remove volumes."""


class MediumFolder:
    """The real one: a folder in `mount`, named after the key that its volumes are sealed to."""

    def __init__(self, mount: Path, home: Path | None, reader: bytes) -> None:
        """`home`: the data folder, None for who only reads; `reader`: the X25519 key."""
        self._mount = mount
        self._home = home
        self._folder = mount / f"mulhaqa-{digest('medium', reader, size=8).hex()}"
        self.scans: ScanFiles = FolderScanFiles(self._folder / SCANS, ready=self._ready)

    async def check(self) -> None:
        """Return if the medium is there."""
        await asyncio.to_thread(self._in_folder, lambda _folder: None)

    async def prepare(self) -> None:
        """Make the folder."""
        await asyncio.to_thread(self._make)

    async def volumes(self) -> list[VolumeFile]:
        """The volumes that are there."""
        return await asyncio.to_thread(self._volumes)

    def _volumes(self) -> list[VolumeFile]:
        with _refusals(), _opened(self._mount) as mount:
            self._require_other_disk(mount)
            if not self._folder.exists():
                return []
        return self._in_folder(lambda folder: sorted(_volumes_in(folder)))

    async def settle(self, file: VolumeFile) -> None:
        """Write out and forget what the cache holds of a file."""
        await asyncio.to_thread(self._in_folder, lambda folder: _settle(folder, file.name))

    async def blocks(self, file: VolumeFile, until: int | None = None) -> AsyncIterator[bytes]:
        """Its bytes."""
        at, end = 0, file.size if until is None else min(until, file.size)
        while at < end:
            size = min(BLOCK, end - at)
            block = await asyncio.to_thread(self._read, file.name, at, size)
            if not block:
                return
            at += len(block)
            yield block

    def _read(self, name: str, at: int, size: int) -> bytes:
        return self._in_folder(lambda folder: _read(folder, name, at, size))

    async def append(self, run: int, part: int, at: int, data: bytes) -> None:
        """Write durably."""
        await asyncio.to_thread(self._in_folder, lambda folder: _append(folder, name_of(run, part), at, data))

    async def delete(self, files: Sequence[VolumeFile]) -> None:
        """Remove volumes."""
        await asyncio.to_thread(self._in_folder, lambda folder: _delete(folder, [one.name for one in files]))

    def _make(self) -> None:
        """Make our folder on the medium; never below its mount point while nothing is mounted there."""
        with _refusals(), _opened(self._mount) as mount:
            self._require_other_disk(mount)
            for name in (self._folder.name, f"{self._folder.name}/{SCANS}"):
                try:
                    os.mkdir(name, 0o700, dir_fd=mount)
                except FileExistsError:
                    continue
                os.fsync(mount)

    def _ready(self, folder: Path) -> None:
        with _opened(folder) as opened:
            self._require_other_disk(opened)

    def _require_other_disk(self, folder: int) -> None:
        if self._home is not None and os.fstat(folder).st_dev == self._home.stat().st_dev:
            raise FileNotFoundError(errno.ENOENT, "nothing is mounted there")

    def _in_folder(self, work: Callable[[int], Result]) -> Result:
        with _refusals(), _opened(self._folder) as folder:
            self._require_other_disk(folder)
            return work(folder)


def _volumes_in(folder: int) -> Iterator[VolumeFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            run, _, part = entry.name.removesuffix(SUFFIX).partition("-")
            if run.isdecimal() and part.isdecimal() and entry.name == name_of(int(run), int(part)):
                yield VolumeFile(int(run), int(part), entry.stat(follow_symlinks=False).st_size)


def _settle(folder: int, name: str) -> None:
    file = os.open(name, os.O_RDWR | os.O_NOFOLLOW, dir_fd=folder)
    try:
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(file)


def _read(folder: int, name: str, at: int, size: int) -> bytes:
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        return os.pread(file, size, at)
    finally:
        os.close(file)


def _append(folder: int, name: str, at: int, data: bytes) -> None:
    file = os.open(name, os.O_RDWR | os.O_NOFOLLOW | (0 if at else os.O_CREAT), 0o600, dir_fd=folder)
    try:
        os.ftruncate(file, at)
        written = 0
        while written < len(data):
            written += os.pwrite(file, data[written:], at + written)
        os.fsync(file)
    finally:
        os.close(file)
    if not at:
        os.fsync(folder)


def _delete(folder: int, names: Sequence[str]) -> None:
    for name in names:
        os.unlink(name, dir_fd=folder)
    os.fsync(folder)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MediumFailed(_SENTENCES.get(error.errno or 0, FAILED), error.strerror or type(error).__name__) from error
