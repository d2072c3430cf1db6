"""The machines that write in an annexe's name, and whose epoch counts.

A machine is known by its key. The highest epoch heard is in force: its machine was promoted, and every other is
superseded. What a superseded one wrote is taken in like everything else, and flagged if it came after its successor's
segment began in the same stream: it did not stand behind that one, and is a branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.database import Database
from central.store.schema import machines, records
from protocol.errors import PeerError
from protocol.records.credentials import Credential, Trust
from protocol.records.envelope import parse_record
from protocol.sync.intake import Outcome

SUPERSEDED = "superseded"
"""The flag of a record that came from a machine whose successor writes already."""


@dataclass(frozen=True, slots=True)
class KnownMachine:
    """A machine of an annexe: since when it is known here, and when it was last connected (None: never)."""

    signer: bytes
    epoch: int
    since_ms: int
    contact_ms: int | None


async def machines_of(connection: AsyncConnection, annexe: str) -> list[KnownMachine]:
    """Every machine that was heard of, the one whose epoch is in force first."""
    rows = await connection.execute(select(machines).where(machines.c.annexe == annexe))
    found = [KnownMachine(row["signer"], row["epoch"], row["since_ms"], row["contact_ms"]) for row in rows.mappings()]
    return sorted(found, key=lambda one: (-one.epoch, -one.since_ms))


def in_force(credentials: Sequence[Credential], known: Sequence[KnownMachine]) -> Credential | None:
    """Of an annexe's credentials that of the machine which writes now: one that was made in advance does not count."""
    epoch = known[0].epoch if known else min((one.epoch for one in credentials), default=0)
    return max((one for one in credentials if one.epoch == epoch), key=lambda one: one.not_after, default=None)


def came_back(known: Sequence[KnownMachine]) -> list[KnownMachine]:
    """Of machines as `machines_of` gives them, those that were connected after a later epoch was heard of."""
    return [
        one
        for one in known
        if one.epoch < known[0].epoch and one.contact_ms is not None and one.contact_ms > known[0].since_ms
    ]


async def note_machine(
    database: Database,
    connection: AsyncConnection,
    annexe: str,
    machine: Credential,
    now_ms: int,
    *,
    known: KnownMachine | None,
    is_contact: bool,
) -> KnownMachine:
    """Remember a machine: that it is there, and that it is connected now."""
    since, contact = (known.since_ms, known.contact_ms) if known else (now_ms, None)
    noted = KnownMachine(machine.id, machine.epoch, since, now_ms if is_contact else contact)
    await database.put(connection, machines, [{"annexe": annexe, **asdict(noted)}], replace=True)
    return noted


async def latest_epoch(connection: AsyncConnection, annexe: str, stream: str, trust: Trust) -> int:
    """The highest epoch that began a segment of a stream; 0 if none did."""
    query = select(records.c.encoded).where(
        records.c.annexe == annexe,
        records.c.stream == stream,
        records.c.seq == 0,
        records.c.standing != Outcome.PROOF.value,
    )
    epochs = [0]
    for encoded in (await connection.execute(query)).scalars():
        try:
            signer = trust.signer(parse_record(encoded).signer)
        except PeerError:  # a damaged row is told where it is read for its contents
            continue
        epochs += [] if signer is None else [signer.epoch]
    return max(epochs)
