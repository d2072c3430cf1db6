"""The first results of commands on their way to a standby (`protocol.sync.results`), from where it says that it holds
them.

Two ways lead there:

    new   what is committed while it follows, each ahead of the records that it stands behind, so that both are kept
          together
    old   what was committed before, in the order in which it was kept here, once no record is left: nobody remembers
          behind which it stands

Rules:

- A mark says: all up to this place of the order was given in this conversation, or was held before it. It moves over
  what was given, never past what was not.
- Old is only what the writer has told of (`_find_end`): of what it tells a moment later the records are still to go.
- What came from elsewhere (a medium that was read back) stands in the order and is told by nobody: found there, it is
  given as old.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from edge.store.order import BEGINNING, PAGE, Kept, Place, kept_after, last_position, place_of, places_after
from edge.store.store import Store, Transaction
from protocol.records.encoding import Value
from protocol.sync.results import CommandResult


class Page(NamedTuple):
    """Results to give together, and the mark that they lead to; empty if it is the one given before."""

    results: Sequence[CommandResult]
    mark: bytes = b""


class MarkedResults:
    """Of one conversation with a standby; nothing is collected before `begin` and after `end`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._new: deque[CommandResult] = deque()
        self._given: set[bytes] = set()  # ahead of their place in the order, which the mark has not reached
        self._told = b""
        self._at: Place | None = None
        self._said = BEGINNING
        self._end: int | None = None
        self._is_whole = False  # nothing old is left

    def begin(self) -> None:
        """It follows, and has said nothing yet: it may hold nothing."""
        self._store.on_results(self._committed)

    def told(self, mark: bytes) -> None:
        """It holds all up to this mark, if it is one of ours; said before anything is given."""
        self._told = mark

    def end(self) -> None:
        """It follows no longer."""
        self._store.on_results_no_more(self._committed)

    async def new(self) -> Page | None:
        """What was committed since the last look, a page of it, due before any record is read; None for nothing."""
        found = list(islice(self._new, PAGE))
        if not found:
            return None
        for _ in found:
            self._new.popleft()
        self._given.update(one.command for one in found)
        if self._is_whole:
            await self._move()
        return Page(found, self._mark())

    async def old(self) -> Page | None:
        """A page of what was committed before, due when no record is left; None for nothing.

        An empty page without a mark asks to look for records once more.
        """
        if self._is_whole:
            return None
        if self._end is None:
            self._end = await self._find_end()
            return Page(())
        at = self._at or await self._begin_at()
        async with self._store.reading() as reader:
            rows = await kept_after(reader, at, self._end)
        waiting = {one.command for one in self._new}
        due = list(_until(rows, waiting))
        self._at = due[-1].place if due else at
        self._is_whole = not rows
        results = [one.result for one in due if one.result is not None and one.place.command not in self._given]
        self._given.difference_update(one.place.command for one in due)
        mark = self._mark()
        return Page(results, mark) if results or mark else None

    async def _begin_at(self) -> Place:
        async with self._store.reading() as reader:
            at = await place_of(reader, self._told)
        self._said = at
        return at

    async def _find_end(self) -> int:
        """The end of the order, behind the writer: it has told of all up to there, results and records, by now."""
        end = 0

        async def look(transaction: Transaction) -> Value:
            nonlocal end
            end = await last_position(transaction)
            return None

        await self._store.perform(look)
        return end

    async def _move(self) -> None:
        """Move the mark over what was given as new; where something else stands, that is given as old first."""
        while self._given and self._is_whole:
            at = self._at or BEGINNING
            async with self._store.reading() as reader:
                places = await places_after(reader, at, len(self._given))
            for place in places:
                if place.command not in self._given:
                    self._is_whole, self._end = False, None
                    break
                self._given.discard(place.command)
                self._at = place
            if not places:
                break

    def _mark(self) -> bytes:
        at = self._at or BEGINNING
        if at == self._said:
            return b""
        self._said = at
        return at.mark()

    def _committed(self, results: Sequence[CommandResult]) -> None:
        self._new.extend(results)


def _until(rows: Sequence[Kept], waiting: set[bytes]) -> Iterator[Kept]:
    """Those before the first that is to be given as new."""
    for one in rows:
        if one.place.command in waiting:
            return
        yield one
