"""`export` and `import` as they are typed at either side: options, progress on a terminal, words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from protocol.sync.carrying import Outcome, Progress

Run = Callable[[argparse.Namespace], Awaitable[int]]


def export_options(sub: argparse.ArgumentParser, run: Run) -> None:
    """The options of `export`; `folder` and `go_on` are what they give."""
    _stick(sub)
    sub.add_argument(
        "--continue", dest="go_on", action="store_true", help="go on with the export that stopped at a full stick"
    )
    sub.set_defaults(run=run)


def import_options(sub: argparse.ArgumentParser, run: Run) -> None:
    """The options of `import`; `folder` is what they give."""
    _stick(sub)
    sub.set_defaults(run=run)


def _stick(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("folder", type=Path, metavar="STICK", help="the mounted stick, as in /media/usb0")


def show(progress: Progress) -> None:
    """Show how far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{words(progress)}", end="", file=sys.stderr, flush=True)


def end_progress() -> None:
    """Go on behind what was shown."""
    if sys.stderr.isatty():
        print(file=sys.stderr)


def words(progress: Progress) -> str:
    """How far it is, in words."""
    of = f" of {progress.of}" if progress.of is not None else ""
    return f"{progress.files}{of} files, {progress.records} records"


def exported(done: Outcome, chosen: argparse.Namespace, command: str, *, reader: str, then: str) -> int:
    """Say what an export wrote for whom, and what to do then; returns the exit code. `command`: who says it."""
    end_progress()
    print(f"{chosen.folder}: {words(done.progress)} written, sealed to {reader}.")
    if done.full:
        print(f"{command}: {done.full} Then: {command} export --continue.", file=sys.stderr)
        return 1
    print(then)
    return 0


def imported(done: Outcome, chosen: argparse.Namespace, command: str, *, nothing: str) -> bool:
    """Say which files an import refused, or `nothing` where none was for us; returns whether anything was there."""
    end_progress()
    for one in done.refused:
        print(f"{command}: {one.file}: {one.sentence}", file=sys.stderr)
    if not done.progress.of and not done.refused:
        print(f"{command}: {chosen.folder} {nothing}", file=sys.stderr)
        return False
    return True
