"""Which records of the prefecture's feed publish one and the same thing: a version of a procedure, a year's holidays.

Mostly there is one, or each takes the place of the one before. But a prefecture that was put back to an earlier state
may have published another under the same name: then which stands is for the one order of records to say, not for
what came first here. So their places are kept; a prefecture publishes some dozens of things a year.
"""

from __future__ import annotations

from edge.store.columns import blob, number
from edge.store.views.fold import readable_event
from edge.store.views.view import Entry, Folding
from protocol.office.events import Event

TABLE = "publications"

SCHEMA = """
CREATE TABLE publications (
    name TEXT NOT NULL,
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (name, stream, segment, seq)
) STRICT, WITHOUT ROWID;
"""


async def published_as(folding: Folding, entry: Entry, name: str) -> list[Event]:
    """Note that a record publishes what is called `name`; return all that do, in the one order."""
    folding.write(
        "INSERT INTO publications (name, stream, segment, seq) VALUES (?, ?, ?, ?)",
        (name, entry.stream, entry.segment, entry.seq),
    )
    query = "SELECT segment, seq FROM publications WHERE name = ? AND stream = ?"
    places = await folding.rows(query, (name, entry.stream))
    records = [await folding.record_at(entry.stream, blob(segment), number(seq)) for segment, seq in places]
    events = [readable_event(record, None) for record in await folding.in_order(records, entry.stream)]
    return [event for event in events if event is not None]
