"""`mulhaqa-edge give-password`: let somebody in again whose password is lost, where no supervisor is left to do it."""

from __future__ import annotations

import argparse
import os
import sys

from edge.custody_typing import terminal
from edge.installation import open_installation
from edge.opening import opened_office
from edge.services import own_password
from edge.sole_writer import now_ms

GIVE = """Give an agent a password for his next sign-in, at the appliance itself: he chooses his own at once.
At a screen a supervisor does it for others; this is for the last supervisor."""


def password_options(sub: argparse.ArgumentParser) -> None:
    """The options of `give-password`."""
    sub.add_argument("--login", required=True, help="whose password is lost")
    sub.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from standard input"
    )
    sub.set_defaults(run=_give)


async def _give(chosen: argparse.Namespace) -> int:
    password = sys.stdin.readline().rstrip("\n")
    async with opened_office(open_installation(chosen.data, terminal()), now_ms, os.urandom) as office:
        await own_password.give(office, office.command(), chosen.login, password)
    print(f"{chosen.login} signs in with this password within a week, and chooses another one.")
    return 0
