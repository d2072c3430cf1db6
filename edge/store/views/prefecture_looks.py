"""The view of the days on which agents of the prefecture looked at an account's requests, as its feed tells them.

It stands apart from the account's own row: on a card that was replaced, the feed comes back before the account does.
"""

from __future__ import annotations

from edge.store.views.view import Entry, Folding, View, open_cell, place, seal_cell
from protocol.errors import PeerError
from protocol.office.events import AccountReadAtPrefecture
from protocol.records.encoding import decode, encode

SCHEMA = """
CREATE TABLE prefecture_looks (
    record BLOB PRIMARY KEY NOT NULL,
    account BLOB NOT NULL,
    details BLOB NOT NULL
) STRICT;
CREATE INDEX prefecture_looks_of ON prefecture_looks (account);
"""


def open_days(key: bytes, record: bytes, sealed: bytes) -> list[str]:
    """Open the days (ISO) that one record tells."""
    days = decode(open_cell(key, place("prefecture_looks", "details", record), sealed))
    if not isinstance(days, list):
        raise PeerError("a row of the prefecture's looks is damaged: rebuild the views")
    return [day for day in days if isinstance(day, str)]


async def _read(folding: Folding, entry: Entry, event: AccountReadAtPrefecture) -> None:
    key = await folding.key(entry.subject)
    folding.concerned.add(entry.subject)
    sealed = seal_cell(key, place("prefecture_looks", "details", entry.hash), encode([*event.days]))
    folding.write(
        "INSERT INTO prefecture_looks (record, account, details) VALUES (?, ?, ?)", (entry.hash, entry.subject, sealed)
    )


PREFECTURE_LOOKS = View(
    name="prefecture_looks",
    version=1,
    schema=SCHEMA,
    tables=("prefecture_looks",),
    folds={AccountReadAtPrefecture: _read},
)
