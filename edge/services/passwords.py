"""Argon2id for PINs and passwords (RFC 9106), in a thread, one at a time.

One at a time because each takes 64 MiB and about 200 ms of a core: a row of sign-ins waits, the office does not stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from protocol.errors import OperatorError


class Passwords:
    """Hashes secrets and checks them."""

    def __init__(self, entropy: Callable[[int], bytes], hasher: PasswordHasher | None = None) -> None:
        self._entropy = entropy
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(1)
        self._nobody: str | None = None

    async def hash(self, secret: str) -> str:
        """Return the encoded Argon2id hash of `secret`."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, secret, salt=self._entropy(16))

    async def matches(self, stored: str | None, secret: str) -> bool:
        """Say whether `secret` is the one that `stored` was made of; None takes as long and is never matched."""
        async with self._turn:
            if self._nobody is None:
                self._nobody = await asyncio.to_thread(self._hash_of_nobody)
            right = await asyncio.to_thread(self._check, stored or self._nobody, secret)
        return right and stored is not None

    def _hash_of_nobody(self) -> str:
        """Return a hash of a secret that nobody knows, as dear as a person's: checked when there is no such person."""
        return self._hasher.hash(self._entropy(32), salt=self._entropy(16))

    def _check(self, stored: str, secret: str) -> bool:
        try:
            return self._hasher.verify(stored, secret)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise OperatorError(
                "A stored password hash cannot be checked: run mulhaqa-edge verify-log, and see that memory is free."
            ) from error
