"""`mulhaqa-edge verify-log`: is what the disk holds what was written, whole, and nothing else?

It reads one consistent moment, through a connection that cannot write, also beside a running store, and checks:

1. SQLite's own integrity, and the references between its tables;
2. each record: its canonical form, its hash, its name in the index, its signature, its place in the chain;
3. that each sealed body opens under the key that is held for it, and each stored file too;
4. that the views are, byte for byte, what folding the log from nothing gives.

Findings are collected, not raised: a damaged log is exactly what a person needs the whole list of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.store.chains import held_segments
from edge.store.columns import blob, number, text
from edge.store.connection import Connect, Connection, Row, Scratch, open_scratch, open_sqlite, statements_of
from edge.store.keyring import Keyring
from edge.store.lines import Lines
from edge.store.pending import Pending
from edge.store.post import load_colleagues
from edge.store.schema import DATABASE
from edge.store.sealed_files import open_older
from edge.store.vault import Vault
from edge.store.views import DEFAULT_VIEWS, View
from edge.store.views.fold import dump, fold_record
from edge.store.views.view import Folding
from protocol.errors import MulhaqaError, PeerError
from protocol.records.chain import ACCEPTABLE, Chain, Verdict
from protocol.records.credentials import Credential, Trust
from protocol.records.envelope import Record, parse_record, verify_record
from protocol.records.keys import key_id
from protocol.records.vouching import believe, published_in

PAGE = 500
"""Records read at a time: bounds memory, whatever the length of the log."""

MANY = 1_000
"""Findings kept: a file that is damaged all over is replaced, not read about line by line."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. `place` names a record or a table, never a person."""

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at and what was found. `unopened`: sealed records whose key is not held (erased, or to come)."""

    records: Mapping[str, int]
    segments: int
    branches: int
    unopened: int
    keys: int
    blobs: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


async def verify_log(
    folder: Path,
    *,
    vault: Vault | None = None,
    trust: Trust | None = None,
    own: bytes | None = None,
    connect: Connect = open_sqlite,
    scratch: Scratch = open_scratch,
    views: Sequence[View] = DEFAULT_VIEWS,
) -> Report:
    """Verify the store in `folder`. `own`: the annexe's public key; `trust`: whose signatures count beside it.

    Without a `trust` the signatures of the prefecture's feeds are not judged, and the annexe's other machines are those
    whose credentials stand in the store: enough for a disk that is in doubt. Raises OperatorError when there is no
    store, or its vault does not open.
    """
    connection = await connect(folder / DATABASE, False)
    try:
        folded = await scratch()
        try:
            return await _Inspection(
                connection, folded, vault=vault or Vault.open(folder), trust=trust, own=own, views=views
            ).run()
        finally:
            await folded.close()
    finally:
        await connection.close()


@dataclass
class _Counts:
    records: Counter[str] = field(default_factory=Counter)
    unopened: int = 0
    keys: int = 0
    blobs: int = 0


class _Inspection:
    """One run: `run` is the list of what is checked, in that order."""

    def __init__(
        self,
        connection: Connection,
        scratch: Connection,
        *,
        vault: Vault,
        trust: Trust | None,
        own: bytes | None,
        views: Sequence[View],
    ) -> None:
        self._connection = connection
        self._scratch = scratch
        self._vault = vault
        self._trust = trust
        self._own = own
        self._views = views
        self._keys: dict[bytes, bytes] = {}
        self._colleagues: dict[bytes, Credential] = {}
        self._chains: dict[str, Chain] = {}
        self._counts = _Counts()
        self._findings: list[Finding] = []
        self._pending = Pending(scratch)
        self._folding = Folding(self._pending, Keyring(vault), vault, fresh=self._keys, lines=Lines(), log=connection)

    async def run(self) -> Report:
        await self._connection.execute("BEGIN")
        for check in (
            self._check_file,
            self._load_keys,
            self._learn_credentials,
            self._check_records,
            self._check_segments,
            self._check_blobs,
            self._check_views,
        ):
            try:
                await check()
            except MulhaqaError as error:
                self._find("the file", str(error))
        await self._connection.execute("ROLLBACK")
        return Report(
            records=dict(self._counts.records),
            segments=sum(len(chain.states()) for chain in self._chains.values()),
            branches=sum(len(chain.branches()) for chain in self._chains.values()),
            unopened=self._counts.unopened,
            keys=self._counts.keys,
            blobs=self._counts.blobs,
            findings=tuple(self._findings),
        )

    def _find(self, place: str, what: str) -> None:
        if len(self._findings) < MANY:
            self._findings.append(Finding(place, what))

    async def _check_file(self) -> None:
        for (line,) in await self._connection.rows("PRAGMA integrity_check"):
            if line != "ok":
                self._find("the file", f"SQLite: {text(line)}")
        for row in await self._connection.rows("PRAGMA foreign_key_check"):
            self._find(f"table {text(row[0])}", f"a row refers to nothing in {text(row[2])}")

    async def _load_keys(self) -> None:
        for row in await self._connection.rows("SELECT subject, wrapped FROM keys"):
            subject = blob(row[0])
            self._counts.keys += 1
            try:
                self._keys[subject] = self._vault.unwrap(blob(row[1]), subject)
            except PeerError as error:
                self._find(f"key {subject.hex()}", str(error))

    async def _learn_credentials(self) -> None:
        """Take in what `all` publishes first, and whom the mirror met: a credential may stand behind a record that its
        key signed."""
        published: list[Credential] = []
        for (data,) in await self._connection.rows("SELECT bytes FROM records WHERE stream = 'all' ORDER BY position"):
            try:
                published += published_in([parse_record(blob(data))])
            except PeerError as error:
                self._find("stream all", str(error))
        published += await load_colleagues(self._connection)
        if self._trust is not None:
            believe(self._trust, published)  # what is not believed has no effect (`edge.store.flaws`)
        self._colleagues = {one.id: one for one in published if one.kind == "annexe"}

    async def _check_records(self) -> None:
        for view in self._views:
            for statement in statements_of(view.schema):
                self._pending.write(statement)
        await self._pending.flush()
        after = 0
        while rows := await self._connection.rows(
            "SELECT position, hash, stream, segment, seq, subject, bytes FROM records WHERE position > ?"
            " ORDER BY position LIMIT ?",
            (after, PAGE),
        ):
            for row in rows:
                after = number(row[0])
                await self._check_record(row)

    async def _check_record(self, row: Row) -> None:
        place = f"record {text(row[2])} {blob(row[3]).hex()} {number(row[4])}"
        self._counts.records[text(row[2])] += 1
        try:
            record = parse_record(blob(row[6]))
            self._check_name(place, record, row)
            self._check_signature(place, record)
            self._check_chain(place, record)
            await self._check_fold(place, record)
        except MulhaqaError as error:
            self._pending.drop()
            self._find(place, str(error))

    def _check_name(self, place: str, record: Record, row: Row) -> None:
        if record.hash != row[1]:
            self._find(place, "its bytes are not those that its hash names")
        if (record.stream, record.segment, record.seq, record.subject) != row[2:6]:
            self._find(place, "it is filed under another name than its own")

    def _check_signature(self, place: str, record: Record) -> None:
        public = self._public(record.signer)
        if public is not None:
            verify_record(record, public)
        elif self._trust is not None or record.stream.endswith(("/cases", "/office")):
            self._find(place, "nobody who is trusted here signs with its key")

    def _public(self, signer: bytes) -> bytes | None:
        if self._own is not None and key_id(self._own) == signer:
            return self._own
        credential = self._colleagues.get(signer) if self._trust is None else self._trust.signer(signer)
        return None if credential is None else credential.public

    def _check_chain(self, place: str, record: Record) -> None:
        chain = self._chains.setdefault(record.stream, Chain(record.stream))
        verdict = chain.check(record)
        if verdict in ACCEPTABLE:
            chain.accept(record)
        else:
            self._find(place, f"it does not fit its chain ({_plainly(verdict)})")

    async def _check_fold(self, place: str, record: Record) -> None:
        key = None if record.subject is None else self._keys.get(record.subject)
        if record.subject is not None and key is None:
            self._counts.unopened += 1
            if record.stream.endswith(("/cases", "/office")):
                self._find(place, "the key that opens it is not held")
        await fold_record(self._views, self._folding, record, key)
        await self._pending.flush()

    async def _check_segments(self) -> None:
        for stream, chain in self._chains.items():
            noted = {(held.segment, held.parent, held.last) for held in await held_segments(self._connection, stream)}
            if noted != {(state.segment, state.parent, state.seq) for state in chain.states()}:
                self._find(f"stream {stream}", "the list of its segments is not what its records say")

    async def _check_blobs(self) -> None:
        for (hash_,) in await self._connection.rows("SELECT hash FROM blobs"):
            self._counts.blobs += 1
            found = await self._connection.rows("SELECT hash, subject, bytes FROM blobs WHERE hash = ?", (hash_,))
            self._check_blob(*(blob(value) for value in found[0]))

    def _check_blob(self, hash_: bytes, subject: bytes, sealed: bytes) -> None:
        key = self._keys.get(subject)
        if key is None:
            self._find(f"file {hash_.hex()}", "the key that opens it is not held")
            return
        try:
            open_older(key, subject, hash_, sealed)
        except PeerError as error:
            self._find(f"file {hash_.hex()}", str(error))

    async def _check_views(self) -> None:
        held, folded = await dump(self._connection, self._views), await dump(self._scratch, self._views)
        for table, rows in folded.items():
            if held[table] != rows:
                self._find(f"view {table}", "it is not what the log folds to: run `mulhaqa-edge rebuild-views`")


def _plainly(verdict: Verdict) -> str:
    return verdict.value.replace("-", " ")
