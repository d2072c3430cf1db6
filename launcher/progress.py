"""What the launcher says while it works: plain lines, and a counter on a terminal."""

from __future__ import annotations

import sys
from typing import TextIO


class Refusal(Exception):
    """The command cannot go on; the message says why and what to type."""


class Speaker:
    """Writes the launcher's lines to one stream, flushed at once so that they keep their order with children's."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stdout
        self._terminal = self._out.isatty()

    def say(self, line: str = "") -> None:
        """Write one line."""
        print(line, file=self._out, flush=True)

    def step(self, line: str) -> None:
        """Announce a step of set-up."""
        self.say(f"mulhaqa: {line}")

    def count(self, done: int, total: int, what: str) -> None:
        """Show how far long work is: in place on a terminal, every twentieth elsewhere so that logs stay short."""
        if self._terminal:
            end = "\n" if done == total else ""
            print(f"\r  {done} of {total} {what}", end=end, file=self._out, flush=True)
        elif done % 20 == 0 or done == total:
            self.say(f"  {done} of {total} {what}")
