"""Records of the prefecture that say what cannot be: kept, acknowledged, and without effect.

Two kinds, told apart because they are found in different places. What a record says is judged where it is folded
(`edge.store.views.flawed`). Whether somebody could give the credential in it depends on the other credentials, so those
are judged all together, whenever one more comes: which are believed does not depend on how they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.store.columns import blob, number, text
from edge.store.reader import Reader
from edge.store.transaction import Transaction
from protocol.records.credentials import Credential, Trust, parse_credential
from protocol.records.envelope import parse_record
from protocol.records.refusals import CredentialRefused
from protocol.records.vouching import believe

LISTED = 10
"""Flaws that a page lists, the newest: enough to tell the prefecture what it keeps doing wrong."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A record that has no effect: where it stands, when it was written by its writer's clock, and the kind of
    refusal (`protocol/README.md`)."""

    stream: str
    segment: bytes
    seq: int
    time_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class Flaws:
    """How many there are, and the newest of them, in the order of arrival."""

    count: int
    newest: tuple[Flaw, ...]


FLAWED = "(SELECT * FROM flawed_records UNION SELECT * FROM unvouched)"


async def flaw_count(reader: Reader) -> int:
    """Return how many records of the prefecture have no effect."""
    return number((await reader.rows(f"SELECT count(*) FROM {FLAWED}"))[0][0])  # noqa: S608 - our own names


async def flaws(reader: Reader) -> Flaws:
    """Return what is wrong in what the prefecture published."""
    rows = await reader.rows(
        f"SELECT why, bytes FROM {FLAWED} JOIN records USING (stream, segment, seq)"  # noqa: S608 - our own names
        " ORDER BY position DESC LIMIT ?",
        (LISTED,),
    )
    records = [(text(why), parse_record(blob(data))) for why, data in rows]
    newest = tuple(Flaw(one.stream, one.segment, one.seq, one.time.ms, why) for why, one in records)
    return Flaws(await flaw_count(reader), newest)


async def judge_credentials(transaction: Transaction, trust: Trust) -> Mapping[Credential, CredentialRefused]:
    """Let `trust` take in all that is published, and note the records whose credential does not hold; returns those."""
    rows = await transaction.rows(
        "SELECT stream, segment, seq, c.bytes FROM credentials AS c JOIN records USING (stream, segment, seq)"
        " ORDER BY position"
    )
    published = [parse_credential(blob(row[3])) for row in rows]
    refused = believe(trust, published)
    transaction.write("DELETE FROM unvouched")
    for row, credential in zip(rows, published, strict=True):
        why = refused.get(credential)
        if why is not None:
            place = "INSERT INTO unvouched (stream, segment, seq, why) VALUES (?, ?, ?, ?)"
            transaction.write(place, (*row[:3], why.kind))
    return refused
