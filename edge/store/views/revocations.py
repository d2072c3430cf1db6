"""The view of the prefecture's list of void certificates: random serials, why and since when.

Nothing of it is about anyone, so nothing is sealed.

A list holds once all its parts are there, in whatever order they came; then those with a lower number go.

A prefecture that was put back to an earlier state may have published two lists of one number. What either names is
void, since the earlier of the two days, and annulled if either says so: so it is the same however they came. The number
holds once one of them is whole.
"""

from __future__ import annotations

from edge.store.views.view import Entry, Folding, View
from protocol.office.events import RevocationsPublished

SCHEMA = """
CREATE TABLE revocation_lists (
    number INTEGER NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    issued_ms INTEGER NOT NULL,
    next_update_ms INTEGER NOT NULL,
    PRIMARY KEY (number, issued_ms, next_update_ms, parts, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE void_certificates (
    number INTEGER NOT NULL,
    serial TEXT NOT NULL,
    cause TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (serial, number)
) STRICT, WITHOUT ROWID;
"""

COMPLETE = (
    "SELECT number, issued_ms, next_update_ms FROM revocation_lists"
    " GROUP BY number, issued_ms, next_update_ms, parts HAVING count(*) >= parts"
)
"""The lists of which no part is missing."""


async def _published(folding: Folding, _entry: Entry, event: RevocationsPublished) -> None:
    number = event.number
    folding.write(
        "INSERT INTO revocation_lists (number, part, parts, issued_ms, next_update_ms) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (number, event.part, event.parts, event.issued_ms, event.next_update_ms),
    )
    for cause, voided in (("annulled", event.annulled), ("replaced", event.replaced)):
        for one in voided:
            folding.write(
                "INSERT INTO void_certificates (number, serial, cause, since_ms) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE"
                " SET cause = min(cause, excluded.cause), since_ms = min(since_ms, excluded.since_ms)",
                (number, one.serial, cause, one.since_ms),
            )
    for table in ("revocation_lists", "void_certificates"):
        folding.write(f"DELETE FROM {table} WHERE number < (SELECT max(number) FROM ({COMPLETE}))", ())  # noqa: S608 - our own names


REVOCATIONS = View(
    name="revocations",
    version=2,
    schema=SCHEMA,
    tables=("revocation_lists", "void_certificates"),
    folds={RevocationsPublished: _published},
)
