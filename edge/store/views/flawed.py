"""The view of what the prefecture published and what cannot be: records that are kept, and have no effect.

They were signed and chained rightly, so they stand in the log and are acknowledged; what follows them is taken. The
administrator sees them, with what to do (`edge.store.flaws`).
"""

from __future__ import annotations

from edge.store.views.view import Entry, Folding, View
from protocol.errors import PeerError

SCHEMA = """
CREATE TABLE flawed_records (
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (stream, segment, seq)
) STRICT, WITHOUT ROWID;
"""


async def _noted(folding: Folding, entry: Entry, why: PeerError) -> None:
    folding.write(
        "INSERT INTO flawed_records (stream, segment, seq, why) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (entry.stream, entry.segment, entry.seq, why.kind),
    )


FLAWED = View(name="flawed", version=1, schema=SCHEMA, tables=("flawed_records",), folds={}, flawed=_noted)
