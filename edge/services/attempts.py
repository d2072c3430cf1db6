"""Lock-out after failed sign-ins: counted per claimed identity, in memory only.

A restart forgets the counts; whoever can restart the appliance holds it in his hands anyway.
"""

from __future__ import annotations

from collections import OrderedDict

from protocol.errors import N_, PersonError

ALLOWED = 5
"""Failures before a lock-out: enough for a tired person, far too few to search a million PINs."""

LOCKED_MS = 15 * 60_000
"""How long a lock-out lasts: 480 tries a day at most, so a million PINs take more than five years."""

REMEMBERED = 10_000
"""Identities remembered at once, so that made-up ones do not fill the memory; the oldest is forgotten first."""


class Attempts:
    """Counts the failures of each claimed identity and refuses further tries for a while."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def admit(self, claimed: str, now_ms: int) -> None:
        """Let a try pass, or raise PersonError (429) while the claimed identity is locked."""
        count, last = self._failures.get(claimed, (0, 0))
        if count >= ALLOWED and now_ms - last < LOCKED_MS:
            minutes = (LOCKED_MS - (now_ms - last)) // 60_000 + 1
            raise PersonError(
                N_("Too many attempts. Wait %(minutes)s minutes, or ask at the counter."), status=429, minutes=minutes
            )

    def failed(self, claimed: str, now_ms: int) -> None:
        """Note a failure; the count starts again once a lock-out is over."""
        count, last = self._failures.pop(claimed, (0, 0))
        if now_ms - last >= LOCKED_MS:
            count = 0
        self._failures[claimed] = (count + 1, now_ms)
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, claimed: str) -> None:
        """Forget the failures of someone who got in."""
        self._failures.pop(claimed, None)
