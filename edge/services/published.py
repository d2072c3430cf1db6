"""The newest version of each procedure, in memory: pages ask for it all day, a prefecture changes it now and then.

Read at the first question, and again at the next after a publication. What was being read when one came is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.store.rows import Committed
from edge.store.store import Store
from protocol.office.catalogue import Procedure
from protocol.office.events import CataloguePublished

PUBLISHED = str(CataloguePublished.__struct_config__.tag)
"""The kind of what changes the guide."""


class Published:
    """What the prefecture has published for the guide."""

    def __init__(self) -> None:
        self._newest: Mapping[str, Procedure] | None = None
        self._edition = 0
        self._listens = False

    async def newest(self, store: Store) -> Mapping[str, Procedure]:
        """Return the newest version of every procedure, by id."""
        if not self._listens:
            store.on_commit(self._committed)
            self._listens = True
        if self._newest is not None:
            return self._newest
        edition = self._edition
        async with store.reading() as reader:
            found = {one.id: one for one in await reader.procedures()}
        if edition == self._edition:
            self._newest = found
        return found

    def _committed(self, changes: Sequence[Committed]) -> None:
        if any(change.kind == PUBLISHED for change in changes):
            self._newest = None
            self._edition += 1
