"""What can be proved of one request: each record of it, who signed it with which key, and whether all of it verifies.

Nothing that was found when a record arrived is believed: bytes, signatures, chain, bodies and the agent's sheets are
looked at anew. Whose key signed a sheet is what the annexe's own office stream said of it (`agent_keys`). What is
damaged or missing is a fault of its step, and hides no other.

- `UNKNOWN_SIGNER`: no credential that leads to a root names this key.
- `BROKEN`: the bytes are not what their hash or their signature says.
- `SEALED`: the key of the body is not held, or does not open it: who did what cannot be read.
- `LATER`: a later release wrote it: who did what is read after an upgrade.
- `GAP`: the record before it in its chain is not here.
- `ORPHAN`: it follows a step of the case that is not here.
- `PROOF`: another record stands under its name; both are kept, and this one counts nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.agents import logins_of
from central.store.decision_check import DecisionCheck, check_entered
from central.store.signers import standing_words
from central.store.store import CHUNK, CentralStore
from protocol.errors import PeerError
from protocol.office.encoded_events import read_event
from protocol.office.events import Actor, DecisionTaken, Event, UnknownEvent, kind_of
from protocol.records.chain import NO_PARENT
from protocol.records.credentials import Credential, Trust
from protocol.records.envelope import Record, open_plain, parse_record, verify_record
from protocol.records.keys import key_id
from protocol.records.refusals import NeedsUpgrade


class Fault(Enum):
    """Why a step does not verify; see the head of this module."""

    UNKNOWN_SIGNER = "unknown-signer"
    BROKEN = "broken"
    SEALED = "sealed"
    LATER = "later"
    GAP = "gap"
    ORPHAN = "orphan"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class AgentSignature:
    """A decision's own signature: the agent's key (16 bytes of its id), whose it is as far as known, what was found."""

    key: bytes
    login: str | None
    check: DecisionCheck


@dataclass(frozen=True, slots=True)
class Step:
    """One record of the request. `kind` and `by` are None where the body cannot be read or names nobody.

    `time_ms`: when it was written, by its writer's clock. `key`: the id of the key that signed it; `signer`: the
    credential of that key, None for a stranger's. `flags`: what speaks against the credential at that time, or was
    noted when the record came; it stops nothing.
    """

    kind: str | None
    by: Actor | None
    time_ms: int
    stream: str
    segment: bytes
    seq: int
    hash: bytes
    key: bytes | None
    signer: Credential | None
    flags: tuple[str, ...]
    faults: tuple[Fault, ...]
    decision: AgentSignature | None = None

    @property
    def verifies(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults and (self.decision is None or self.decision.check is DecisionCheck.VERIFIED)


async def audit(store: CentralStore, trust: Trust, annexe: str, subject: bytes) -> list[Step]:
    """The steps of a case, in the order in which they came here."""
    table = schema.records
    query = select(table).where(table.c.annexe == annexe, table.c.subject == subject).order_by(table.c.position)
    async with store.database.read() as connection:
        rows = (await connection.execute(query)).mappings().all()
        key = (await store.keys_of(connection, annexe, [subject])).get(subject)
        logins = await logins_of(store, connection, annexe)
        read = [_Read.of(row, key) for row in rows]
        held = await _held(connection, annexe, read)
    desk = _Desk(annexe, subject, trust, logins, held)
    return [desk.step(one) for one in read]


@dataclass(frozen=True, slots=True)
class _Read:
    """A row, with what its bytes say: None where they are damaged, or sealed under a key that is not held."""

    row: RowMapping
    record: Record | None
    event: Event | None
    is_later: bool

    @classmethod
    def of(cls, row: RowMapping, key: bytes | None) -> _Read:
        try:
            record = parse_record(row["encoded"])
        except PeerError:
            return cls(row, None, None, is_later=False)
        try:
            event = read_event(open_plain(record, key)) if key is not None else None
        except (NeedsUpgrade, UnknownEvent):
            return cls(row, record, None, is_later=True)
        except PeerError:
            event = None
        return cls(row, record, event, is_later=False)

    @property
    def names(self) -> Iterable[bytes]:
        """The hashes of the records that it stands on: the one before it in its chain, and the steps it follows."""
        before = () if self.record is None or self.record.prev == NO_PARENT else (self.record.prev,)
        return (*before, *getattr(self.event, "follows", ()))


async def _held(connection: AsyncConnection, annexe: str, read: Sequence[_Read]) -> set[bytes]:
    """Which of the records that these stand on are here."""
    table, wanted = schema.records, sorted({hash_ for one in read for hash_ in one.names})
    found: set[bytes] = set()
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        query = select(table.c.hash).where(table.c.annexe == annexe, table.c.hash.in_(chunk))
        found |= set((await connection.execute(query)).scalars())
    return found


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every step is held against."""

    annexe: str
    subject: bytes
    trust: Trust
    logins: Mapping[bytes, str]
    held: set[bytes]

    def step(self, read: _Read) -> Step:
        row, record, event = read.row, read.record, read.event
        signer = None if record is None else self.trust.signer(record.signer)
        return Step(
            kind=None if event is None else kind_of(event),
            by=getattr(event, "by", None),
            time_ms=row["time_ms"],
            stream=row["stream"],
            segment=row["segment"],
            seq=row["seq"],
            hash=row["hash"],
            key=None if record is None else record.signer,
            signer=signer,
            flags=self._flags(row, signer),
            faults=tuple(self._faults(read, signer)),
            decision=self._decision(event) if isinstance(event, DecisionTaken) else None,
        )

    def _flags(self, row: RowMapping, signer: Credential | None) -> tuple[str, ...]:
        noted = [flag for flag in row["flags"].split(",") if flag]
        now = [] if signer is None else standing_words(self.trust.standing(signer, row["time_ms"]))
        return tuple(dict.fromkeys([*noted, *now]))

    def _faults(self, read: _Read, signer: Credential | None) -> Iterable[Fault]:
        record, follows = read.record, getattr(read.event, "follows", ())
        if record is None or record.hash != read.row["hash"]:
            yield Fault.BROKEN
        elif signer is None or (signer.kind, signer.holder) != ("annexe", self.annexe):
            yield Fault.UNKNOWN_SIGNER
        elif not _is_signed(record, signer):
            yield Fault.BROKEN
        if record is not None and read.event is None:
            yield Fault.LATER if read.is_later else Fault.SEALED
        if record is not None and record.prev != NO_PARENT and record.prev not in self.held:
            yield Fault.GAP
        if any(hash_ not in self.held for hash_ in follows):
            yield Fault.ORPHAN
        if read.row["standing"] == "proof":
            yield Fault.PROOF

    def _decision(self, event: DecisionTaken) -> AgentSignature:
        check = check_entered(self.annexe, self.subject, event, self.logins)
        return AgentSignature(key_id(event.signer), self.logins.get(event.signer), check)


def _is_signed(record: Record, signer: Credential) -> bool:
    try:
        verify_record(record, signer.public)
    except PeerError:
        return False
    return True
