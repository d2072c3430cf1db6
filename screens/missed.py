"""What a page may have missed: announced after it was drawn, and before its stream of announcements was open.

A page that listens says how old it is (`age`, in milliseconds), and is told at once of what was announced since. Both
ends count a span by a clock of their own that never jumps, so it does not matter what time each takes it to be.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

LATE_S: Final = 1.0
"""What the way of the stream's question may take longer than that of the page's: told once too often costs a look."""

OLDEST_MS: Final = 60_000
"""A page that took longer to arrive and listen: a slower one says less than it is, and is no worse off than before."""


def missed_s(request: web.Request) -> float:
    """How many seconds back announcements count for a page that begins to listen; 0 where it does not say its age."""
    age = request.query.get("age", "")
    if not age.isascii() or not age.isdecimal() or len(age) > len(str(OLDEST_MS)):
        return 0.0
    return min(int(age), OLDEST_MS) / 1000 + LATE_S
