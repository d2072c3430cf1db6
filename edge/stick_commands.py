"""`mulhaqa-edge export` and `import`: the same as the buttons on /admin, for an appliance that is not serving."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge.installation import open_installation
from edge.opening import open_store, sticks_on, way_of
from edge.store.lock import StoreBusy
from edge.store.post import WHY, Post
from edge.sync.stick_files import StickFolder
from edge.sync.sticks import Sticks
from protocol.errors import OperatorError
from protocol.sync.carrying import Progress

EXPORT = "Write what the prefecture has not confirmed, and what we hold of its feeds, to a USB stick, sealed to it."
IMPORT = "Take what the prefecture wrote to a USB stick: its feeds, and what it confirms of ours."


def export_options(sub: argparse.ArgumentParser) -> None:
    """The options of `export`."""
    sub.add_argument("folder", type=Path, metavar="STICK", help="the mounted stick, as in /media/usb0")
    sub.add_argument(
        "--continue", dest="go_on", action="store_true", help="go on with the export that stopped at a full stick"
    )
    sub.set_defaults(run=_export)


def import_options(sub: argparse.ArgumentParser) -> None:
    """The options of `import`."""
    sub.add_argument("folder", type=Path, metavar="STICK", help="the mounted stick, as in /media/usb0")
    sub.set_defaults(run=_import)


async def _export(chosen: argparse.Namespace) -> int:
    async with _sticks(chosen.data) as sticks:
        done = await sticks.export(StickFolder(chosen.folder), _show, go_on=chosen.go_on)
    _end_progress()
    print(f"{chosen.folder}: {_words(done.progress)} written, sealed to the prefecture.")
    if done.full:
        print(f"mulhaqa-edge: {done.full} Then: mulhaqa-edge export --continue.", file=sys.stderr)
        return 1
    print("Carry it there; what it brings back is taken with mulhaqa-edge import.")
    return 0


async def _import(chosen: argparse.Namespace) -> int:
    async with _sticks(chosen.data) as sticks:
        done = await sticks.take(StickFolder(chosen.folder), _show)
        left = await sticks.left()
    _end_progress()
    for one in done.refused:
        print(f"mulhaqa-edge: {one.file}: {one.sentence}", file=sys.stderr)
    if not done.progress.of and not done.refused:
        print(f"mulhaqa-edge: {chosen.folder} holds nothing for this annexe. Was it exported to it?", file=sys.stderr)
        return 1
    print(f"{chosen.folder}: {_words(done.progress)} new. {left} records wait for the prefecture's confirmation.")
    return 1 if done.refused else 0


@asynccontextmanager
async def _sticks(data: Path) -> AsyncIterator[Sticks]:
    installation = open_installation(data)
    try:
        store = await open_store(installation, _now_ms, os.urandom)
    except StoreBusy as error:
        raise OperatorError(
            "The annexe is being served, and its service alone may write: use the stick on its page /admin, or stop it."
        ) from error
    try:
        if store.post is Post.STANDBY:
            raise OperatorError(WHY[Post.STANDBY])
        yield sticks_on(await way_of(installation, store, os.urandom), _now_ms, os.urandom)
    finally:
        await store.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _show(progress: Progress) -> None:
    """Show how far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{_words(progress)}", end="", file=sys.stderr, flush=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _words(progress: Progress) -> str:
    of = f" of {progress.of}" if progress.of is not None else ""
    return f"{progress.files}{of} files, {progress.records} records"
