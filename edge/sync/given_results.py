"""The first results of commands on their way to a second medium (`protocol.sync.results`).

Those of the commands that are committed while it is followed are given before the records that they stand behind, so
that both are kept together. What was committed before is given once no record is left: nobody remembers behind which
they stand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from edge.store.results import PAGE, results_after
from edge.store.store import Store
from protocol.sync.results import CommandResult


class GivenResults:
    """Of one medium; nothing is collected while none follows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._new: deque[CommandResult] = deque()
        self._follows = False
        self._old_after: bytes | None = None
        self._since_ms = 0
        store.on_results(self._committed)

    def begin(self, since_ms: int = 0) -> None:
        """Somebody follows who has nothing, or nothing that was committed since."""
        self._follows = True
        self._new.clear()
        self._old_after, self._since_ms = b"", since_ms

    def end(self) -> None:
        """Nobody follows."""
        self._follows = False
        self._new.clear()
        self._old_after = None

    def new(self) -> list[CommandResult]:
        """What was committed since the last look, a page of it; it is due before any record is read."""
        found = list(islice(self._new, PAGE))
        for _ in found:
            self._new.popleft()
        return found

    async def old(self) -> list[CommandResult]:
        """A page of what was committed before; nothing once all was given. It is due when no record is left."""
        if self._old_after is None:
            return []
        async with self._store.reading() as reader:
            found = await results_after(reader, self._old_after, self._since_ms)
        self._old_after = found[-1].command if found else None
        return found

    def _committed(self, results: Sequence[CommandResult]) -> None:
        if self._follows:
            self._new.extend(results)
