"""When a place that holds the log was last found put back: it said that it holds less than it once did.

A place is what `edge.store.confirmations` calls so. What it has lost is sent again by itself; whoever looks after the
appliance is told, for a database put back without the command for it (a machine's snapshot) may have published twice.
"""

from __future__ import annotations

from edge.store.columns import blob
from edge.store.keyring import Source
from edge.store.transaction import Transaction


def note_put_back(tx: Transaction, place: str) -> None:
    """Note that a place was found put back, now."""
    tx.write("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_name(place), str(tx.now_ms).encode()))


async def put_back_ms(source: Source, place: str) -> int | None:
    """When a place was last found put back, by our clock (ms); None if it never was."""
    found = await source.rows("SELECT value FROM meta WHERE name = ?", (_name(place),))
    return int(blob(found[0][0])) if found else None


def _name(place: str) -> str:
    return f"put-back/{place}"
