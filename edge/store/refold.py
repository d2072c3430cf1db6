"""Views from nothing: drop them, and fold the whole log again in the order of its arrival."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from edge.store.columns import blob, number
from edge.store.connection import statements_of
from edge.store.keyring import Keyring, Source
from edge.store.lines import Lines
from edge.store.pending import Pending
from edge.store.vault import Vault
from edge.store.views.fold import drops, fingerprint, fold_record
from edge.store.views.view import Folding, Named, View
from protocol.records.envelope import Record, parse_record

PAGE = 500
"""Records read at a time: bounds memory, whatever the length of the log."""


Progress = Callable[[int, int], None]
"""Hears how many records are folded, and of how many, after each page."""


def untold(_done: int, _total: int) -> None:
    """Nobody waits for it."""


async def records_in_order(source: Source, after: int = 0) -> AsyncIterator[tuple[int, Record]]:
    """Yield every stored record with its position, in the order of arrival."""
    while True:
        rows = await source.rows(
            "SELECT position, bytes FROM records WHERE position > ? ORDER BY position LIMIT ?", (after, PAGE)
        )
        for row in rows:
            after = number(row[0])
            yield after, parse_record(blob(row[1]))
        if len(rows) < PAGE:
            return


async def refold(
    pending: Pending, views: Sequence[View], keyring: Keyring, vault: Vault, progress: Progress = untold
) -> tuple[int, list[Named]]:
    """Drop the views and fold them from the log, in the transaction that is open.

    Returns how many records were folded, and the names to search by.
    """
    for statement in drops(views):
        pending.write(statement)
    for view in views:
        for statement in statements_of(view.schema):
            pending.write(statement)
    folding = Folding(pending, keyring, vault, fresh={}, lines=Lines())
    folded = 0
    rows = await pending.rows("SELECT position FROM records ORDER BY position DESC LIMIT 1")
    total = number(rows[0][0]) if rows else 0
    async for _, record in records_in_order(pending):
        key = None if record.subject is None else await keyring.key(pending, record.subject)
        await fold_record(views, folding, record, key)
        folded += 1
        if folded % PAGE == 0:
            progress(folded, total)
    pending.write("INSERT OR REPLACE INTO meta (name, value) VALUES ('views', ?)", (fingerprint(views),))
    await pending.flush()
    return folded, folding.named
