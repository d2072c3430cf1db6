"""A disk that forgets what was not fsynced, as a power cut makes it; SQLite itself writes to it, through a VFS.

Rules (what SQLite's documentation says of a power cut, and Pillai and others, "All File Systems Are Not Created Equal",
OSDI 2014):

- What was written and not synced may be there after a cut, or not, each write by itself and in part: the order in which
  a page cache writes back is nobody's.
- What was synced is there.
- A full disk, a failed write and a failed fsync can be asked for, at the n-th such call from now. After a failed fsync
  the kernel has forgotten what it could not write: it is read back, and no later fsync brings it to the disk (Rebello
  and others, "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
- A disk without power refuses everything.

A node's folder lies in memory (/dev/shm). After a cut it starts again in a new folder, made of what survived.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

import apsw

from tests.simulation.scan_files import Shelf

VFS = "simulated"
SECTOR = 512
"""Bytes that a disk writes whole; a torn write ends at a multiple of it."""


class _Write(NamedTuple):
    """A change that was not synced: bytes at an offset, or (`data` None) the end of the file there."""

    offset: int
    data: bytes | None


@dataclass(slots=True)
class _Kept:
    """A file as the platter has it, and what only the page cache knows besides."""

    durable: bytearray
    pending: list[_Write] = field(default_factory=list)


@dataclass
class Disk:
    """One node's disk in one life. `fail_write`, `fail_sync`: how many calls from now fails (None: never)."""

    folder: Path
    powered: bool = True
    fail_write: int | None = None
    fail_sync: int | None = None
    full: bool = False
    syncs: int = 0
    shelf: Shelf = field(default_factory=Shelf)
    _kept: dict[Path, _Kept] = field(default_factory=dict)
    _open: list[apsw.Connection] = field(default_factory=list)

    def connect(self, name: str, *, writable: bool) -> apsw.Connection:
        """Open a database in this folder; it is closed with the power."""
        ways = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if writable else apsw.SQLITE_OPEN_READONLY
        _register()
        DISKS[self.folder] = self
        connection = apsw.Connection(str(self.folder / name), flags=ways, vfs=VFS)
        self._open.append(connection)
        return connection

    def cut(self, chance: Random, folder: Path) -> Disk:
        """Cut the power; returns the disk of the next life, in `folder`."""
        self.powered = False
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*-shm"))
        for path, kept in self._kept.items():
            if path.exists():
                (folder / path.name).write_bytes(_survivor(kept, chance))
        self.leave()
        return Disk(folder, shelf=self.shelf.cut(chance))

    def copy(self, folder: Path) -> Disk:
        """Another card with what is on this one now, as `cp` would take it: unsynced bytes are in the page cache."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*-shm"))
        return Disk(folder, shelf=self.shelf.copy())

    def leave(self) -> None:
        """Let go of the folder: nothing reads or writes in it any more."""
        self.powered = False
        for connection in self._open:
            _close(connection)
        self._open.clear()
        DISKS.pop(self.folder, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_room(self) -> None:
        """Somebody deleted something."""
        self.full = False

    def mend(self) -> None:
        """No fault is to come any more."""
        self.full, self.fail_write, self.fail_sync = False, None, None

    def opened(self, path: Path) -> None:
        """A file is used from here on; what it holds now is on the platter."""
        if path not in self._kept:
            self._kept[path] = _Kept(bytearray(path.read_bytes() if path.exists() else b""))

    def wrote(self, path: Path, write: _Write) -> None:
        """Note a change that is not synced."""
        self._kept[path].pending.append(write)

    def sync(self, path: Path) -> None:
        """Bring what was written to a file to the platter, or raise, and forget that it was written."""
        kept = self._kept[path]
        pending, kept.pending = kept.pending, []
        if not self.powered:
            raise apsw.IOError("no power")
        self.fail_sync = _counted(self.fail_sync, "an fsync failed")
        self.syncs += 1
        for write in pending:
            _apply(kept.durable, write)

    def sync_shelf(self) -> None:
        """An fsync of a scan's file, or of their folder; raises where it fails."""
        if not self.powered:
            raise apsw.IOError("no power")
        self.fail_sync = _counted(self.fail_sync, "an fsync failed")
        self.syncs += 1

    def may_write(self) -> None:
        """Raise what SQLite hears of a disk that fails now."""
        if not self.powered:
            raise apsw.IOError("no power")
        if self.full:
            raise apsw.FullError("the disk is full")
        self.fail_write = _counted(self.fail_write, "a write failed")


DISKS: dict[Path, Disk] = {}
"""The disks that have power, by folder: how SQLite's calls find theirs."""

_registered: list[apsw.VFS] = []


def _register() -> None:
    if not _registered:
        _registered.append(_Vfs())


class _Vfs(apsw.VFS):
    def __init__(self) -> None:
        super().__init__(VFS, "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        return _File(name, flags, path, DISKS.get(path.parent))


class _File(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], path: Path, disk: Disk | None) -> None:
        if disk is not None:
            disk.opened(path)
        super().__init__("unix", name, flags)
        self._path = path
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._note(_Write(offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        self._note(_Write(newsize, None))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        if self._disk is not None:
            self._disk.sync(self._path)

    def _note(self, write: _Write) -> None:
        if self._disk is not None:
            self._disk.may_write()
            self._disk.wrote(self._path, write)


def _counted(left: int | None, what: str) -> int | None:
    if left is None:
        return None
    if left <= 1:
        raise apsw.IOError(what)
    return left - 1


def _apply(image: bytearray, write: _Write) -> None:
    if write.data is None:
        del image[write.offset :]
        return
    if write.offset > len(image):
        image.extend(bytes(write.offset - len(image)))
    image[write.offset : write.offset + len(write.data)] = write.data


def _survivor(kept: _Kept, chance: Random) -> bytes:
    """The file after a cut: as it was synced, then each later write, or a part of it, or nothing of it."""
    image = bytearray(kept.durable)
    for write in kept.pending:
        drawn = chance.random()
        if drawn < 0.35:
            _apply(image, write)
        elif drawn < 0.5 and write.data is not None:
            _apply(image, _Write(write.offset, write.data[: chance.randrange(len(write.data) // SECTOR + 1) * SECTOR]))
    return bytes(image)


def _close(connection: apsw.Connection) -> None:
    try:
        connection.close(True)
    except apsw.Error:
        return  # its disk has no power: there is nothing to save
