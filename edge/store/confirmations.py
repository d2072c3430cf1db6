"""Since when which records are held elsewhere: a row for each signed checkpoint that added something.

A place is where a copy of the log is: `prefecture`; `mirror`, a standby that follows; `medium`, a disk beside the card.
That a record is confirmed is for the last checkpoint of the place to say; these rows say since when. A head covers its
segment up to its seq, and through the segment's parent all before it. A place that lost its memory begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.store.columns import blob, number, text
from edge.store.keyring import Source
from edge.store.put_back import note_put_back
from edge.store.transaction import Transaction
from protocol.records.chain import Head
from protocol.sync.checkpoint import Held

PREFECTURE = "prefecture"
MIRROR = "mirror"
MEDIUM = "medium"


async def note(tx: Transaction, place: str, held: Iterable[Held], *, restored: bool = False) -> None:
    """Note what a checkpoint of `place` covers and none before did; `restored`: it holds less than it once said."""
    if restored:
        note_put_back(tx, place)
    for one in held:
        if restored:
            tx.write("DELETE FROM confirmations WHERE place = ? AND stream = ?", (place, one.stream))
        for leaf in one.leaves:
            await _note(tx, place, one.stream, leaf)


async def _note(tx: Transaction, place: str, stream: str, leaf: Head) -> None:
    head: Head | None = leaf
    while head is not None:
        found = await tx.rows(
            "SELECT parent_segment, parent_seq, parent_hash, (SELECT max(seq) FROM confirmations AS c WHERE place = ?"
            " AND c.stream = s.stream AND c.segment = s.segment) FROM segments AS s WHERE stream = ? AND segment = ?",
            (place, stream, head.segment),
        )
        if not found:
            return  # a segment that only the other place holds
        *parent, known = found[0]
        if known is not None and number(known) >= head.seq:
            return
        tx.write(
            "INSERT INTO confirmations (place, stream, segment, seq, at_ms) VALUES (?, ?, ?, ?, ?)",
            (place, stream, head.segment, head.seq, tx.now_ms),
        )
        if known is not None or parent[0] is None:
            return
        head = Head(blob(parent[0]), number(parent[1]), blob(parent[2]))


async def since(source: Source, place: str, stream: str, segment: bytes, seq: int) -> int | None:
    """Return when `place` first confirmed this record, by our clock (ms); None when nobody noted it."""
    found = await source.rows(
        "SELECT at_ms FROM confirmations WHERE place = ? AND stream = ? AND segment = ? AND seq >= ?"
        " ORDER BY seq LIMIT 1",
        (place, stream, segment, seq),
    )
    return number(found[0][0]) if found else None


async def places(source: Source) -> list[str]:
    """Return the places that ever confirmed something, by name."""
    made = await source.rows("SELECT 1 FROM sqlite_master WHERE name = 'confirmations'")
    found = await source.rows("SELECT DISTINCT place FROM confirmations ORDER BY place") if made else []
    return [text(row[0]) for row in found]
