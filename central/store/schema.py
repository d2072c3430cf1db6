"""The tables, the same on SQLite and PostgreSQL; the annexe is in every key, so that each table can be partitioned by
it.

- `annexes`: one row an annexe (and one for the prefecture's own writing): last contact, counter of checkpoints,
  arrivals.
- `records`: every record as it arrived, also those that contradict one held before (`standing` = proof: kept, not
  folded).
- `arrivals`: when each commit of records was made here, by the position of its last record.
- `segments`: where each segment hangs and where it ends. `holes`: what is missing in it, and why.
- `data_keys`: keys of accounts, cases and offices, sealed by the centre's vault.
- `unfolded`: records taken in and not yet folded; written with them, deleted with the view that holds them.
- `later_records`: those that only a later release can read; each start looks at them again. `reads`: what the release
  that folded last could read; an earlier release knows nothing of it, so it makes no new version.
- `credentials`, `catalogue`, `calendars`: what the prefecture has published. `writers`: who may write a feed now (the
  fence).
- `agent_keys`: keys that annexes vouch for; `case_views`: each case's state in clear, its person sealed under its own
  key.
- `machines`: the keys that write in an annexe's name, with their epochs. An earlier release knows nothing of it, and
  needs to know nothing: so it makes no new version.
- `peer_checkpoints`: what each annexe said it holds of our feeds.
- `void_certificates`: those that count no more, by their random serials, until when they would have been valid.
- `revocation_lists`: the list of them as it was last published, part by part.
- `blobs`: scans that cases name, and how many of their pieces have come; `blob_pieces`: these, sealed under the case's
  key.
- `restorations`: there from a restoration on until an annexe was heard: meanwhile nothing new is published.
- `setbacks`: which annexes have shown that this database was put back to an earlier state. An earlier release knows
  nothing of it either.
- `looks`: who looked at a case here, sealed under the case's key; `look_days`: on which days, and whether its annexe
  was told. An earlier release knows nothing of either.
- `revoked_keys`: the keys that the prefecture has revoked. An earlier release knows nothing of them.
- `staff`: who signs in at the prefecture, sealed by the vault, found by a blind index of the login.

Nothing that a person typed is in clear in any of them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

# Follows the tables; a database of another version is refused with a sentence, not half understood.
VERSION = 2

metadata = MetaData()

ANNEXE = 64
STREAM = 96
SERIAL = 32  # characters; those of our annexes have 16


def _annexe() -> Column[str]:
    return Column("annexe", String(ANNEXE), nullable=False)


schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

annexes = Table(
    "annexes",
    metadata,
    _annexe(),
    Column("counter", BigInteger, nullable=False),  # of the last checkpoint that we gave it
    Column("arrivals", BigInteger, nullable=False),  # position of its last record here
    Column("last_contact_ms", BigInteger),
    Column("software", String(64), nullable=False),
    Column("flags", String(200), nullable=False),  # of its credential: expired, ...
    PrimaryKeyConstraint("annexe"),
)

records = Table(
    "records",
    metadata,
    _annexe(),
    Column("hash", LargeBinary(32), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("stream", String(STREAM), nullable=False),
    Column("segment", LargeBinary(8), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("subject", LargeBinary(16)),
    Column("time_ms", BigInteger, nullable=False),
    Column("standing", String(16), nullable=False),  # accepted, branched, rooted, filled, proof
    Column("flags", String(200), nullable=False),
    Column("encoded", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "hash"),
    UniqueConstraint("annexe", "position"),
    Index("records_by_place", "annexe", "stream", "segment", "seq"),
    Index("records_by_subject", "annexe", "subject", "position"),
)

arrivals = Table(
    "arrivals",
    metadata,
    _annexe(),
    Column("position", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("annexe", "position"),
)

machines = Table(
    "machines",
    metadata,
    _annexe(),
    Column("signer", LargeBinary(16), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),  # when it was first heard of here
    Column("contact_ms", BigInteger),  # when it was last connected
    PrimaryKeyConstraint("annexe", "signer"),
)

segments = Table(
    "segments",
    metadata,
    _annexe(),
    Column("stream", String(STREAM), nullable=False),
    Column("segment", LargeBinary(8), nullable=False),
    Column("parent_segment", LargeBinary(8)),
    Column("parent_seq", BigInteger),
    Column("parent_hash", LargeBinary(32)),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("time_counter", BigInteger, nullable=False),
    PrimaryKeyConstraint("annexe", "stream", "segment"),
)

holes = Table(
    "holes",
    metadata,
    _annexe(),
    Column("stream", String(STREAM), nullable=False),
    Column("segment", LargeBinary(8), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("expected", LargeBinary(32)),
    Column("came", LargeBinary(32)),
    Column("why", String(32), nullable=False),
    PrimaryKeyConstraint("annexe", "stream", "segment", "seq"),
)

data_keys = Table(
    "data_keys",
    metadata,
    _annexe(),
    Column("subject", LargeBinary(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "subject"),
)

unfolded = Table(
    "unfolded",
    metadata,
    _annexe(),
    Column("hash", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("annexe", "hash"),
)

later_records = Table(
    "later_records",
    metadata,
    _annexe(),
    Column("hash", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("annexe", "hash"),
)

reads = Table(
    "reads",
    metadata,
    _annexe(),  # the prefecture's own id
    Column("names", LargeBinary, nullable=False),  # one a line (protocol.office.vocabulary)
    PrimaryKeyConstraint("annexe"),
)

credentials = Table(
    "credentials",
    metadata,
    _annexe(),  # its holder
    Column("id", LargeBinary(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("encoded", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "id"),
)

catalogue = Table(
    "catalogue",
    metadata,
    _annexe(),  # whose catalogue: the prefecture's own id, for now
    Column("id", String(96), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "id", "version"),
)

calendars = Table(
    "calendars",
    metadata,
    _annexe(),  # whose calendar: the prefecture's own id
    Column("year", Integer, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "year"),
)

writers = Table(
    "writers",
    metadata,
    _annexe(),  # the writer's own id
    Column("stream", String(STREAM), nullable=False),
    Column("fence", BigInteger, nullable=False),
    PrimaryKeyConstraint("annexe", "stream"),
)

agent_keys = Table(
    "agent_keys",
    metadata,
    _annexe(),
    Column("public", LargeBinary(32), nullable=False),
    Column("subject", LargeBinary(16), nullable=False),  # of the office key that seals the login
    Column("sealed_login", LargeBinary, nullable=False),
    Column("enrolled_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("annexe", "public"),
)

case_views = Table(
    "case_views",
    metadata,
    _annexe(),
    Column("subject", LargeBinary(16), nullable=False),
    Column("state", String(32), nullable=False),
    Column("procedure", String(96), nullable=False),
    Column("due", String(10)),  # ISO date
    Column("submitted_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("decision", String(16), nullable=False),  # what became of the check of the agent's signature
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "subject"),
    Index("case_views_by_time", "annexe", "submitted_ms"),
)

void_certificates = Table(
    "void_certificates",
    metadata,
    _annexe(),
    Column("serial", String(SERIAL), nullable=False),
    Column("subject", LargeBinary(16), nullable=False),  # of its case: folding that anew writes its rows anew
    Column("cause", String(16), nullable=False),  # annulled, replaced
    Column("since_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    PrimaryKeyConstraint("annexe", "serial"),
    Index("void_certificates_by_case", "annexe", "subject"),
)

revocation_lists = Table(
    "revocation_lists",
    metadata,
    _annexe(),  # whose list: the prefecture's own id
    Column("part", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "part"),
)

peer_checkpoints = Table(
    "peer_checkpoints",
    metadata,
    _annexe(),
    Column("counter", BigInteger, nullable=False),
    Column("echo", LargeBinary(32)),
    Column("at_ms", BigInteger, nullable=False),
    Column("encoded", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe"),
)

sticks = Table(
    "sticks",
    metadata,
    _annexe(),
    Column("memory", LargeBinary, nullable=False),  # of the sticks to and from it (protocol.sync.memory)
    PrimaryKeyConstraint("annexe"),
)

blobs = Table(
    "blobs",
    metadata,
    _annexe(),
    Column("address", LargeBinary(32), nullable=False),
    Column("size", BigInteger, nullable=False),  # of the file, as the record states it
    Column("pieces", Integer, nullable=False),  # that are held: the list, then chunks, without a gap
    Column("whole", Boolean, nullable=False),
    Column("since_ms", BigInteger, nullable=False),  # when it was scanned, by the annexe's clock
    Column("problem", String(16), nullable=False),  # "", lacking, damaged
    PrimaryKeyConstraint("annexe", "address"),
    Index("blobs_wanted", "annexe", "whole", "since_ms"),
)

blob_pieces = Table(
    "blob_pieces",
    metadata,
    _annexe(),
    Column("address", LargeBinary(32), nullable=False),
    Column("place", Integer, nullable=False),  # 0: the list, i: the chunk i - 1
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "address", "place"),
)

restorations = Table(
    "restorations",
    metadata,
    _annexe(),  # the prefecture's own id
    PrimaryKeyConstraint("annexe"),
)

looks = Table(
    "looks",
    metadata,
    _annexe(),
    Column("subject", LargeBinary(16), nullable=False),
    Column("who", LargeBinary(16), nullable=False),  # blind: somebody and what he looked at
    Column("at_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "subject", "who", "at_ms"),
)

revoked_keys = Table(
    "revoked_keys",
    metadata,
    _annexe(),  # its holder
    Column("id", LargeBinary(16), nullable=False),
    Column("why", String(16), nullable=False),
    Column("revoked_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("annexe", "id"),
)

look_days = Table(
    "look_days",
    metadata,
    _annexe(),
    Column("subject", LargeBinary(16), nullable=False),
    Column("day", String(10), nullable=False),  # ISO, on the office's wall
    Column("told", Boolean, nullable=False),
    PrimaryKeyConstraint("annexe", "subject", "day"),
    Index("look_days_told", "told", "annexe"),
)

setbacks = Table(
    "setbacks",
    metadata,
    _annexe(),  # which showed it
    Column("since_ms", BigInteger, nullable=False),
    Column("came_back", BigInteger, nullable=False),  # records
    PrimaryKeyConstraint("annexe"),
)

staff = Table(
    "staff",
    metadata,
    _annexe(),  # whose staff: the prefecture's own id
    Column("login_index", LargeBinary(16), nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("annexe", "login_index"),
)
