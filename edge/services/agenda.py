"""Which requests were decided on and wait for their answer: to be sealed, or to be told.

Read once from the views, so that a restart loses none; from then on fed by what is committed. A request that was
answered leaves the agenda and is never opened again, however many old ones there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.services.elapsed import passed
from edge.store.rows import Committed
from edge.store.store import Store
from edge.store.worklist import unanswered

ANSWERABLE = frozenset({"decision.taken", "appeal.answered", "certificate.replaced"})
"""Kinds of events after which a paper is to be made or the citizen to be told."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A request to be looked at; `decided_ms` is None until it was opened once since its last decision."""

    subject: bytes
    decided_ms: int | None = None


class Agenda:
    """The requests to be answered, in the order of their decisions."""

    def __init__(self) -> None:
        self._entries: dict[bytes, Entry] = {}
        self._listens = False
        self._read = False

    def __len__(self) -> int:
        return len(self._entries)

    async def begin(self, store: Store) -> None:
        """Listen to what is committed, then read what was decided before; once, however often it is called."""
        if not self._listens:
            store.on_commit(self._committed)
            self._listens = True
        if not self._read:
            async with store.reading() as reader:
                for subject in await unanswered(reader):
                    self._entries.setdefault(subject, Entry(subject))
            self._read = True

    def due(self, undo_ms: int, now_ms: int) -> list[Entry]:
        """Return the entries whose decision can't be taken back any more, or was not looked at yet."""
        return [
            entry
            for entry in self._entries.values()
            if entry.decided_ms is None or passed(entry.decided_ms, undo_ms, now_ms)
        ]

    def decided(self, entry: Entry, decided_ms: int) -> None:
        """Note when the decision was taken; an entry that a newer decision has replaced stays as it is."""
        if self._entries.get(entry.subject) is entry:
            self._entries[entry.subject] = Entry(entry.subject, decided_ms)

    def done(self, entry: Entry) -> None:
        """Forget a request that needs no answer any more, unless it was decided on again meanwhile."""
        if self._entries.get(entry.subject) is entry:
            del self._entries[entry.subject]

    def _committed(self, changes: Sequence[Committed]) -> None:
        for change in changes:
            if change.kind in ANSWERABLE and change.subject is not None:
                self._entries[change.subject] = Entry(change.subject)
