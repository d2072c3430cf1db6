"""A way to the vault's key that needs nobody: what holds its secret, asked at each start.

Rules that every way follows (one contract suite holds them to it, `tests/edge/custody/test_ways.py`):

- `secret` gives the same 32 bytes or more each time, and never invents any. What cannot be had, is too short, or is all
  zeros (a memory that nobody programmed) is an OperatorError that says what to do, and holds no byte of the secret.
- `prepare` is called once, before its slot is written, and leaves an existing secret as it is. A cut between the two
  leaves a secret that opens nothing.
- `forget` is called once its slot is gone. What is not ours to delete (a chip, systemd's credential, a stick in
  somebody's drawer) it leaves.
- `slot`: the slot's id, by which one way can hold the secrets of several.

A secret alone opens nothing either: `slots.py` mixes it with the salt of its slot, which lies on the card.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from protocol.errors import OperatorError

LEAST: Final = 32
"""Bytes of a secret: nobody guesses 256 bits, so no cost of trying is needed."""

MOST: Final = 4096
"""Bytes read of one: systemd's credentials may be longer than ours, and none is endless."""


class Way(Protocol):
    """One way to a secret that this machine can fetch by itself."""

    @property
    def kind(self) -> str:
        """Which way it is, as it is typed and kept."""

    def prepare(self, slot: str, entropy: Callable[[int], bytes]) -> None:
        """See that there is a secret for the slot; OperatorError when there can be none."""

    def secret(self, slot: str) -> bytes:
        """The slot's secret; OperatorError when it cannot be had."""

    def forget(self, slot: str) -> None:
        """The slot is gone: delete its secret where that is ours to do."""


def checked(secret: bytes, *, missing: str) -> bytes:
    """The secret, if it is one; OperatorError with the words `missing` otherwise."""
    if len(secret) < LEAST or not any(secret):
        raise OperatorError(missing)
    return secret
