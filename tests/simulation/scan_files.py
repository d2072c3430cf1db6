"""The annexe's port to its folder of scans (`edge.store.scan_files`), on a simulated disk.

What a power cut leaves follows what POSIX promises: bytes that were not fsynced may be there in part; a name that was
given or taken away since the folder was last synced may be the old one or the new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import apsw

from edge.store.scan_files import DRAFT, Listed
from protocol.errors import OperatorError

if TYPE_CHECKING:
    from tests.simulation.disk import Disk

ROOM = 1 << 40


@dataclass
class Inode:
    """A file: what was written, and what of it was synced; its time, as if written long ago."""

    written: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    since_ms: int = 0


@dataclass
class Shelf:
    """A folder: names as the page cache has them, and as they were last synced."""

    names: dict[str, Inode] = field(default_factory=dict)
    synced: dict[str, Inode] = field(default_factory=dict)

    def cut(self, chance: Random) -> Shelf:
        """The folder after a power cut."""
        left: dict[str, Inode] = {}
        for name in sorted({*self.names, *self.synced}):
            now, then = self.names.get(name), self.synced.get(name)
            inode = now if now is then or chance.random() < 0.5 else then
            if inode is not None:
                left[name] = _survivor(inode, chance)
        return Shelf(dict(left), left)

    def copy(self) -> Shelf:
        """The same files on another card, as `cp` would take them."""
        files = {
            name: Inode(bytearray(one.written), bytes(one.written), one.since_ms) for name, one in self.names.items()
        }
        return Shelf(dict(files), files)


def _survivor(inode: Inode, chance: Random) -> Inode:
    data = bytes(inode.written)
    if data != inode.synced:
        data = inode.synced + data[len(inode.synced) : chance.randrange(len(inode.synced), len(data) + 1)]
    return Inode(bytearray(data), data, inode.since_ms)


class SimulatedDraft:
    """See `edge.store.scan_files.Draft`."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk = disk
        self._name = name
        self._kept = False

    async def append(self, data: bytes) -> None:
        """Write on."""
        await asyncio.sleep(0)
        with _refusals():
            self._disk.may_write()
            self._disk.shelf.names.setdefault(self._name, Inode()).written += data

    async def keep(self, name: str) -> None:
        """Make it durable under a name."""
        if name in self._disk.shelf.names:
            await self.drop()
            return
        await asyncio.sleep(0)
        with _refusals():
            inode = self._disk.shelf.names[self._name]
            self._disk.sync_shelf()
            inode.synced = bytes(inode.written)
        await asyncio.sleep(0)
        with _refusals():
            self._disk.may_write()
            self._disk.shelf.names[name] = self._disk.shelf.names.pop(self._name)
            self._kept = True
        await asyncio.sleep(0)
        with _refusals():
            self._disk.sync_shelf()
            self._disk.shelf.synced = dict(self._disk.shelf.names)

    async def drop(self) -> None:
        """Throw it away; does nothing once it was kept."""
        if not self._kept and self._disk.powered:
            self._disk.shelf.names.pop(self._name, None)


class SimulatedScanFiles:
    """See `edge.store.scan_files.ScanFiles`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._numbers = count()

    async def begin(self) -> SimulatedDraft:
        """A new draft."""
        return SimulatedDraft(self._disk, f"{next(self._numbers)}{DRAFT}")

    async def read(self, name: str, offset: int, size: int) -> bytes | None:
        """At most `size` bytes of a file from `offset` on."""
        inode = await self._look(name)
        return None if inode is None else bytes(inode.written[offset : offset + size])

    async def size(self, name: str) -> int | None:
        """Bytes of a file."""
        inode = await self._look(name)
        return None if inode is None else len(inode.written)

    async def listing(self) -> list[Listed]:
        """All files that have names."""
        await self._look("")
        files = sorted(self._disk.shelf.names.items())
        return [Listed(name, inode.since_ms) for name, inode in files if not name.endswith(DRAFT)]

    async def spare(self, name: str, until_ms: int) -> None:
        """Let the time of a file lie ahead."""
        inode = await self._look(name)
        if inode is not None:
            inode.since_ms = until_ms

    async def delete(self, name: str) -> None:
        """Remove a file."""
        await self._look(name)
        with _refusals():
            if self._disk.shelf.names.pop(name, None) is not None:
                self._disk.sync_shelf()
                self._disk.shelf.synced = dict(self._disk.shelf.names)

    async def drop_drafts(self) -> None:
        """Remove what an earlier life left unfinished."""
        await self._look("")
        for name in [name for name in self._disk.shelf.names if name.endswith(DRAFT)]:
            del self._disk.shelf.names[name]

    async def free(self) -> int:
        """Bytes that the disk has room for."""
        return ROOM

    async def _look(self, name: str) -> Inode | None:
        await asyncio.sleep(0)
        if not self._disk.powered:
            raise OperatorError("no power")
        return self._disk.shelf.names.get(name)


def scans_on(disk: Disk) -> Callable[[Path], SimulatedScanFiles]:
    """What `Store.open` keeps its scans with, on this disk."""
    return lambda _folder: SimulatedScanFiles(disk)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise OperatorError(f"the simulated disk failed: {error}") from error
