"""The subcommands of `./mulhaqa`. Each sets up what it needs, then hands over to the environment's interpreter."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from launcher import checks, debian, environment, options
from launcher.progress import Refusal, Speaker
from launcher.stopping import STOPPED

ABOUT = """Mulhaqa, a digital administrative annexe: kiosk, counters, decisions, sealed certificates.

  ./mulhaqa demo       start one prefecture and one annexe here, and print where to click
  ./mulhaqa selftest   play a whole procedure, kiosk to prefecture, and check every step
  ./mulhaqa test       run every check of the repository
  ./mulhaqa bench      measure what the project claims, each figure beside its floor
  ./mulhaqa simulate   play runs with power cuts, bad lines and bad disks, and check that nothing is lost
  ./mulhaqa pictures   draw docs/pictures/ anew: every screen, in Arabic and French

The first start makes a Python environment in .venv and says so; the next ones begin at once.
"""

EPILOG = "Each command explains itself:  ./mulhaqa demo --help"

REFUSED = 1

NEEDS = {
    "bench": (debian.BENCH, environment.RUNTIME),
    "pictures": (debian.TESTS, environment.DEVELOPMENT),
    "simulate": (debian.PRODUCT, environment.DEVELOPMENT),
}
"""What a command needs besides the product: pictures are taken by the browser journeys, pages loaded by wrk, and the
simulator brings a SQLite of its own."""

MODULES = {"bench": "bench", "simulate": "tests.simulation"}
"""Where a command lives, when not in the launcher itself."""


def parser() -> argparse.ArgumentParser:
    """The command line of `./mulhaqa`."""
    whole = argparse.ArgumentParser(
        prog="mulhaqa", description=ABOUT, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("demo", help="start a prefecture and an annexe on this machine", add_help=False)
    commands.add_parser("selftest", help="play the whole journey and check it", add_help=False)
    commands.add_parser("bench", help="measure every figure, or one", add_help=False)
    commands.add_parser("simulate", help="play runs in which everything goes wrong", add_help=False)
    commands.add_parser("pictures", help="draw the pictures of every screen anew", add_help=False)
    test = commands.add_parser(
        "test",
        help="run every check",
        description="Runs ruff, mypy, import-linter, pytest and the browser journeys. Exits 0 only if all passed.",
    )
    test.add_argument("--fast", action="store_true", help="skip the browser journeys")
    return whole


def main(arguments: Sequence[str]) -> int:
    """Run one subcommand; returns the exit status (0 held, 1 failed or refused, 2 wrong usage)."""
    speaker = Speaker()
    chosen, rest = parser().parse_known_args(list(arguments))
    try:
        if chosen.command == "test":
            if rest:
                parser().error(f"test does not know {' '.join(rest)}")
            return _test(speaker, fast=chosen.fast)
        _inside(chosen.command, rest, speaker)
    except Refusal as refusal:
        print(f"mulhaqa: {refusal}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("\nmulhaqa: stopped.", file=sys.stderr)
        return STOPPED


def _test(speaker: Speaker, *, fast: bool) -> int:
    python = _prepare(debian.TESTS, environment.DEVELOPMENT, speaker)
    return checks.summary(checks.run(python, checks.chosen(fast=fast), speaker), speaker)


def _prepare(packages: Sequence[debian.Package], lock: environment.Lock, speaker: Speaker) -> Path:
    """Provide Debian's packages, in one go, and the environment; returns its interpreter."""
    ready = environment.satisfied(environment.place(), lock)
    debian.provide(packages if ready else (*debian.ENVIRONMENT, *packages), speaker)
    return environment.provide(lock, speaker)


def _inside(command: str, rest: Sequence[str], speaker: Speaker) -> NoReturn:
    """Run a command's module with the environment's interpreter, in this process's place so that signals reach it."""
    options.OF[command]().parse_args(rest)  # a question or a slip is answered before anything is set up
    quiet = Speaker(sys.stderr) if "--json" in rest else speaker
    packages, lock = NEEDS.get(command, (debian.PRODUCT, environment.RUNTIME))
    python = _prepare(packages, lock, quiet)
    _become(python, [str(python), "-m", MODULES.get(command, f"launcher.{command}"), *rest])


def _become(python: Path, command: list[str]) -> NoReturn:
    variables = {**os.environ, "PYTHONPATH": str(environment.ROOT), "PYTHONUNBUFFERED": "1"}
    sys.stdout.flush()
    os.execve(python, command, variables)  # noqa: S606 - our own interpreter with our own module
