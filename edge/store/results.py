"""The first results of commands, for a second copy of this log: given from here, and kept there.

What is given: those of the commands that are committed while somebody follows, each behind its records; and those that
the disk remembers of earlier, behind all records, also the empty ones of long ago: no copy does twice what was done.
What comes is kept in the transaction in which the records are held that it stands behind; until then it waits in
memory, for whoever gave it gives it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.store.columns import blob, number
from edge.store.reader import Reader
from edge.store.transaction import Transaction
from protocol.errors import PeerError
from protocol.sync.results import CommandResult, Place

PAGE = 256
"""Results read at a time: about what one frame should carry beside cases that are on their way."""

MOST_WAITING = 20_000
"""Results that may wait for their records: more commands than are committed while one batch is on its way."""


async def results_after(reader: Reader, command: bytes, since_ms: int) -> list[CommandResult]:
    """Return a page of what is remembered since an instant, by command, after this one; damaged rows are left out."""
    found = await reader.rows(
        "SELECT id, result, at_ms FROM commands WHERE id > ? AND at_ms >= ? ORDER BY id LIMIT ?",
        (command, since_ms, PAGE),
    )
    opened = (_opened(reader, blob(row[0]), blob(row[1]), number(row[2])) for row in found)
    return [one for one in opened if one is not None]


def _opened(reader: Reader, command: bytes, sealed: bytes, at_ms: int) -> CommandResult | None:
    if not sealed:
        return CommandResult(command, b"", at_ms)
    try:
        return CommandResult(command, reader.result(command, sealed), at_ms)
    except PeerError:
        return None


class WaitingResults:
    """What came, until its records are here."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, CommandResult] = {}

    def add(self, came: Iterable[CommandResult]) -> None:
        """These came; of more than may wait, the oldest go: they are given again."""
        self._waiting.update((one.command, one) for one in came)
        while len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]

    async def settle(self, transaction: Transaction) -> list[CommandResult]:
        """Keep those whose records are held in this transaction; returns them, to be forgotten once it committed."""
        ready = [one for one in self._waiting.values() if await _holds(transaction, one.after)]
        for one in ready:
            transaction.keep_result(one.command, one.result, one.at_ms)
        return ready

    def forget(self, kept: Iterable[CommandResult]) -> None:
        """These are kept."""
        for one in kept:
            self._waiting.pop(one.command, None)

    def __bool__(self) -> bool:
        return bool(self._waiting)


async def _holds(transaction: Transaction, places: Sequence[Place]) -> bool:
    query = "SELECT 1 FROM records WHERE stream = ? AND segment = ? AND seq = ?"
    for place in places:
        if not await transaction.rows(query, tuple(place)):
            return False
    return True
