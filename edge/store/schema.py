"""The tables that are no views: the log, the keys, and what the store remembers for its callers.

- `records`: every record, own or from a feed, by name and by subject (all that one case is folded from); `position` is
  the order of arrival, in which views are folded. Nothing is looked up by hash, and one hash never stands under two
  names, for it covers them: so it has no index, which would write a page more for each record.
- `segments`: where each segment hangs; its last record is found through the index of `records`.
- `contradictions`: a second record under a name that is taken, kept as proof, never folded.
- `keys`: data keys, wrapped by the vault, committed with the first record that they seal.
- `commands`: the first answer of every command, sealed by the vault; empty once it is old (`edge.store.opening`).
- `command_order`: the order in which commands were kept. A trigger writes it, so that it has no gaps either where an
  earlier release wrote meanwhile; nothing is ever deleted from it.
- `blobs`: certificates of before they lay beside the scans (`edge.store.sealed_files`).
- `confirmations`: since when the prefecture, or a mirror, holds what (`edge.store.confirmations`).
- `unvouched`: records of the prefecture that publish a credential which nobody could give (`edge.store.flaws`).
- `secrets`, `checkpoints`, `meta`: the appliance's own secrets, sealed; what peers said they hold; facts of this file.
"""

from __future__ import annotations

DATABASE = "mulhaqa.db"

VERSION = 2
"""Version of the tables below; a file of another version is refused, never guessed at."""

TABLES = """
CREATE TABLE IF NOT EXISTS meta (
    name TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    position INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    subject BLOB,
    bytes BLOB NOT NULL,
    UNIQUE (stream, segment, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS records_of ON records (subject) WHERE subject IS NOT NULL;
CREATE TABLE IF NOT EXISTS segments (
    opened INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    parent_segment BLOB,
    parent_seq INTEGER,
    parent_hash BLOB,
    UNIQUE (stream, segment)
) STRICT;
CREATE TABLE IF NOT EXISTS contradictions (
    hash BLOB PRIMARY KEY NOT NULL,
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    subject BLOB PRIMARY KEY NOT NULL,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commands (
    id BLOB PRIMARY KEY NOT NULL,
    result BLOB NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS commands_answered ON commands (at_ms) WHERE length(result) > 0;
CREATE TABLE IF NOT EXISTS command_order (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL
) STRICT;
INSERT INTO command_order (id) SELECT id FROM (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM command_order)) AS new_table
    CROSS JOIN commands ORDER BY at_ms;
CREATE TRIGGER IF NOT EXISTS commands_in_order AFTER INSERT ON commands BEGIN
    INSERT INTO command_order (id) VALUES (new.id);
END;
CREATE TABLE IF NOT EXISTS blobs (
    hash BLOB PRIMARY KEY NOT NULL,
    subject BLOB NOT NULL REFERENCES keys (subject),
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS secrets (
    name TEXT PRIMARY KEY NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS confirmations (
    place TEXT NOT NULL,
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (place, stream, segment, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unvouched (
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (stream, segment, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoints (
    name TEXT PRIMARY KEY NOT NULL,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""
