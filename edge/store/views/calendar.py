"""The view of the days on which no annexe works, as the prefecture published them, year by year.

Nothing here is about a citizen, so nothing is sealed. A later publication of a year takes the place of the earlier one,
later in the one order of records (`publications`).
"""

from __future__ import annotations

from edge.store.views.publications import published_as
from edge.store.views.view import Entry, Folding, View
from protocol.office.events import CalendarPublished

SCHEMA = """
CREATE TABLE holidays (
    day TEXT PRIMARY KEY NOT NULL,
    year INTEGER NOT NULL,
    name_ar TEXT NOT NULL,
    name_fr TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


async def _published(folding: Folding, entry: Entry, event: CalendarPublished) -> None:
    latest = (await published_as(folding, entry, f"holidays of {event.year}"))[-1]
    if not isinstance(latest, CalendarPublished):
        return
    folding.write("DELETE FROM holidays WHERE year = ?", (event.year,))
    for holiday in latest.holidays:
        folding.write(
            "INSERT INTO holidays (day, year, name_ar, name_fr) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (holiday.day, event.year, holiday.name_ar, holiday.name_fr),
        )


CALENDAR = View(
    name="calendar",
    version=2,
    schema=SCHEMA,
    tables=("holidays",),
    folds={CalendarPublished: _published},
)
