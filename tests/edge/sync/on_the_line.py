"""What office records and cases took on the line, from the rows of the prefecture's database."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from central.store.database import SQLITE
from protocol.records.envelope import parse_record
from tests.edge.store.support import ANNEXE

CASES, OFFICE = f"{ANNEXE}/cases", f"{ANNEXE}/office"
TAKEN_IN = "SELECT stream, encoded FROM records ORDER BY position"
Row = tuple[str, bytes]


def taken_in(folder: Path) -> list[Row]:
    """Stream and bytes of each record that the prefecture of a data folder took in, in order."""
    with contextlib.closing(sqlite3.connect(folder / SQLITE)) as connection:
        return connection.execute(TAKEN_IN).fetchall()


def before_the_case(rows: Sequence[Row]) -> Sequence[Row]:
    """What was taken in before the first record of a case."""
    return rows[: [stream for stream, _ in rows].index(CASES)]


def office_bytes(rows: Sequence[Row]) -> int:
    """Bytes on the line of the office's records among these."""
    return sum(on_the_line(encoded) for stream, encoded in rows if stream == OFFICE)


def on_the_line(encoded: bytes) -> int:
    """What a record takes in a box, or little more: its body and its signature. The rest follows from the batch."""
    record = parse_record(encoded)
    return len(record.body) + len(record.signature)
