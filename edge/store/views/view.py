"""What a view is: tables, and a fold from events to rows.

Rules, which let a view be dropped and rebuilt from the log at any time, equal byte for byte:

- A fold knows only the record (`Entry`), its event, and the rows that earlier records left: no clock, no chance.
- It is total over what the log holds: legality was judged when the event was decided, not here.
- What it gives depends on the set of records, not on how they came: two clones that have exchanged their branches show
  the same. On a stream that is one line, arrival is the order (`Folding.in_line`); once it has parted, a fold takes
  all that its row is made of, in the one order of `protocol.records.order`, and writes the row anew.
- Personal data is sealed under the key of the account, case or office it belongs to, bound to table, column and row.
- What finds a person is a blind index; nothing in clear tells who a row is about.
- Rows with sealed cells are too large for WITHOUT ROWID tables (SQLite advises a twentieth of a page at most): kept by
  a random key, each insert would rewrite another page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from edge.store.columns import blob
from edge.store.connection import Row, SqlValue
from edge.store.keyring import Keyring, Source
from edge.store.lines import Lines
from edge.store.pending import Pending
from edge.store.vault import Vault
from protocol.errors import PeerError
from protocol.records.envelope import Record, parse_record
from protocol.records.order import in_one_order
from protocol.records.sealing import seal, unseal


class Entry(NamedTuple):
    """A record as folds see it: its place, not its bytes. `time_ms` is the writer's clock."""

    hash: bytes
    stream: str
    segment: bytes
    seq: int
    time_ms: int
    subject: bytes
    """Whose the record is; empty for the unsealed kinds."""


@dataclass(frozen=True, slots=True)
class Named:
    """An account's names, for the search in memory once the fold's transaction has committed."""

    subject: bytes
    names: tuple[str, ...]


def place(table: str, column: str, row: bytes) -> bytes:
    """Return what a sealed cell is bound to, so that it opens nowhere else."""
    return f"{table}/{column}/".encode() + row


def seal_cell(key: bytes, at: bytes, plain: bytes) -> bytes:
    """Seal a cell under a data key; the same content at the same place gives the same bytes."""
    return seal(key, "view", at, plain)


def open_cell(key: bytes, at: bytes, sealed: bytes) -> bytes:
    """Open a cell; raises CannotOpen when it is not what was put at this place."""
    return unseal(key, "view", at, sealed)


PIECE = "published"
"""The savepoint of one record of the prefecture, which may turn out to say what cannot be."""


