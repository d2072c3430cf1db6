"""`mulhaqa-edge recover`: a new card takes what the second medium holds (`edge.sync.recovery`)."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from edge.opening import owner_of, way_of
from edge.sole_writer import sole_writer
from edge.sync.medium_files import MediumFailed, MediumFolder
from edge.sync.recovery import Recovered, recover
from edge.sync.source import Source
from protocol.errors import OperatorError

RECOVER = (
    "Take what a second medium holds of this annexe into the data folder: after the card was lost, once it is"
    " installed anew from the annexe's seed. It may be done again, and loses nothing."
)


BUSY = (
    "The annexe is being served, and its service alone may write: it takes what the medium holds by itself, if it is"
    " started with --medium. Else stop it first."
)


def recover_options(sub: argparse.ArgumentParser) -> None:
    """The options of `recover`."""
    sub.add_argument("medium", type=Path, metavar="MEDIUM", help="where the medium is mounted, as in /mnt/mirror")
    sub.set_defaults(run=_recover)


async def _recover(chosen: argparse.Namespace) -> int:
    async with sole_writer(chosen.data, busy=BUSY) as (installation, store):
        way = await way_of(installation, store, os.urandom)
        source = Source(store, owner_of(installation), way.trust, way.opening, os.urandom, "primary")
        files = MediumFolder(chosen.medium, None, way.opening.public)
        try:
            found = await recover(store, source, files, way.opening, _show)
        except MediumFailed as error:
            raise OperatorError(f"{chosen.medium}: {error.sentence} ({error})") from error
    _end_progress()
    return _told(found, chosen.medium)


def _told(found: Recovered, medium: Path) -> int:
    print(f"{medium}: {found.read} records read, {found.records} of them and {found.scans} scans are new here.")
    if found.damaged:
        print(f"mulhaqa-edge: {found.damaged} entries or files cannot be read: keep the medium.", file=sys.stderr)
    if found.left_out:
        print(
            f"mulhaqa-edge: {found.left_out} records do not hold here and were left out: keep the medium, and let the"
            " annexe connect to the prefecture; then do it again.",
            file=sys.stderr,
        )
    if not found.read and not found.damaged:
        print(
            f"mulhaqa-edge: {medium} holds nothing for the keys of this annexe. Was the card installed from the same"
            " annexe's seed?",
            file=sys.stderr,
        )
    return 0 if found.read and not found.damaged and not found.left_out else 1


def _show(found: Recovered) -> None:
    """Show how far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{found.read} records read", end="", file=sys.stderr, flush=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)
