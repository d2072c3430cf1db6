"""`mulhaqa-central export` and `import`: what goes to annexes and comes from them on a stick. The server may run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from central.installation import open_installation
from central.opening import now_ms, opened_centre
from central.stick_files import StickFolder
from central.sticks import Sticks
from protocol.sync.carrying import Progress

EXPORT = "Write what we confirm to an annexe, and what it lacks of our feeds, to a USB stick, sealed to it."
IMPORT = "Take what annexes wrote to a USB stick; the answer to each is an export."


def export_options(sub: argparse.ArgumentParser) -> None:
    """The options of `export`."""
    sub.add_argument("annexe", metavar="ANNEXE", help="whom it is for, as in berkane-05")
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
        done = await sticks.export(chosen.annexe, StickFolder(chosen.folder), _show, go_on=chosen.go_on)
    _end_progress()
    print(f"{chosen.folder}: {_words(done.progress)} written, sealed to {chosen.annexe}.")
    if done.full:
        print(f"mulhaqa-central: {done.full} Then: mulhaqa-central export --continue.", file=sys.stderr)
        return 1
    print("Carry it there; the annexe takes it on its page /admin, or with mulhaqa-edge import.")
    return 0


async def _import(chosen: argparse.Namespace) -> int:
    async with _sticks(chosen.data) as sticks:
        done = await sticks.take(StickFolder(chosen.folder), _show)
    _end_progress()
    for one in done.refused:
        print(f"mulhaqa-central: {one.file}: {one.sentence}", file=sys.stderr)
    if not done.progress.of and not done.refused:
        print(f"mulhaqa-central: {chosen.folder} holds nothing for this prefecture.", file=sys.stderr)
        return 1
    print(f"{chosen.folder}: {_words(done.progress)} new.")
    for annexe in done.senders:
        print(f"Answer it: mulhaqa-central export {annexe} {chosen.folder}")
    return 1 if done.refused else 0


@asynccontextmanager
async def _sticks(data: Path) -> AsyncIterator[Sticks]:
    installation = open_installation(data)
    async with opened_centre(installation, now_ms, os.urandom) as centre:
        yield Sticks(centre, installation.opening)


def _show(progress: Progress) -> None:
    if sys.stderr.isatty():
        print(f"\r{_words(progress)}", end="", file=sys.stderr, flush=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _words(progress: Progress) -> str:
    of = f" of {progress.of}" if progress.of is not None else ""
    return f"{progress.files}{of} files, {progress.records} records"
