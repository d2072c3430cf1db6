"""Where sealed scans lie: files in a folder beside the database.

A port, so that a disk that fails and forgets can be played in its place. What each implementation promises:

- A draft has no name: nobody reads it, and after a power cut it is gone or lies there as one.
- `Draft.keep` gives it a name, durably: when it returns the file is there whole, whatever happens to the power. Under a
  name that is taken nothing changes: equal names are equal bytes.
- `read` of what is not there, or no longer, gives None; so does `size`. `delete` of what is not there does nothing.
- What a disk refuses is an OperatorError.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO, Protocol

from disk.durable import make_folder, sync_folder
from protocol.errors import OperatorError

SCANS = "scans"
"""The folder, in that of the database."""

DRAFT = ".draft"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that has a name; `since_ms`: when it was written, by the clock of then, or until when it is spared."""

    name: str
    since_ms: int


class Draft(Protocol):
    """A file that is being written."""

    async def append(self, data: bytes) -> None:
        """Write on."""

    async def keep(self, name: str) -> None:
        """Make it durable under a name."""

    async def drop(self) -> None:
        """Throw it away; does nothing once it was kept."""


class ScanFiles(Protocol):
    """The folder."""

    async def begin(self) -> Draft:
        """A new draft."""

    async def read(self, name: str, offset: int, size: int) -> bytes | None:
        """At most `size` bytes of a file from `offset` on."""

    async def size(self, name: str) -> int | None:
        """Bytes of a file."""

    async def listing(self) -> list[Listed]:
        """All files that have names."""

    async def spare(self, name: str, until_ms: int) -> None:
        """Let the time of a file lie ahead: nobody takes it for an old one before then. Not durable at once."""

    async def delete(self, name: str) -> None:
        """Remove a file."""

    async def drop_drafts(self) -> None:
        """Remove what an earlier life left unfinished."""

    async def free(self) -> int:
        """Bytes that the disk has room for."""


OpenScanFiles = Callable[[Path], ScanFiles]


class FolderDraft:
    """A `Draft` on the real disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    async def append(self, data: bytes) -> None:
        """Write on."""
        await asyncio.to_thread(self._append, data)

    def _append(self, data: bytes) -> None:
        with _refusals():
            if self._file is None:
                self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
            self._file.write(data)

    async def keep(self, name: str) -> None:
        """Make it durable under a name."""
        await asyncio.to_thread(self._keep, self._path.with_name(name))

    def _keep(self, target: Path) -> None:
        with _refusals():
            file = self._file
            if file is None or target.exists():
                self._drop()
                return
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._file = None
            self._path.rename(target)
            sync_folder(target.parent)

    async def drop(self) -> None:
        """Throw it away."""
        await asyncio.to_thread(self._drop)

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._path.unlink(missing_ok=True)


class FolderScanFiles:
    """A `ScanFiles` on the real disk."""

    def __init__(self, folder: Path, ready: Callable[[Path], None] = make_folder) -> None:
        """`ready` sees to it that the folder is there, before something is written into it; it raises OSError."""
        self._folder = folder
        self._ready = ready
        self._numbers = count()

    async def begin(self) -> FolderDraft:
        """A new draft."""
        await asyncio.to_thread(self._make)
        return FolderDraft(self._folder / f"{next(self._numbers)}{DRAFT}")

    def _make(self) -> None:
        with _refusals():
            self._ready(self._folder)

    async def read(self, name: str, offset: int, size: int) -> bytes | None:
        """At most `size` bytes of a file from `offset` on."""
        return await asyncio.to_thread(self._read, self._folder / name, offset, size)

    def _read(self, path: Path, offset: int, size: int) -> bytes | None:
        with _refusals():
            try:
                with path.open("rb") as file:
                    file.seek(offset)
                    return file.read(size)
            except FileNotFoundError:
                return None

    async def size(self, name: str) -> int | None:
        """Bytes of a file."""
        return await asyncio.to_thread(self._size, self._folder / name)

    def _size(self, path: Path) -> int | None:
        with _refusals():
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

    async def listing(self) -> list[Listed]:
        """All files that have names."""
        return await asyncio.to_thread(self._listing)

    def _listing(self) -> list[Listed]:
        with _refusals():
            found = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
            return [Listed(one.name, one.stat().st_mtime_ns // 1_000_000) for one in found if one.suffix != DRAFT]

    async def spare(self, name: str, until_ms: int) -> None:
        """Let the time of a file lie ahead."""
        await asyncio.to_thread(self._spare, self._folder / name, until_ms * 1_000_000)

    def _spare(self, path: Path, until_ns: int) -> None:
        with _refusals(), suppress(FileNotFoundError):
            os.utime(path, ns=(until_ns, until_ns))

    async def delete(self, name: str) -> None:
        """Remove a file."""
        await asyncio.to_thread(self._delete, self._folder / name)

    def _delete(self, path: Path) -> None:
        with _refusals():
            if path.exists():
                path.unlink()
                sync_folder(path.parent)

    async def drop_drafts(self) -> None:
        """Remove what an earlier life left unfinished."""
        await asyncio.to_thread(self._drop_drafts)

    def _drop_drafts(self) -> None:
        with _refusals():
            for draft in self._folder.glob(f"*{DRAFT}"):
                draft.unlink()

    async def free(self) -> int:
        """Bytes that the disk has room for."""
        return await asyncio.to_thread(self._free)

    def _free(self) -> int:
        with _refusals():
            return shutil.disk_usage(self._folder.parent).free


@contextmanager
def _refusals() -> Iterator[None]:
    """What the disk says, as an error of ours."""
    try:
        yield
    except OSError as error:
        raise OperatorError(
            f"The disk refuses the file of a scan ({error.strerror}): check its room, and the disk."
        ) from error
