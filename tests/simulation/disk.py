"""A disk that forgets what was not fsynced, as a power cut makes it; SQLite itself writes to it, through a VFS.

Rules (what SQLite's documentation says of a power cut, and Pillai and others, "All File Systems Are Not Created Equal",
OSDI 2014):

- What was written and not synced may be there after a cut, or not, each write by itself and in part: the order in which
  a page cache writes back is nobody's.
- What was synced is there.
- A full disk, a failed write and a failed fsync can be asked for, at the n-th such call from now.
- A disk without power refuses everything.

A node's folder lies in memory (/dev/shm). After a cut it starts again in a new folder, made of what survived.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

VFS = "simulated"
SECTOR = 512
"""Bytes that a disk writes whole; a torn write ends at a multiple of it."""


@dataclass(slots=True)
class _Write:
    """A change that was not synced: what stood there before, and how long the file was."""

    offset: int
    before: bytes
    after: bytes
    size: int


@dataclass
class Disk:
    """One node's disk in one life. `fail_write`, `fail_sync`: how many calls from now fails (None: never)."""

    folder: Path
    powered: bool = True
    fail_write: int | None = None
    fail_sync: int | None = None
    full: bool = False
    syncs: int = 0
    _unsynced: dict[Path, list[_Write]] = field(default_factory=dict)
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
        survived = {path: _survivor(path, writes, chance) for path, writes in self._unsynced.items() if path.exists()}
        self.powered = False
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*-shm"))
        for path, data in survived.items():
            (folder / path.name).write_bytes(data)
        self.leave()
        return Disk(folder)

    def copy(self, folder: Path) -> Disk:
        """Another card with what is on this one now, as `cp` would take it: unsynced bytes are in the page cache."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*-shm"))
        return Disk(folder)

    def leave(self) -> None:
        """Let go of the folder: nothing reads or writes in it any more."""
        self.powered = False
        for connection in self._open:
            _close(connection)
        self._open.clear()
        DISKS.pop(self.folder, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def wrote(self, path: Path, write: _Write) -> None:
        """Note a change that is not synced."""
        self._unsynced.setdefault(path, []).append(write)

    def synced(self, path: Path) -> None:
        """What was written to a file is safe."""
        self.syncs += 1
        self._unsynced.pop(path, None)

    def may_write(self) -> None:
        """Raise what SQLite hears of a disk that fails now."""
        if not self.powered:
            raise apsw.IOError("no power")
        if self.full:
            raise apsw.FullError("the disk is full")
        self.fail_write = _counted(self.fail_write, "a write failed")

    def may_sync(self) -> None:
        """Raise for an fsync that fails; the kernel then drops what it could not write."""
        if not self.powered:
            raise apsw.IOError("no power")
        self.fail_sync = _counted(self.fail_sync, "an fsync failed")


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
        super().__init__("unix", name, flags)
        self._path = path
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        if self._disk is None:
            super().xWrite(data, offset)
            return
        self._disk.may_write()
        size = self.xFileSize()
        before = self.xRead(min(len(data), size - offset), offset) if offset < size else b""
        self._disk.wrote(self._path, _Write(offset, before, bytes(data), size))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        if self._disk is not None:
            self._disk.may_write()
            size = self.xFileSize()
            if newsize < size:
                self._disk.wrote(self._path, _Write(newsize, self.xRead(size - newsize, newsize), b"", size))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        if self._disk is not None:
            self._disk.may_sync()
            self._disk.synced(self._path)


def _counted(left: int | None, what: str) -> int | None:
    if left is None:
        return None
    if left <= 1:
        raise apsw.IOError(what)
    return left - 1


def _survivor(path: Path, writes: list[_Write], chance: Random) -> bytes:
    """The file after a cut: as it was synced, then each later write, or a part of it, or nothing of it."""
    image = bytearray(path.read_bytes())
    for write in reversed(writes):
        del image[write.size :]
        image[write.offset : write.offset + len(write.before)] = write.before
        if not write.after:
            image[write.offset :] = write.before
    for write in writes:
        kept = _kept(write, chance)
        if kept:
            image.extend(bytes(max(0, write.offset - len(image))))
            image[write.offset : write.offset + len(kept)] = kept
    return bytes(image)


def _kept(write: _Write, chance: Random) -> bytes:
    drawn = chance.random()
    if drawn < 0.5 or not write.after:
        return b""
    if drawn < 0.85:
        return write.after
    return write.after[: chance.randrange(len(write.after) // SECTOR + 1) * SECTOR]


def _close(connection: apsw.Connection) -> None:
    try:
        connection.close(True)
    except apsw.Error:
        return  # its disk has no power: there is nothing to save
