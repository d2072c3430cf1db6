"""A second medium on another file system than the card's, and an annexe whose log follows there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from edge.store.store import Store
from edge.sync.medium import Medium
from edge.sync.medium_files import MediumFolder
from edge.sync.medium_volumes import PART, MediumVolumes
from edge.sync.recovery import Recovered, recover, unseen
from edge.sync.source import Source
from protocol.sync.hello import OTHER
from tests.central.support import PREFECTURE
from tests.edge.store.support import Chance, Clock
from tests.edge.sync.machines import FIRST, Keys

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system of its own on every Linux
SOON_S = 0.05
"""Seconds between two looks in tests, in place of ten."""


@contextmanager
def another_disk(beside: Path) -> Iterator[Path]:
    """A folder on another file system than `beside`."""
    if not MEMORY.is_dir() or MEMORY.stat().st_dev == beside.stat().st_dev:
        pytest.skip("this machine has one file system alone")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@contextmanager
def small_disk(at: Path, size: str) -> Iterator[Path]:
    """A file system of so many bytes, mounted at a folder."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts")
    at.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", at], check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield at
    finally:
        if at.is_mount():
            subprocess.run(["umount", "--lazy", at], check=True)


def remounted(at: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", at], check=True)


def files_of(mount: Path, home: Path, keys: Keys = FIRST) -> MediumFolder:
    return MediumFolder(mount, home, keys.opening.public)


def source_of(store: Store, keys: Keys = FIRST) -> Source:
    assert OTHER["primary"] == "standby"
    return Source(store, keys.owner, PREFECTURE.trust(), keys.opening, Chance(), "primary")


def medium_of(store: Store, mount: Path, home: Path, keys: Keys = FIRST, part: int = PART) -> Medium:
    source, files = source_of(store, keys), files_of(mount, home, keys)
    volumes = MediumVolumes(source, files, keys.opening, keys.identity.leaf, Chance(), part)
    return Medium(store, source, files, volumes, identity=keys.identity, now=Clock(), look_s=SOON_S)


@asynccontextmanager
async def following(medium: Medium) -> AsyncIterator[Medium]:
    task = asyncio.create_task(medium.run())
    try:
        yield medium
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(medium: Medium, holds: Callable[[], bool]) -> None:
    changed = asyncio.Event()
    medium.on_change(lambda _: changed.set())
    async with asyncio.timeout(20):
        while not holds():
            await changed.wait()
            changed.clear()


async def in_step(medium: Medium) -> None:
    """Wait until the medium holds all that was written."""
    await until(medium, lambda: medium.state.in_step)


async def scans_there(medium: Medium, holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds that the medium's state tells no more of."""
    changed = asyncio.Event()
    medium.on_change(lambda _: changed.set())
    async with asyncio.timeout(20):
        while not await holds():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SOON_S):
                    await changed.wait()
            changed.clear()


async def recovered(store: Store, mount: Path, keys: Keys = FIRST) -> Recovered:
    files = MediumFolder(mount, None, keys.opening.public)
    return await recover(store, source_of(store, keys), files, keys.opening, unseen)
