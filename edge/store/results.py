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
from protocol.records.encoding import decode, encode
from protocol.sync.results import CommandResult, Place

PAGE = 256
"""Results read at a time: about what one frame should carry beside cases that are on their way."""

MARK = "mirror/results"
"""In `checkpoints`: the machine that gave them, by its key's id, and the last of its marks up to which all is kept."""

MOST_WAITING = 20_000
"""Results that may wait for their records: more commands than are committed while one batch is on its way."""


async def results_after(reader: Reader, command: bytes, since_ms: int) -> list[CommandResult]:
    """Return a page of what is remembered since an instant, by command, after this one; damaged rows are left out."""
    found = await reader.rows(
        "SELECT id, result, at_ms FROM commands WHERE id > ? AND at_ms >= ? ORDER BY id LIMIT ?",
        (command, since_ms, PAGE),
    )
    results = (opened(reader, blob(row[0]), blob(row[1]), number(row[2])) for row in found)
    return [one for one in results if one is not None]


def opened(reader: Reader, command: bytes, sealed: bytes, at_ms: int) -> CommandResult | None:
    """Return what a row of `commands` says; None where it is damaged."""
    if not sealed:
        return CommandResult(command, b"", at_ms)
    try:
        return CommandResult(command, reader.result(command, sealed), at_ms)
    except PeerError:
        return None


class WaitingResults:
    """What came, until its records are here, and the mark that is kept once nothing of it waits any more."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._waiting: dict[bytes, CommandResult] = {}
        self._most = most
        self._giver = b""
        self._mark = b""
        self._lacks = False

    def begin(self, giver: bytes) -> None:
        """A conversation begins with the machine of this key id: it gives again what was not kept."""
        self._giver, self._mark, self._lacks = giver, b"", False

    def add(self, came: Iterable[CommandResult], mark: bytes = b"") -> None:
        """These came, and lead to a mark; of more than may wait, the oldest go: they are given again, in another
        conversation, and until then no mark is kept."""
        self._waiting.update((one.command, one) for one in came)
        self._mark = mark or self._mark
        while len(self._waiting) > self._most:
            del self._waiting[next(iter(self._waiting))]
            self._lacks = True

    async def settle(self, transaction: Transaction) -> list[CommandResult]:
        """Keep those whose records are held in this transaction; returns them, to be forgotten once it committed."""
        ready = [one for one in self._waiting.values() if await _holds(transaction, one.after)]
        for one in ready:
            transaction.keep_result(one.command, one.result, one.at_ms)
        if self._mark and not self._lacks and len(ready) == len(self._waiting):
            transaction.put_checkpoint(MARK, encode([self._giver, self._mark]))
        return ready

    def forget(self, kept: Iterable[CommandResult]) -> None:
        """These are kept."""
        for one in kept:
            self._waiting.pop(one.command, None)

    def __bool__(self) -> bool:
        return bool(self._waiting)


async def kept_mark(reader: Reader, giver: bytes) -> bytes:
    """Return the mark of this machine up to which all its results are kept here; empty if there is none."""
    rows = await reader.rows("SELECT bytes FROM checkpoints WHERE name = ?", (MARK,))
    try:
        value = decode(blob(rows[0][0])) if rows else None
    except PeerError:
        return b""  # a damaged row: all is given again
    match value:
        case [bytes() as whose, bytes() as mark] if whose == giver:
            return mark
        case _:
            return b""


async def _holds(transaction: Transaction, places: Sequence[Place]) -> bool:
    query = "SELECT 1 FROM records WHERE stream = ? AND segment = ? AND seq = ?"
    for place in places:
        if not await transaction.rows(query, tuple(place)):
            return False
    return True
