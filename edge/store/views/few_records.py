"""Rows that are folded from the few records about one thing, in the one order of records, the same on every clone.

A table of places names those records, for the office's key seals all the noise of the day as well.
"""

from __future__ import annotations

from edge.store.columns import blob, number
from edge.store.views.view import Entry, Folding
from protocol.records.envelope import Record


async def all_about(folding: Folding, entry: Entry, table: str, column: str, thing: bytes) -> list[Record]:
    """Note a record in `table` as one about `thing`, which stands in `column`; return all of its stream, in order."""
    folding.write(
        f"INSERT INTO {table} ({column}, stream, segment, seq) VALUES (?, ?, ?, ?)",  # noqa: S608 - our own names
        (thing, entry.stream, entry.segment, entry.seq),
    )
    places = await folding.rows(
        f"SELECT segment, seq FROM {table} WHERE {column} = ? AND stream = ?",  # noqa: S608 - our own names
        (thing, entry.stream),
    )
    records = [await folding.record_at(entry.stream, blob(segment), number(seq)) for segment, seq in places]
    return await folding.in_order(records, entry.stream)
