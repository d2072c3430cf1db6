"""How long a server may take until it answers: so long without a word of progress.

A server that folds its views anew after an upgrade says so again and again (`start.progress` in its journal). Whatever
else it says counts for nothing: a server that complains is not one that gets on.
"""

from __future__ import annotations

PROGRESS = b"start.progress"
"""The event of the lines that count (`edge/starting.py`)."""


class Patience:
    """Of one start; `now` in seconds, monotonic."""

    def __init__(self, seconds: float, now: float) -> None:
        self._seconds = seconds
        self._end = now + seconds
        self._last = b""

    def hear(self, words: bytes, now: float) -> None:
        """What it has said since the last time, wherever that ends: each line of progress begins the time anew."""
        heard = self._last + words
        if PROGRESS in heard:
            self._end = now + self._seconds
            heard = heard[heard.rindex(PROGRESS) + len(PROGRESS) :]
        self._last = heard[-len(PROGRESS) + 1 :]

    def is_over(self, now: float) -> bool:
        """Whether it took too long."""
        return now >= self._end
