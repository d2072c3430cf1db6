"""`mulhaqa-central export` and `import`: what goes to annexes and comes from them on a stick. The server may run."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from central.installation import open_installation
from central.opening import now_ms, opened_centre
from central.sticks import Sticks
from disk import stick_commands
from disk.stick_commands import exported, imported, show, words
from disk.sticks import StickFolder

COMMAND = "mulhaqa-central"

EXPORT = "Write what we confirm to an annexe, and what it lacks of our feeds, to a USB stick, sealed to it."
IMPORT = "Take what annexes wrote to a USB stick; the answer to each is an export."


def export_options(sub: argparse.ArgumentParser) -> None:
    """The options of `export`."""
    sub.add_argument("annexe", metavar="ANNEXE", help="whom it is for, as in berkane-05")
    stick_commands.export_options(sub, _export)


def import_options(sub: argparse.ArgumentParser) -> None:
    """The options of `import`."""
    stick_commands.import_options(sub, _import)


async def _export(chosen: argparse.Namespace) -> int:
    async with _sticks(chosen.data) as sticks:
        done = await sticks.export(chosen.annexe, StickFolder(chosen.folder), show, go_on=chosen.go_on)
    then = "Carry it there; the annexe takes it on its page /admin, or with mulhaqa-edge import."
    return exported(done, chosen, COMMAND, reader=chosen.annexe, then=then)


async def _import(chosen: argparse.Namespace) -> int:
    async with _sticks(chosen.data) as sticks:
        done = await sticks.take(StickFolder(chosen.folder), show)
    if not imported(done, chosen, COMMAND, nothing="holds nothing for this prefecture."):
        return 1
    print(f"{chosen.folder}: {words(done.progress)} new.")
    for annexe in done.senders:
        print(f"Answer it: mulhaqa-central export {annexe} {chosen.folder}")
    return 1 if done.refused else 0


@asynccontextmanager
async def _sticks(data: Path) -> AsyncIterator[Sticks]:
    installation = open_installation(data)
    async with opened_centre(installation, now_ms, os.urandom) as centre:
        yield Sticks(centre, installation.opening)
