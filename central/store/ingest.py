"""Taking in what an annexe sends: verify, commit, and only then say so.

For each record, in the order of arrival:

1. its signer must hold a credential of this annexe (an expired one is a flag, never a refusal), and must have signed
   it;
2. its subject's key must be held, or have come in the same batch, and must open the body (a body of a later release is
   taken as it is: an upgrade reads it);
3. it must find its place in the chain (`protocol.sync.intake`).

Nothing is refused for its epoch: what an appliance wrote that its standby had replaced is kept, and flagged
(`central.store.machines`).

What fails becomes a hole, named in the checkpoint; the rest is kept. Records, keys, chain, holes, the list of what is
to be folded and the counter of the checkpoint are one transaction: a receipt is returned only after its commit.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.chains import Place, load_intake, save_holes, save_segments, stored_hashes
from central.store.machines import SUPERSEDED, KnownMachine, latest_epoch, machines_of, note_machine
from central.store.prepared import NOTHING, Prepared, events_of, wrapped
from central.store.signers import Signers
from central.store.store import CentralStore
from protocol.errors import PeerError
from protocol.office.encoded_events import is_one_encoding
from protocol.records.credentials import Credential, Trust
from protocol.records.envelope import Record, open_body, open_plain, verify_record
from protocol.records.keys import DATA_KEY_SIZE, OpeningKey, subject_of
from protocol.records.refusals import UnknownDictionary, UnknownVersion
from protocol.sync.batches import Arrived, ArrivedKey, OpenedKey
from protocol.sync.checkpoint import WHY_BODY, WHY_BYTES, WHY_KEY, WHY_SIGNATURE, WHY_SIGNER, Held
from protocol.sync.intake import BELIEVED, KEPT, Intake, Judged, Outcome
from protocol.sync.sealed_keys import Opener
from protocol.sync.streams import streams_of


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is held after a commit, ready to be signed; `judged` says what became of each record."""

    counter: int
    held: tuple[Held, ...]
    judged: tuple[Judged, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many records had this outcome."""
        return sum(1 for judged in self.judged if judged.outcome is outcome)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The receiver's memory as of a checkpoint of ours; another process (a stick's import) may have counted on.

    `epochs`: the latest that began a segment of each stream. `machines`: by key id.
    """

    counter: int
    intakes: dict[str, Intake]
    epochs: dict[str, int]
    machines: dict[bytes, KnownMachine]


@dataclass(slots=True)
class _Taking:
    """What one transaction takes in of an annexe. `fresh`: keys that came with it; `plains`: events by their record's
    hash; `needed`: the keys that were kept."""

    annexe: str
    signers: Signers
    fresh: Mapping[bytes, bytes]
    prepared: Prepared
    keys: Mapping[bytes, bytes] = field(default_factory=dict)
    plains: dict[bytes, bytes] = field(default_factory=dict)
    needed: Mapping[bytes, bytes] = field(default_factory=dict)


class Ingest:
    """Takes in batches of any annexe; one at a time for each."""

    def __init__(self, store: CentralStore, trust: Trust, opening: OpeningKey, now: Callable[[], int]) -> None:
        self._store = store
        self._trust = trust
        self._opening = opening
        self._now = now
        self._intakes: dict[str, _Remembered] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def greet(self, annexe: str, *, software: str, flags: str, machine: Credential | None = None) -> Receipt:
        """An annexe has proved who it is: note the contact, and say what is held of its log."""
        return await self._transact(annexe, (), (), machine=machine, software=software, flags=flags)

    def claims(self, records: Iterable[Arrived]) -> dict[bytes, tuple[bytes, bytes, bytes]]:
        """Who is to have signed what: public key, message and signature, by the record's hash. Verifying them is the
        longest work of all, and needs no database (`central.verifying`).

        A record's hash covers signer and signature, so what was found good need not be looked at again.
        """
        found = {}
        for one in records:
            record = one.record
            credential = self._trust.signer(record.signer) if record is not None else None
            if record is not None and credential is not None:
                found[record.hash] = (credential.public, record.signed_bytes(), record.signature)
        return found

    def prepare(self, annexe: str, keys: Iterable[ArrivedKey], records: Iterable[Arrived]) -> Prepared:
        """What needs no database of taking in a batch, but for the signatures."""
        return Prepared(events=events_of(records), keys=wrapped(self._store.vault, annexe, keys))

    def _is_signed(self, record: Record) -> bool:
        credential = self._trust.signer(record.signer)
        if credential is None:
            return False
        try:
            verify_record(record, credential.public)
        except PeerError:
            return False
        return True

    async def take(
        self, annexe: str, keys: Sequence[ArrivedKey], records: Sequence[Arrived], prepared: Prepared = NOTHING
    ) -> Receipt:
        """Verify and commit a batch; `prepared`: what was found of it before.

        Raises GapTooWide (nothing is kept) when too much of that log is missing.
        """
        return await self._transact(annexe, keys, records, prepared)

    async def state(self, annexe: str) -> Receipt:
        """Say what is held of an annexe's log, for a stick: no contact with it."""
        return await self._transact(annexe, (), (), is_contact=False)

    async def positions(self, annexe: str, stream: str) -> dict[bytes, int]:
        """The last seq of each segment that needs no sending: held, or refused right behind what is held."""
        async with self._store.database.read() as connection:
            intake = await load_intake(connection, annexe, stream)
        return Held(stream, tuple(state.head for state in intake.states()), intake.held().holes).positions()

    async def _transact(
        self,
        annexe: str,
        keys: Sequence[ArrivedKey],
        records: Sequence[Arrived],
        prepared: Prepared = NOTHING,
        *,
        is_contact: bool = True,
        machine: Credential | None = None,
        **contact: str,
    ) -> Receipt:
        async with self._turns[annexe]:
            known = self._intakes.pop(annexe, None)  # comes back with the commit: a failure leaves memory to the disk
            async with self._store.database.write() as connection:
                row = await _annexe_row(connection, annexe)
                if known is None or row is None or known.counter != row["counter"]:
                    known = await self._load(connection, annexe)
                intakes = known.intakes
                before = {name: (intake.states(), intake.held().holes) for name, intake in intakes.items()}
                taking = _Taking(annexe, Signers(self._trust, annexe), self._open_keys(keys), prepared)
                judged = await self._judge(connection, taking, intakes, records) if records else ()
                for name, intake in intakes.items():
                    states, holes = before[name]
                    await save_segments(self._store.database, connection, annexe, intake, states)
                    await save_holes(self._store.database, connection, annexe, intake, holes)
                late = self._superseded(judged, known.epochs)
                await self._note_machines(connection, annexe, known.machines, judged, machine)
                counter = await self._keep(connection, taking, row, judged, late, contact, is_contact=is_contact)
            self._intakes[annexe] = replace(known, counter=counter)
            self._remember(taking, judged)
        return Receipt(counter, tuple(intake.held() for intake in intakes.values()), judged)

    async def _load(self, connection: AsyncConnection, annexe: str) -> _Remembered:
        names = streams_of("edge", annexe)
        return _Remembered(
            counter=0,
            intakes={name: await load_intake(connection, annexe, name) for name in names},
            epochs={name: await latest_epoch(connection, annexe, name, self._trust) for name in names},
            machines={one.signer: one for one in await machines_of(connection, annexe)},
        )

    def _superseded(self, judged: Sequence[Judged], epochs: dict[str, int]) -> set[bytes]:
        """The hashes of those that came after a later epoch began a segment of their stream."""
        late = set()
        for one in judged:
            record = one.arrived.record
            signer = self._trust.signer(record.signer) if record is not None and one.outcome in BELIEVED else None
            if record is None or signer is None:
                continue
            if signer.epoch < epochs[record.stream]:
                late.add(record.hash)
            elif record.seq == 0:
                epochs[record.stream] = signer.epoch
        return late

    async def _note_machines(
        self,
        connection: AsyncConnection,
        annexe: str,
        known: dict[bytes, KnownMachine],
        judged: Sequence[Judged],
        connected: Credential | None,
    ) -> None:
        wrote = {one.arrived.record.signer for one in judged if one.outcome in BELIEVED and one.arrived.record}
        new = [self._trust.signer(signer) for signer in sorted(wrote - known.keys())]
        heard = [*((one, False) for one in new if one is not None), *([(connected, True)] if connected else [])]
        for machine, is_contact in heard:
            before = known.get(machine.id)
            database, now_ms = self._store.database, self._now()
            known[machine.id] = await note_machine(
                database, connection, annexe, machine, now_ms, known=before, is_contact=is_contact
            )

    async def _judge(
        self,
        connection: AsyncConnection,
        taking: _Taking,
        intakes: Mapping[str, Intake],
        records: Sequence[Arrived],
    ) -> tuple[Judged, ...]:
        annexe, fresh = taking.annexe, taking.fresh
        subjects = {one.record.subject for one in records if one.record is not None and one.record.subject is not None}
        taking.keys = {**await self._store.keys_of(connection, annexe, subjects - fresh.keys()), **fresh}
        stored = await stored_hashes(connection, annexe, intakes, records)
        judged = tuple(self._judge_one(taking, intakes[one.stream], one, stored) for one in records)
        believed = {one.arrived.record.subject for one in judged if one.outcome in BELIEVED and one.arrived.record}
        taking.needed = {subject: key for subject, key in fresh.items() if subject in believed}
        await self._store.put_keys(connection, annexe, taking.needed, taking.prepared.keys)
        return judged

    def _remember(self, taking: _Taking, judged: Sequence[Judged]) -> None:
        """What was committed is folded next: keys and events need not be opened again for it."""
        self._store.remember(taking.annexe, taking.needed)
        for one in judged:
            plain = taking.plains.get(one.arrived.hash) if one.outcome in BELIEVED else None
            if plain is not None:
                self._store.fresh.keep(one.arrived.hash, one.arrived.encoded, plain)

    def _open_keys(self, keys: Sequence[ArrivedKey]) -> dict[bytes, bytes]:
        """Keys that are what they are said to be; a record whose key is not among them asks for it again."""
        opened: dict[bytes, bytes] = {}
        opener = Opener(self._opening)
        for sealed in keys:
            try:
                key = opener.open(sealed)
            except PeerError:
                continue
            follows = isinstance(sealed, OpenedKey)  # its subject was made of the key, and never said
            if follows or (len(key) == DATA_KEY_SIZE and subject_of(key) == sealed.subject):
                opened[sealed.subject] = key
        return opened

    def _judge_one(self, taking: _Taking, intake: Intake, arrived: Arrived, stored: dict[Place, bytes]) -> Judged:
        why = self._fault(taking, arrived)
        if why:
            return intake.refuse(arrived, why)
        place = (arrived.stream, arrived.segment, arrived.seq)
        judged = intake.judge(arrived, stored.get(place))
        if judged.outcome in BELIEVED:
            stored[place] = arrived.hash
        return judged

    def _fault(self, taking: _Taking, arrived: Arrived) -> str | None:
        record = arrived.record
        if record is None:
            return WHY_BYTES
        if taking.signers.of(record) is None:
            return WHY_SIGNER
        if record.hash not in taking.prepared.signed and not self._is_signed(record):
            return WHY_SIGNATURE
        return _body_fault(taking, record)

    async def _keep(
        self,
        connection: AsyncConnection,
        taking: _Taking,
        row: RowMapping | None,
        judged: Sequence[Judged],
        late: Collection[bytes],
        contact: Mapping[str, str],
        *,
        is_contact: bool,
    ) -> int:
        annexe, arrivals = taking.annexe, row["arrivals"] if row else 0
        rows = _rows(taking, judged, late, arrivals)
        await self._store.database.put(connection, schema.records, rows, replace=False)
        if rows:
            received = {"annexe": annexe, "position": arrivals + len(rows), "received_ms": self._now()}
            await self._store.database.put(connection, schema.arrivals, [received], replace=False)
        folding = [{"annexe": annexe, "hash": one["hash"]} for one in rows if one["standing"] != Outcome.PROOF.value]
        await self._store.database.put(connection, schema.unfolded, folding, replace=False)
        counter = (row["counter"] if row else 0) + 1
        updated = {
            "annexe": annexe,
            "counter": counter,
            "arrivals": arrivals + len(rows),
            "last_contact_ms": self._now() if is_contact else row["last_contact_ms"] if row else None,
            "software": contact.get("software", row["software"] if row else "")[:64],
            "flags": contact.get("flags", row["flags"] if row else ""),
        }
        await self._store.database.put(connection, schema.annexes, [updated], replace=True)
        return int(counter)


def _rows(taking: _Taking, judged: Sequence[Judged], late: Collection[bytes], arrivals: int) -> list[dict[str, object]]:
    """What is kept, as rows of `records`."""
    rows: dict[bytes, dict[str, object]] = {}
    for arrived, outcome, why in judged:
        record = arrived.record
        if outcome not in KEPT or record is None or record.hash in rows:  # a proof may come twice in one batch
            continue
        rows[record.hash] = {
            "annexe": taking.annexe,
            "hash": record.hash,
            "position": arrivals + len(rows) + 1,
            "stream": record.stream,
            "segment": record.segment,
            "seq": record.seq,
            "subject": record.subject,
            "time_ms": record.time.ms,
            "standing": outcome.value,
            "flags": _flags(taking, record, why, late),
            "encoded": record.encoded(),
        }
    return list(rows.values())


def _flags(taking: _Taking, record: Record, why: str | None, late: Collection[bytes]) -> str:
    words = taking.signers.words(record)
    superseded = [SUPERSEDED] if record.hash in late else []
    return ",".join([*words, *superseded, why] if why else [*words, *superseded])


async def _annexe_row(connection: AsyncConnection, annexe: str) -> RowMapping | None:
    query = select(schema.annexes).where(schema.annexes.c.annexe == annexe)
    return (await connection.execute(query)).mappings().first()


def _body_fault(taking: _Taking, record: Record) -> str | None:
    key = None if record.subject is None else taking.keys.get(record.subject)
    if record.subject is not None and key is None:
        return WHY_KEY
    plain = taking.prepared.events.get(record.hash)
    try:
        if plain is None:
            plain = _looked_at(record, key)
    except (UnknownVersion, UnknownDictionary):
        return None
    except PeerError:
        return WHY_BODY
    if plain is not None:
        taking.plains[record.hash] = plain
    return None


def _looked_at(record: Record, key: bytes | None) -> bytes | None:
    """The bytes of the event in a record, None for an unsealed one; raises PeerError where it is none."""
    plain = None if key is None else open_plain(record, key)
    if plain is None or not is_one_encoding(plain):
        open_body(record, key)
    return plain
