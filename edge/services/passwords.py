"""Argon2id for PINs and passwords (RFC 9106), in a thread, one at a time.

One at a time because each takes 64 MiB and about 200 ms of a core: a row of sign-ins waits, the office does not stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from protocol.errors import OperatorError

NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bXVsaGFxYS1ub2JvZHkh$hvIB8XBzzTJvqhRQmlzLQqDW1rNqJwdVyjDdI2TQWwU"
"""A hash that no secret is known for: checked when the claimed person does not exist, so that both take as long."""


class Passwords:
    """Hashes secrets and checks them."""

    def __init__(self, entropy: Callable[[int], bytes], hasher: PasswordHasher | None = None) -> None:
        self._entropy = entropy
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(1)

    async def hash(self, secret: str) -> str:
        """Return the encoded Argon2id hash of `secret`."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, secret, salt=self._entropy(16))

    async def matches(self, stored: str | None, secret: str) -> bool:
        """Say whether `secret` is the one that `stored` was made of; None takes as long and is never matched."""
        async with self._turn:
            right = await asyncio.to_thread(self._check, stored or NOBODY, secret)
        return right and stored is not None

    def _check(self, stored: str, secret: str) -> bool:
        try:
            return self._hasher.verify(stored, secret)
        except InvalidHashError as error:
            raise OperatorError("A stored password hash is damaged: run mulhaqa-edge verify-log.") from error
        except VerificationError:
            return False
