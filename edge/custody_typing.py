"""A passphrase of the vault as it is typed: at a terminal, or from a file. Never from the command line, which every
user of the machine can read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Final

from protocol.errors import OperatorError

Ask = Callable[[str], str]

LEAST: Final = 20
"""Characters of a new one: four or five words drawn by dice, which no one guesses against Argon2id."""

MOST: Final = 1024
RULE: Final = f"at least {LEAST} characters, as in five words drawn by dice"


def terminal() -> Ask | None:
    """What asks at the terminal; None where there is none."""
    try:
        with Path("/dev/tty").open("rb"):
            return getpass
    except OSError:
        return getpass if sys.stdin.isatty() else None


def from_file(path: Path) -> str:
    """The passphrase in a file, without the end of its line; OperatorError when there is none."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise OperatorError(f"{path} is not UTF-8 text.") from error
    line = text.removesuffix("\n").removesuffix("\r")
    if not line:
        raise OperatorError(f"There is no passphrase in {path}.")
    return line


def chosen_new(file: Path | None, ask: Ask | None) -> str:
    """A new passphrase, typed twice alike; OperatorError when it is too short, or there is nobody to ask."""
    if file is not None:
        return _checked(from_file(file))
    if ask is None:
        raise OperatorError("There is no terminal to ask for the passphrase: give --new-passphrase-file.")
    first = ask(f"New passphrase ({RULE}): ")
    if ask("The same again: ") != first:
        raise OperatorError("The two are not the same: type the command again.")
    return _checked(first)


def _checked(passphrase: str) -> str:
    if not LEAST <= len(passphrase) <= MOST or not passphrase.isprintable() or passphrase != passphrase.strip():
        raise OperatorError(f"The passphrase is one line of {RULE}, at most {MOST}, without blanks at its ends.")
    return passphrase
