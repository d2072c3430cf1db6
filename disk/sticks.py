"""Files on a stick: written so that a pulled stick leaves no half file, read in blocks; never on the event loop.

A file is written as `.partial`, synced, given its name, and its folder synced: with its name it is whole. A half one
that an earlier pull left behind is taken away before anything is written.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from disk.durable import sync_file, sync_folder
from protocol.errors import OperatorError
from protocol.sync.carrying import NewFile, StickFull
from protocol.sync.packing import SCANS_SUFFIX, SUFFIX

PARTIAL = ".partial"
BLOCK = 256 * 1024
"""Bytes read at once: few trips to a slow stick, and nothing beside the memory that a batch takes."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class StickFile:
    """A file of a stick."""

    path: Path

    @property
    def name(self) -> str:
        """Its name in the folder."""
        return self.path.name

    async def blocks(self) -> AsyncIterator[bytes]:
        """Its bytes, block by block; raises OperatorError when it cannot be read."""
        try:
            file = await asyncio.to_thread(self.path.open, "rb")
            try:
                while block := await asyncio.to_thread(file.read, BLOCK):
                    yield block
            finally:
                await asyncio.to_thread(file.close)
        except OSError as error:
            raise _words(error, self.path.parent) from error


class _NewFile:
    """A file being written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def write(self, data: bytes) -> None:
        await asyncio.to_thread(self._file.write, data)


class StickFolder:
    """A mounted stick, or any folder: a `Stick`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def new_file(self, name: str) -> AsyncIterator[NewFile]:
        """A file that has its name once the block ends, and is not there if the block raises.

        Raises StickFull, or OperatorError when the stick is gone or closed to writing.
        """
        partial = self._folder / f"{name}{PARTIAL}"
        try:
            file = await asyncio.to_thread(_begin, self._folder, partial)
            try:
                yield _NewFile(file)
                await asyncio.to_thread(_keep, file, partial, self._folder / name)
            except BaseException:
                await asyncio.to_thread(_drop, file, partial)
                raise
        except OSError as error:
            raise _words(error, self._folder) from error

    async def files(self, suffix: str = SUFFIX) -> Sequence[StickFile]:
        """The files whose names end so, by name; raises OperatorError when the folder cannot be read."""
        try:
            return await asyncio.to_thread(_bundles_in, self._folder, suffix)
        except OSError as error:
            raise OperatorError(
                f"The folder {self._folder} cannot be read: {error.strerror}. Is the stick plugged in?"
            ) from error


def _bundles_in(folder: Path, suffix: str) -> list[StickFile]:
    """A link is no file of the stick: it would have us read what is elsewhere."""
    found = sorted(one for one in folder.iterdir() if one.suffix == suffix)
    return [StickFile(one) for one in found if one.is_file() and not one.is_symlink()]


def _begin(folder: Path, partial: Path) -> BinaryIO:
    for suffix in (SUFFIX, SCANS_SUFFIX):
        for left in folder.glob(f"*{suffix}{PARTIAL}"):
            left.unlink()
    return os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _keep(file: BinaryIO, partial: Path, path: Path) -> None:
    sync_file(file)
    file.close()
    partial.rename(path)
    sync_folder(path.parent)


def _drop(file: BinaryIO, partial: Path) -> None:
    with suppress(OSError):  # what could not be written before cannot be written now, and is not wanted
        file.close()
    with suppress(OSError):  # a stick that is gone took the half file with it; the next export takes it away
        partial.unlink()


def _words(error: OSError, folder: Path) -> OperatorError:
    if error.errno in _FULL:
        return StickFull(
            f"{folder} is full: what it holds is whole and can be carried. Go on with another stick, or make room."
        )
    return OperatorError(
        f"The stick at {folder} cannot be used: {error.strerror}. Plug it in again, and see that it is not"
        f" write-protected."
    )
