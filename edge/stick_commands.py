"""`mulhaqa-edge export` and `import`: the same as the buttons on /admin, for an appliance that is not serving."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from disk import stick_commands
from disk.stick_commands import exported, imported, show, words
from disk.sticks import StickFolder
from edge.opening import sticks_on, way_of
from edge.sole_writer import now_ms, sole_writer
from edge.store.post import WHY, Post
from edge.sync.sticks import Sticks
from protocol.errors import OperatorError

COMMAND = "mulhaqa-edge"

EXPORT = "Write what the prefecture has not confirmed, and what we hold of its feeds, to a USB stick, sealed to it."
IMPORT = "Take what the prefecture wrote to a USB stick: its feeds, and what it confirms of ours."
BUSY = "The annexe is being served, and its service alone may write: use the stick on its page /admin, or stop it."


def export_options(sub: argparse.ArgumentParser) -> None:
    """The options of `export`."""
    stick_commands.export_options(sub, _export)


def import_options(sub: argparse.ArgumentParser) -> None:
    """The options of `import`."""
    stick_commands.import_options(sub, _import)


async def _export(chosen: argparse.Namespace) -> int:
    async with _sticks(chosen.data) as sticks:
        done = await sticks.export(StickFolder(chosen.folder), show, go_on=chosen.go_on)
    then = "Carry it there; what it brings back is taken with mulhaqa-edge import."
    return exported(done, chosen, COMMAND, reader="the prefecture", then=then)


async def _import(chosen: argparse.Namespace) -> int:
    async with _sticks(chosen.data) as sticks:
        done = await sticks.take(StickFolder(chosen.folder), show)
        left = await sticks.left()
    if not imported(done, chosen, COMMAND, nothing="holds nothing for this annexe. Was it exported to it?"):
        return 1
    print(f"{chosen.folder}: {words(done.progress)} new. {left} records wait for the prefecture's confirmation.")
    return 1 if done.refused else 0


@asynccontextmanager
async def _sticks(data: Path) -> AsyncIterator[Sticks]:
    async with sole_writer(data, busy=BUSY) as (installation, store):
        if store.post is Post.STANDBY:
            raise OperatorError(WHY[Post.STANDBY])
        yield sticks_on(await way_of(installation, store, os.urandom), now_ms, os.urandom)
