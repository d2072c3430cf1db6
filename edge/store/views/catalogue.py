"""The view of what the prefecture publishes to all: procedures by version, and the credentials of who may sign.

Nothing here is about a citizen, so nothing is sealed. A version that was published once never changes: the cases that
were opened under it stay under it.
"""

from __future__ import annotations

from edge.store.views.view import Entry, Folding, View
from protocol.office.events import CataloguePublished, CredentialPublished
from protocol.records.credentials import parse_credential
from protocol.records.encoding import encode

SCHEMA = """
CREATE TABLE procedures (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE credentials (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""


async def _published(folding: Folding, _entry: Entry, event: CataloguePublished) -> None:
    folding.write(
        "INSERT INTO procedures (id, version, document) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (event.id, event.version, encode(event.document)),
    )


async def _credential(folding: Folding, _entry: Entry, event: CredentialPublished) -> None:
    credential = parse_credential(event.credential)
    folding.write(
        "INSERT INTO credentials (id, kind, holder, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (credential.id, credential.kind, credential.holder, event.credential),
    )


CATALOGUE = View(
    name="catalogue",
    version=1,
    schema=SCHEMA,
    tables=("procedures", "credentials"),
    folds={CataloguePublished: _published, CredentialPublished: _credential},
)
