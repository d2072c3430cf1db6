"""Passwords at the prefecture: Argon2id in a thread, two at a time, and a lock-out for logins that fail.

Two at a time because each takes 64 MiB and some 100 ms of a core: a row of sign-ins waits, ingest does not stop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from protocol.errors import N_, OperatorError, PersonError

AT_ONCE = 2

ALLOWED = 5
"""Failures before a lock-out: enough for a tired person, far too few to search for a password."""

LOCKED_MS = 15 * 60_000
REMEMBERED = 10_000
"""Logins remembered at once, so that made-up ones do not fill the memory; the oldest is forgotten first."""


class Passwords:
    """Hashes passwords and checks them; `entropy(n)` gives n random bytes."""

    def __init__(self, entropy: Callable[[int], bytes], hasher: PasswordHasher | None = None) -> None:
        self._entropy = entropy
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The encoded Argon2id hash."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password, salt=self._entropy(16))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `stored` was made of this password; None takes as long and never is."""
        if self._nobody is None:
            self._nobody = await self.hash(self._entropy(16).hex())
        async with self._turn:
            right = await asyncio.to_thread(self._check, stored or self._nobody, password)
        return right and stored is not None

    def _check(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except InvalidHashError as error:
            raise OperatorError("A stored password is damaged: restore the database from its backup.") from error
        except VerificationError:
            return False


class Attempts:
    """Counts the tries of each claimed login, in memory, and refuses further ones for a while.

    A try counts from its beginning, not when it has failed: checking a password takes a while, and a hundred sent at
    once would all pass a count that none of them has reached yet. Who gets in is forgiven all of them.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._tries: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def admit(self, claimed: str) -> None:
        """Count a try, or raise PersonError (429) while the login is locked; after a lock-out it begins again."""
        now = self._now()
        count, last = self._tries.get(claimed, (0, now))
        left = last + LOCKED_MS - now
        if left <= 0:
            count = 0
        if count >= ALLOWED:
            raise PersonError(
                N_("Too many attempts. Wait %(minutes)s minutes, then try again."),
                status=429,
                minutes=left // 60_000 + 1,
            )
        self._tries[claimed] = (count + 1, now)
        self._tries.move_to_end(claimed)
        while len(self._tries) > REMEMBERED:
            self._tries.popitem(last=False)

    def succeeded(self, claimed: str) -> None:
        """Forget the tries of someone who got in."""
        self._tries.pop(claimed, None)
