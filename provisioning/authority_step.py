"""What the commands of `mulhaqa-provision authority` have in common: their usual options, and opening the roots."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from provisioning import authority, issuance, passphrases
from provisioning.roots import Roots, open_roots, read_sealed


def of(command: argparse.ArgumentParser) -> None:
    """The authority that a command is about."""
    command.add_argument("--authority", type=Path, required=True, metavar="DIR", help="the authority's folder")


def out(command: argparse.ArgumentParser, what: str) -> None:
    """The file that a command writes."""
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help=what)
    command.add_argument("--force", action="store_true", help="replace what is there, for good")


def dry_run(command: argparse.ArgumentParser) -> None:
    """A command that can tell beforehand."""
    command.add_argument("--dry-run", action="store_true", help="only tell what would be made")


def would(what: str, *paths: Path) -> None:
    """Say what a command would make."""
    print(f"This would make {what}:")
    for path in paths:
        print(f"  {path}{' (in the place of what is there)' if path.exists() else ''}")


def opened(chosen: argparse.Namespace) -> tuple[Roots, bytes]:
    """The roots of the chosen authority, and the box that holds them; asks for the passphrase."""
    authority.read_root(chosen.authority)
    box = read_sealed(chosen.authority)
    return open_roots(box, passphrases.chosen_one(chosen)), box


def wall_ms() -> int:
    """The wall clock in milliseconds."""
    return time.time_ns() // 1_000_000


def day(ms: int) -> str:
    """The day of a time in milliseconds."""
    return issuance.moment(ms)[:10]
