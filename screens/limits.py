"""Rate limits by what is asked and from where (a paired screen, or an address): for what one could try over and over.

A limit counts *failures* (a wrong PIN, an unknown reference), so that a busy office never meets it. Counts live in
memory; a restart forgets them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from protocol.errors import N_, PersonError

REMEMBERED = 10_000
"""Addresses remembered: more than a LAN has. Past it the one quiet for longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`allowed` failures within `window_ms`; then `name` is refused until the window is over."""

    name: str
    allowed: int
    window_ms: int


SIGN_IN = Limit("sign-in", 30, 10 * 60_000)
"""From one address: six people who each forget their PIN five times. Each identity has its own lock-out besides."""

STAFF_SIGN_IN = Limit("staff sign-in", 30, 10 * 60_000)
"""The same for agents, counted apart: a visitor's guesses at a kiosk close no counter behind the same address."""

CLAIMS = Limit("claim", 20, 10 * 60_000)
"""Accounts refused from one address because the card has one: whoever goes through card numbers learns who is known."""

LOOK_UP = Limit("look-up", 20, 10 * 60_000)
"""Unknown references from one address. With 45 random bits and a check symbol a guess is hopeless at this pace."""

PAIRING = Limit("pairing", 10, 10 * 60_000)
"""Wrong pairing codes from one address: two screens' slips. A device that is no screen has nothing else to try."""

PAIRING_ALL = Limit("all pairing", 60, 10 * 60_000)
"""Wrong codes from all addresses together: whoever takes a new address for each guess is stopped too. Typing a code
then rests for a while; paired screens and QR codes do not."""

CALLS = Limit("call", 6, 60_000)
"""Calls for help from one screen in a minute: more would only ring the same bell."""


class Limits:
    """Counts what went wrong, by limit and address."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._counts: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def admit(self, limit: Limit, address: str) -> None:
        """Let a try pass, or raise PersonError (429)."""
        count, since = self._counts.get((limit.name, address), (0, 0))
        left = since + limit.window_ms - self._now()
        if count >= limit.allowed and left > 0:
            raise PersonError(
                N_("Too many attempts from this screen. Wait %(minutes)s minutes, or ask at the counter."),
                status=429,
                minutes=left // 60_000 + 1,
            )

    def note(self, limit: Limit, address: str) -> None:
        """Count one failure (or one use) of what `limit` guards."""
        now = self._now()
        count, since = self._counts.pop((limit.name, address), (0, now))
        if now - since >= limit.window_ms:
            count, since = 0, now
        self._counts[(limit.name, address)] = (count + 1, since)
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)

    @contextmanager
    def trying(self, limit: Limit, address: str, *failures: int) -> Iterator[None]:
        """Count a try while it is judged, and for good if it ends as a PersonError with one of the statuses `failures`.

        It counts from its beginning, for checking a PIN takes a while: a hundred sent at once would all pass a count
        that none of them has reached yet. Raises PersonError (429) where `admit` does.
        """
        self.admit(limit, address)
        self.note(limit, address)
        try:
            yield
        except PersonError as error:
            if error.status not in failures:
                self._take_back(limit, address)
            raise
        self._take_back(limit, address)

    def _take_back(self, limit: Limit, address: str) -> None:
        count, since = self._counts.get((limit.name, address), (0, 0))
        if count > 0:
            self._counts[(limit.name, address)] = (count - 1, since)
