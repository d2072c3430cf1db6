"""Where a passphrase comes from: a terminal, a file, or an open file descriptor. Never from the command line, which
every user of the machine can read.

- A new one is typed twice and has a least length; one that was chosen is typed once.
- A file of a passphrase must be its owner's alone, as any secret. One end of line at its end is not part of it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Final

from protocol.errors import OperatorError
from provisioning import files

Ask = Callable[[str], str]

LEAST: Final = 20
"""Characters of a new passphrase: four or five words drawn by dice, which no one guesses against Argon2id."""

MOST: Final = 1024
"""Characters: whoever pastes more has pasted another thing."""

RULE: Final = f"at least {LEAST} characters, as in five words drawn by dice"


def options(command: argparse.ArgumentParser) -> None:
    """Let the passphrase come from elsewhere than the terminal."""
    group = command.add_mutually_exclusive_group()
    group.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="read the passphrase there instead of asking for it"
    )
    group.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the passphrase from this open file descriptor"
    )


def chosen_one(chosen: argparse.Namespace) -> str:
    """The passphrase of something that exists, from where the command line says."""
    given = _given(chosen)
    return ask_once(_terminal()) if given is None else given


def new_one(chosen: argparse.Namespace) -> str:
    """A passphrase for something new, from where the command line says; OperatorError when it is too short."""
    given = _given(chosen)
    return ask_twice(_terminal()) if given is None else checked(given)


def ask_once(ask: Ask) -> str:
    """Ask for a passphrase that was chosen before."""
    return ask("Passphrase of the authority: ")


def ask_twice(ask: Ask) -> str:
    """Ask for a new passphrase until it follows the rule and was typed twice alike: three tries."""
    for _ in range(3):
        first = ask(f"New passphrase ({RULE}): ")
        if len(first) < LEAST:
            print(f"Too short: {RULE}.", file=sys.stderr)
        elif ask("The same again: ") == first:
            return checked(first)
        else:
            print("The two are not the same.", file=sys.stderr)
    raise OperatorError("No passphrase was chosen: type the command again.")


def checked(passphrase: str) -> str:
    """The passphrase, if it may be used for something new; OperatorError otherwise."""
    if not LEAST <= len(passphrase) <= MOST or not passphrase.isprintable():
        raise OperatorError(f"The passphrase is one line of {RULE}, and at most {MOST}.")
    return passphrase


def _given(chosen: argparse.Namespace) -> str | None:
    if chosen.passphrase_file is not None:
        return _line(files.read_private(chosen.passphrase_file), str(chosen.passphrase_file))
    if chosen.passphrase_fd is not None:
        return _line(_read(chosen.passphrase_fd), "--passphrase-fd")
    return None


def _read(descriptor: int) -> bytes:
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MOST * 4 + 2)
    except OSError as error:
        raise OperatorError(f"--passphrase-fd {descriptor} cannot be read: {error.strerror}.") from error


def _line(data: bytes, place: str) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise OperatorError(f"The passphrase in {place} is not UTF-8 text.") from error
    line = text.removesuffix("\n").removesuffix("\r")
    if not line:
        raise OperatorError(f"There is no passphrase in {place}.")
    return line


def _terminal() -> Ask:
    if not sys.stdin.isatty():
        raise OperatorError(
            "There is no terminal to ask for the passphrase: give --passphrase-file or --passphrase-fd."
        )
    return getpass
