"""Where the records of a request are, as the prefecture knows it: written at the annexe, taken in here, since when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from central.store.schema import arrivals, records
from central.store.store import CentralStore
from protocol.errors import PeerError
from protocol.records.envelope import open_body, parse_record


@dataclass(frozen=True, slots=True)
class RecordFound:
    """A record of a request: its kind (None: it cannot be read here), when it was written by the annexe's clock, when
    it was taken in here by ours, and its place in the annexe's log. `is_proof`: kept beside another of its name."""

    kind: str | None
    written_ms: int
    received_ms: int | None
    stream: str
    segment: bytes
    seq: int
    is_proof: bool


async def records_of(store: CentralStore, annexe: str, subject: bytes) -> list[RecordFound]:
    """All records of a case, in the order in which they came here."""
    came = select(func.min(arrivals.c.received_ms)).where(
        arrivals.c.annexe == annexe,
        arrivals.c.position
        == select(func.min(arrivals.c.position))
        .where(arrivals.c.annexe == annexe, arrivals.c.position >= records.c.position)
        .correlate(records)
        .scalar_subquery(),
    )
    query = select(records, came.correlate(records).scalar_subquery().label("received_ms")).where(
        records.c.annexe == annexe, records.c.subject == subject
    )
    async with store.database.read() as connection:
        rows = (await connection.execute(query)).mappings().all()
        key = (await store.keys_of(connection, annexe, [subject])).get(subject)
    return [
        RecordFound(
            kind=_kind(row["encoded"], key),
            written_ms=row["time_ms"],
            received_ms=row["received_ms"],
            stream=row["stream"],
            segment=row["segment"],
            seq=row["seq"],
            is_proof=row["standing"] == "proof",
        )
        for row in sorted(rows, key=lambda row: row["position"])
    ]


def _kind(encoded: bytes, key: bytes | None) -> str | None:
    try:
        kind = open_body(parse_record(encoded), key).get("kind") if key is not None else None
    except PeerError:
        return None
    return kind if isinstance(kind, str) else None
