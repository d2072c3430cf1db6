"""What arrived and is not committed: the one place where a peer's numbers and its credit are counted."""

from __future__ import annotations

from protocol.errors import CallerError
from protocol.sync.refusals import CreditExceeded, OutOfTurn
from protocol.sync.window import CEILING

# What we take from a peer before it must wait for our commits: the memory that one peer may cost us.
CREDIT = CEILING


class Arrivals:
    """Batches and chunks of one conversation, numbered together from 1."""

    def __init__(self) -> None:
        self.last = 0
        self._uncommitted: dict[int, int] = {}
        self._taken = 0
        self._committed = 0

    def check(self, number: int, size: int) -> None:
        """Raises OutOfTurn or CreditExceeded for a frame of `size` bytes that may not come now."""
        if number != self.last + 1:
            raise OutOfTurn(f"Number {number} cannot follow {self.last}.")
        if self._taken + size > self._committed + CREDIT:
            raise CreditExceeded("The peer sent more than it was granted.")

    def take(self, number: int, size: int) -> None:
        """It came."""
        self.last = number
        self._taken += size
        self._uncommitted[number] = size

    def commit(self, through: int) -> int:
        """All up to this number are committed; returns the credit to grant. Raises CallerError for what never came."""
        if through > self.last:
            raise CallerError("What did not arrive cannot be acknowledged.")
        for number in [number for number in self._uncommitted if number <= through]:
            self._committed += self._uncommitted.pop(number)
        return self._committed + CREDIT
