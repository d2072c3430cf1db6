"""Lock-out after failed sign-ins that cannot be turned against somebody: counted by person and place, in memory only.

Rules:

- A place is a screen. Failures of one identity are counted at the place where they happen: who guesses at one screen
  locks nobody out of another.
- A place where somebody got in is known for him, for a month. There nothing counts but what happened there, so guesses
  from elsewhere never keep an agent from his own counter or tablet.
- All other places count together besides, or ten screens would be ten times as many guesses.
- Whoever is locked out for another's guesses goes to the counter with his card: he is let in again at once.
- A try is counted when it begins, not when it has failed: checking a PIN takes a while, and a hundred tries sent at
  once would all pass a count that none of them has reached yet. Who gets in is forgiven his own.

A restart forgets the counts; whoever can restart the appliance holds it in his hands anyway.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TypeVar

from edge.services.elapsed import passed
from protocol.errors import N_, PersonError

ALLOWED = 5
"""Failures at one place before a lock-out: enough for a tired person, far too few to search a million PINs."""

ALLOWED_AMONG_STRANGERS = 10
"""The same at all places together where he never got in: two screens, for who tries the other one."""

LOCKED_MS = 15 * 60_000
"""How long a lock-out lasts: 960 tries a day at most from places that are not his; a million PINs take three years."""

KNOWN_MS = 30 * 24 * 60 * 60_000
"""How long a place is known after he got in there: longer than a leave."""

REMEMBERED = 10_000
"""Identities at places remembered at once, so that made-up ones do not fill the memory; the oldest is forgotten first.
The limit of a screen (`screens.limits`) makes that days of guessing."""

ONE_PLACE = "one place"
"""For whoever does not tell screens apart."""

EVERYWHERE = "\0"
"""Where what happened at all places that are not known is counted; no screen is called so."""

Key = tuple[str, str]
V = TypeVar("V")


class Attempts:
    """Counts the tries of each claimed identity and refuses further ones for a while."""

    def __init__(self) -> None:
        self._tries: OrderedDict[Key, tuple[int, int]] = OrderedDict()
        self._known: OrderedDict[Key, int] = OrderedDict()

    def admit(self, claimed: str, place: str, now_ms: int) -> None:
        """Count a try at a place, or raise PersonError (429) while the claimed identity is locked there.

        The count starts again once nobody has tried for as long as a lock-out lasts.
        """
        counters = list(self._counters(claimed, place, now_ms))
        for key, allowed in counters:
            self._refuse_one_too_many(key, allowed, now_ms)
        for key, _ in counters:
            count, _ = self._count(key, now_ms)
            _keep(self._tries, key, (count + 1, now_ms))

    def _counters(self, claimed: str, place: str, now_ms: int) -> Iterator[tuple[Key, int]]:
        yield (claimed, place), ALLOWED
        if not self._is_known(claimed, place, now_ms):
            yield (claimed, EVERYWHERE), ALLOWED_AMONG_STRANGERS

    def _is_known(self, claimed: str, place: str, now_ms: int) -> bool:
        since = self._known.get((claimed, place))
        return since is not None and not passed(since, KNOWN_MS, now_ms)

    def _refuse_one_too_many(self, key: Key, allowed: int, now_ms: int) -> None:
        count, last = self._count(key, now_ms)
        if count >= allowed:
            minutes = -(-(LOCKED_MS - abs(now_ms - last)) // 60_000)
            raise PersonError(
                N_("Too many attempts. Wait %(minutes)s minutes, or ask at the counter."), status=429, minutes=minutes
            )

    def _count(self, key: Key, now_ms: int) -> tuple[int, int]:
        count, last = self._tries.get(key, (0, now_ms))
        return (0, now_ms) if passed(last, LOCKED_MS, now_ms) else (count, last)

    def succeeded(self, claimed: str, place: str, now_ms: int) -> None:
        """Forget the tries of who got in at a place, which is known now. What was tried elsewhere stays counted where
        that place was known before: else each sign-in of his would be ten more guesses for somebody else."""
        for key, _ in list(self._counters(claimed, place, now_ms)):
            self._tries.pop(key, None)
        _keep(self._known, (claimed, place), now_ms)

    def forgive(self, claimed: str) -> None:
        """Forget every try of somebody who showed who he is."""
        for key in [key for key in self._tries if key[0] == claimed]:
            del self._tries[key]


def _keep(among: OrderedDict[Key, V], key: Key, value: V) -> None:
    among[key] = value
    among.move_to_end(key)
    while len(among) > REMEMBERED:
        among.popitem(last=False)