class Folding:
    """What folds work on: the rows of one transaction, and the keys that open them.

    `fresh`: keys that are not in the keyring yet; `log`: where the records are, when not beside the views; `drawn`:
    the subjects whose keys this command drew, where these are the folds of one command and not of a whole log;
    `lines`: which streams have parted so far.
    """

    def __init__(
        self,
        pending: Pending,
        keyring: Keyring,
        vault: Vault,
        *,
        fresh: Mapping[bytes, bytes],
        lines: Lines,
        log: Source | None = None,
        drawn: Set[bytes] | None = None,
    ) -> None:
        self._pending = pending
        self._log = log or pending
        self._keyring = keyring
        self._vault = vault
        self._fresh = fresh
        self._drawn = drawn
        self.lines = lines
        self._written: dict[tuple[str, bytes], bytes] = {}
        self.named: list[Named] = []
        self.is_deciding = False
        """Whether what is folded is being decided now: then what is unique must not be there yet."""
        self.concerned: set[bytes] = set()
        """The accounts of which the last folds changed something, be it a request of theirs."""
        self.changed_accounts: set[bytes] = set()
        """Those that read otherwise themselves since."""

    @property
    def if_taken(self) -> str:
        """Return what an INSERT of something unique ends with: who decides is refused what is taken, while a log that
        has parted may hold it twice, and keeps the records of both."""
        return "" if self.is_deciding else " ON CONFLICT DO NOTHING"

    def write(self, sql: str, params: Sequence[SqlValue]) -> None:
        """Change a row, with the next trip."""
        self._pending.write(sql, params)

    def begin_piece(self) -> int:
        """Let what is written until `end_piece` be one piece, which `forget_piece` takes back; these do not nest."""
        self.write(f"SAVEPOINT {PIECE}", ())
        return len(self.named)

    def forget_piece(self, begun: int) -> None:
        """Take back what was written since `begin_piece`, which gave `begun`."""
        self.write(f"ROLLBACK TO {PIECE}", ())
        del self.named[begun:]

    def end_piece(self) -> None:
        """Leave what was written since `begin_piece` as it is now."""
        self.write(f"RELEASE {PIECE}", ())

    def insert(self, into: str, row: tuple[SqlValue, ...]) -> None:
        """Insert something unique that refers to no other row ("INSERT INTO table (column, ...)"); see `if_taken`."""
        if self.is_deciding:
            self._pending.insert(into, row)
        else:
            self._pending.write(f"{into} VALUES ({', '.join('?' * len(row))}){self.if_taken}", row)

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Query, after all writes so far."""
        return await self._pending.rows(sql, params)

    async def records_of(self, subject: bytes) -> list[Record]:
        """Return every record that is held about `subject`, in the order of arrival."""
        rows = await self._log.rows("SELECT bytes FROM records WHERE subject = ? ORDER BY position", (subject,))
        return [parse_record(blob(row[0])) for row in rows]

    def in_line(self, entry: Entry) -> bool:
        """Whether a record comes after all that its row is made of so far: its stream has not parted, or it is the
        first of its subject."""
        return self.lines.is_one(entry.stream) or (self._drawn is not None and entry.subject in self._drawn)

    async def ordered_of(self, subject: bytes, stream: str) -> list[Record]:
        """Return every record of a stream that is held about `subject`, in the one order."""
        return await self.in_order([one for one in await self.records_of(subject) if one.stream == stream], stream)

    async def record_at(self, stream: str, segment: bytes, seq: int) -> Record:
        """Return the record of this place; raises PeerError when it is not held."""
        place = (stream, segment, seq)
        rows = await self._log.rows("SELECT bytes FROM records WHERE stream = ? AND segment = ? AND seq = ?", place)
        if not rows:
            raise PeerError("a view names a record that is not in the store: rebuild the views")
        return parse_record(blob(rows[0][0]))

    async def in_order(self, records: Iterable[Record], stream: str) -> list[Record]:
        """Return records of one stream in the one order."""
        return in_one_order(records, await self.lines.parents(self._log, stream))

    async def is_first_of(self, subject: bytes, hash_: bytes) -> bool:
        """Return whether no other record about `subject` arrived before this one."""
        rows = await self._log.rows("SELECT hash FROM records WHERE subject = ? ORDER BY position LIMIT 1", (subject,))
        return not rows or blob(rows[0][0]) == hash_

    async def cell(self, table: str, subject: bytes) -> bytes | None:
        """Return the sealed `details` of a subject's row, or None: from memory where this command wrote it.

        A subject whose key this very command drew has no row but what it wrote itself.
        """
        written = self._written.get((table, subject))
        if written is not None:
            return written
        if self._drawn is not None and subject in self._drawn:
            return None
        found = await self.rows(f"SELECT details FROM {table} WHERE subject = ?", (subject,))  # noqa: S608 - our own names
        return blob(found[0][0]) if found else None

    def note_cell(self, table: str, subject: bytes, sealed: bytes) -> None:
        """Remember what was just written to a subject's row."""
        if self._drawn is not None:
            self._written[table, subject] = sealed

    def blind(self, kind: str, text: str) -> bytes:
        """Return the blind index of `text`."""
        return self._vault.blind(kind, text)

    async def key(self, subject: bytes) -> bytes:
        """Return the key of `subject`; raises PeerError when it is not held."""
        key = self._fresh.get(subject) or await self._keyring.key(self._pending, subject)
        if key is None:
            raise PeerError("a record's key is not in the store: verify the log, then restore it from the mirror")
        return key


Fold = Callable[[Folding, Entry, Any], Awaitable[None]]


@dataclass(frozen=True)
class View:
    """A group of tables and the folds that keep them.

    `version` grows with every change of schema or fold: the store rebuilds a view whose version on disk is another.
    `unknown` is told of records whose event this release does not know, `flawed` of those of the prefecture that say
    what cannot be.
    """

    name: str
    version: int
    schema: str
    tables: tuple[str, ...]
    """In the order of creation; rows refer to earlier tables only."""
    folds: Mapping[type, Fold]
    unknown: Callable[[Folding, Entry], Awaitable[None]] | None = field(default=None)
    flawed: Callable[[Folding, Entry, PeerError], Awaitable[None]] | None = field(default=None)
