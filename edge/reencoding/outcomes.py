"""How the process that makes one scan anew tells how it ended: by its exit status, for its output is the scan."""

from __future__ import annotations

from enum import IntEnum

MOST_PAGES = 40
"""Pages of the longest piece that stays in a dossier, a lease with its annexes, twice over."""


class Outcome(IntEnum):
    """Exit statuses. Those of Python itself (1, 2) and of a killed process are none of them: the file was at fault, or
    what reads it; nobody can tell which."""

    DONE = 0
    DAMAGED = 10
    """It is no picture or document of its type, or not whole."""
    LOCKED = 11
    """It opens with a password alone."""
    TOO_LARGE = 12
    """More dots, pages or bytes than a scan has."""


class Unfit(Exception):
    """This file is not made anew, and why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome
