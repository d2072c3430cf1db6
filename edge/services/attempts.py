"""Lock-out after failed sign-ins: counted per claimed identity, in memory only.

A try is counted when it begins, not when it has failed: checking a PIN takes a while, and a hundred tries sent at once
would all pass a count that none of them has reached yet. Who gets in is forgiven all of them.

A restart forgets the counts; whoever can restart the appliance holds it in his hands anyway.
"""

from __future__ import annotations

from collections import OrderedDict

from edge.services.elapsed import passed
from protocol.errors import N_, PersonError

ALLOWED = 5
"""Failures before a lock-out: enough for a tired person, far too few to search a million PINs."""

LOCKED_MS = 15 * 60_000
"""How long a lock-out lasts: 480 tries a day at most, so a million PINs take more than five years."""

REMEMBERED = 10_000
"""Identities remembered at once, so that made-up ones do not fill the memory; the oldest is forgotten first."""


class Attempts:
    """Counts the tries of each claimed identity and refuses further ones for a while."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def admit(self, claimed: str, now_ms: int) -> None:
        """Count a try, or raise PersonError (429) while the claimed identity is locked.

        The count starts again once nobody has tried for as long as a lock-out lasts.
        """
        count, last = self._tries.get(claimed, (0, now_ms))
        if passed(last, LOCKED_MS, now_ms):
            count = 0
        if count >= ALLOWED:
            minutes = -(-(LOCKED_MS - abs(now_ms - last)) // 60_000)
            raise PersonError(
                N_("Too many attempts. Wait %(minutes)s minutes, or ask at the counter."), status=429, minutes=minutes
            )
        self._tries[claimed] = (count + 1, now_ms)
        self._tries.move_to_end(claimed)
        while len(self._tries) > REMEMBERED:
            self._tries.popitem(last=False)

    def succeeded(self, claimed: str) -> None:
        """Forget the tries of someone who got in."""
        self._tries.pop(claimed, None)
