"""The view of what a later release wrote: records that are kept and passed on here, and that only an upgrade can read.

Each start looks whether this release reads any of them, and if so folds the views anew: nobody has to remember to say
that it does. Until then the administrator sees how many there are; a case that one is about is frozen, and shows it.
"""

from __future__ import annotations

from edge.store.views.view import Entry, Folding, View

SCHEMA = """
CREATE TABLE later_records (
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (stream, segment, seq)
) STRICT, WITHOUT ROWID;
"""


async def _noted(folding: Folding, entry: Entry) -> None:
    folding.write(
        "INSERT INTO later_records (stream, segment, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (entry.stream, entry.segment, entry.seq),
    )


LATER = View(name="later", version=1, schema=SCHEMA, tables=("later_records",), folds={}, unknown=_noted)
