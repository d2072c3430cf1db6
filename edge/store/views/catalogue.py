"""The view of what the prefecture publishes to all: procedures by version, the credentials of who may sign, and the
keys that were revoked.

Nothing here is about a citizen, so nothing is sealed. A version that was published once never changes: the cases that
were opened under it stay under it. Where the feed has parted and holds two of one version, the first in the one order
of records stands (`publications`). Of credentials all stand, the renewed ones too, with the record that publishes them:
`Trust` judges which counts.
"""

from __future__ import annotations

from edge.store.views.publications import SCHEMA as PUBLICATIONS
from edge.store.views.publications import TABLE, published_as
from edge.store.views.view import Entry, Folding, View
from protocol.office.events import CataloguePublished, CredentialPublished, CredentialRevoked
from protocol.records.encoding import encode

SCHEMA = """
CREATE TABLE procedures (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE credentials (
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (stream, segment, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE revoked_keys (
    id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
"""


async def _published(folding: Folding, entry: Entry, event: CataloguePublished) -> None:
    first = (await published_as(folding, entry, f"{event.id} {event.version}"))[0]
    if isinstance(first, CataloguePublished):
        folding.write(
            "INSERT OR REPLACE INTO procedures (id, version, document) VALUES (?, ?, ?)",
            (first.id, first.version, encode(first.document)),
        )


async def _credential(folding: Folding, entry: Entry, event: CredentialPublished) -> None:
    folding.write(
        "INSERT INTO credentials (stream, segment, seq, bytes) VALUES (?, ?, ?, ?)",
        (entry.stream, entry.segment, entry.seq, event.credential),
    )


async def _revoked(folding: Folding, _entry: Entry, event: CredentialRevoked) -> None:
    folding.write("INSERT INTO revoked_keys (id) VALUES (?) ON CONFLICT DO NOTHING", (event.id,))


CATALOGUE = View(
    name="catalogue",
    version=5,
    schema=SCHEMA + PUBLICATIONS,
    tables=("procedures", "credentials", "revoked_keys", TABLE),
    folds={CataloguePublished: _published, CredentialPublished: _credential, CredentialRevoked: _revoked},
)
