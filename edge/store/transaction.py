"""What a decision is made with: the reads of the open transaction, and `append`.

Everything of one command lies in one savepoint. What it changes in memory (the log's tips, drawn keys, names to be
searched by, what listeners will be told) stays here until the command succeeds, and outside until the group committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from edge.store.connection import SqlValue
from edge.store.keyring import Keyring
from edge.store.log import Log, Tip
from edge.store.pending import Pending
from edge.store.post import COLLEAGUE, POST, Post, colleague
from edge.store.reader import Reader, secret_place
from edge.store.recent import Recent
from edge.store.refold import refold
from edge.store.rows import Committed
from edge.store.vault import Vault
from edge.store.views.fold import entry_of, fold_event, fold_record
from edge.store.views.view import Folding, Named, View
from protocol.errors import CallerError
from protocol.office.encoded_events import decode_event, encode_event
from protocol.office.events import Event
from protocol.records.chain import SEGMENT_OPENED, Head, opening_parent
from protocol.records.envelope import Record
from protocol.records.keys import subject_of
from protocol.sync.results import CommandResult

KEY_SIZE = 32


@dataclass
class Changes:
    """What a command changed in memory, to be taken over once its group has committed."""

    keys: dict[bytes, bytes] = field(default_factory=dict)
    named: list[Named] = field(default_factory=list)
    told: list[Committed] = field(default_factory=list)
    rebuilt: bool = False
    result: CommandResult | None = None


@dataclass(frozen=True)
class Workshop:
    """What all transactions of one store share. `office` is the subject and key of the office's own events."""

    log: Log
    keyring: Keyring
    vault: Vault
    recent: Recent
    views: tuple[View, ...]
    entropy: Callable[[int], bytes]
    office: tuple[bytes, bytes]


class Transaction(Reader):
    """The open transaction of one command. `now_ms` is one instant for all of it; `office` names the office's key."""

    def __init__(self, workshop: Workshop, pending: Pending, now_ms: int) -> None:
        super().__init__(pending, workshop.keyring, workshop.vault, workshop.recent)
        self._workshop = workshop
        self._pending = pending
        self._drawn: dict[bytes, bytes] = {}
        self._new: set[bytes] = set()
        self._folded = True
        self._is_out_of_order = False
        self.now_ms = now_ms
        self.changes = Changes()
        self._folding = Folding(
            pending,
            workshop.keyring,
            workshop.vault,
            fresh=self.changes.keys,
            drawn=self._new,
            lines=workshop.log.lines,
        )

    @property
    def office(self) -> bytes:
        """The subject of the office's own key: `key_of` for events about the office."""
        return self._workshop.office[0]

    @property
    def post(self) -> Post:
        """What this machine does for the annexe."""
        return self._workshop.log.post

    async def new_key(self) -> bytes:
        """Draw a data key and return its subject; it is stored, wrapped, with the first record that it seals."""
        key = self._workshop.entropy(KEY_SIZE)
        subject = subject_of(key)
        self._drawn[subject] = key
        return subject

    async def append(self, stream: str, event: Event, *, key_of: bytes | None) -> bytes:
        """Put an event at the end of "cases" or "office", sealed under the key of `key_of`, and fold it into the views.

        The event is folded as it will be read back, so what a later reader would refuse is never written. Returns the
        record's hash. `key_of` is the subject of the account or case that the event is about, `tx.office`,
        or None for the few kinds that are not sealed. Raises CallerError for a subject whose key is not held.
        """
        encoded = encode_event(event)
        event = decode_event(encoded)
        name = self._workshop.log.full_name(stream)
        key = None if key_of is None else await self._sealing_key(key_of)
        records = self._workshop.log.write(name, encoded, key, self.now_ms)
        self._folded = False
        for record in records:
            store_record(self._pending, record)
        entry = entry_of(records[-1])
        self._folding.is_deciding = True
        try:
            await fold_event(self._workshop.views, self._folding, entry, event)
        finally:
            self._folding.is_deciding = False
        self._folded = True
        self._note(records[-1], encoded.kind)
        return entry.hash

    async def accept(self, record: Record) -> None:
        """Store a verified record that was written elsewhere, and fold it if its key is held."""
        self._is_out_of_order |= await self._is_continued(record)
        store_record(self._pending, record)
        key = None if record.subject is None else await self._key(record.subject)
        kind = (await fold_record(self._workshop.views, self._folding, record, key)).get("kind")
        self._note(record, kind if isinstance(kind, str) else "")

    async def _is_continued(self, record: Record) -> bool:
        """Whether a segment that is held already continues the one that this record opens."""
        if record.seq or self._workshop.log.lines.is_one(record.stream) or opening_parent(record) is None:
            return False
        continued = "SELECT 1 FROM segments WHERE stream = ? AND parent_segment = ? LIMIT 1"
        return bool(await self.rows(continued, (record.stream, record.segment)))

    async def come_to_order(self) -> None:
        """Fold all anew if a segment came after one that continues it: now that one stands behind all that goes before
        this one, and whatever both tell of may read otherwise. Machines give their segments in order: it is seldom."""
        if self._is_out_of_order:
            self._is_out_of_order = False
            await self.rebuild()

    def _note(self, record: Record, kind: str) -> None:
        accounts = frozenset(self._folding.concerned)
        self.changes.told.append(Committed(record.stream, record.subject, kind, accounts))
        self._folding.concerned.clear()
        if self._folding.changed_accounts:
            self._workshop.recent.change(self._folding.changed_accounts)
            self._folding.changed_accounts.clear()
        self.changes.named.extend(self._folding.named)
        self._folding.named.clear()

    def go_on_from(self, stream: str, tip: Tip | None) -> None:
        """Continue `tip` with the next segment of the stream `stream` (full name), unless one is open already."""
        self._workshop.log.go_on_from(stream, tip)

    def take_post(self, post: Post) -> None:
        """Have this post from here on; it is on the disk when the transaction is."""
        self._workshop.log.post = post
        self._put_fact(POST, post.value.encode())

    def open_segment(self, stream: str) -> None:
        """Begin a segment of the stream `stream` (full name), with nothing in it yet: it names what it continues."""
        record = self._workshop.log.open_segment(stream, self.now_ms)
        store_record(self._pending, record)
        self._note(record, SEGMENT_OPENED)

    def keep_office(self, subject: bytes) -> None:
        """Let `subject`, whose key is held, be the one that the office's events are sealed under after the next
        start."""
        self._put_fact("office", subject)

    def keep_colleague(self, key_id: bytes, chain: Iterable[bytes]) -> None:
        """Keep the credentials of another machine of this annexe, so that what it signs is known after a start."""
        self._put_fact(f"{COLLEAGUE}{key_id.hex()}", colleague(chain))

    def put_secret(self, name: str, plain: bytes) -> None:
        """Keep a secret of the appliance itself, sealed by the vault; a second one of the name takes its place."""
        self._put("secrets (name, sealed)", name, self._vault.seal_local(secret_place(name), plain))

    def put_checkpoint(self, name: str, data: bytes) -> None:
        """Keep what a peer said it holds."""
        self._put("checkpoints (name, bytes)", name, data)

    def _put_fact(self, name: str, value: bytes) -> None:
        self._put("meta (name, value)", name, value)

    def _put(self, place: str, name: str, data: bytes) -> None:
        self._pending.write(f"INSERT OR REPLACE INTO {place} VALUES (?, ?)", (name, data))  # noqa: S608 - our own names

    def write(self, sql: str, params: tuple[SqlValue, ...] = ()) -> None:
        """Change a table that is no view (feeds and rebuilding do); the statement rides with the next trip."""
        self._pending.write(sql, params)

    async def _key(self, subject: bytes) -> bytes | None:
        return self.changes.keys.get(subject) or await super()._key(subject)

    async def _sealing_key(self, subject: bytes) -> bytes:
        drawn = self._drawn.pop(subject, None)
        key = None if drawn is not None else await self._key(subject)
        if key is not None:
            return key
        first = self._workshop.office[1] if subject == self.office else drawn
        if first is None:
            raise CallerError("no key is held for this subject: draw one with new_key in the same transaction")
        self._commit_key(subject, first)
        return first

    def _commit_key(self, subject: bytes, key: bytes) -> None:
        wrapped = self._workshop.vault.wrap(key, subject)
        self._pending.insert("INSERT INTO keys (subject, wrapped)", (subject, wrapped))
        if subject == self.office:
            self._pending.write("INSERT INTO meta (name, value) VALUES ('office', ?)", (subject,))
        self.changes.keys[subject] = key
        self._new.add(subject)

    async def rebuild(self) -> int:
        """Drop every view and fold it again from the log; returns how many records were folded."""
        workshop = self._workshop
        self.changes.rebuilt = True
        workshop.recent.change_all()
        folded, self.changes.named = await refold(self._pending, workshop.views, workshop.keyring, workshop.vault)
        return folded

    def keep_key(self, subject: bytes, key: bytes) -> None:
        """Keep a data key that came with a feed, ahead of the records that it opens."""
        wrapped = self._workshop.vault.wrap(key, subject)
        self._pending.write(
            "INSERT INTO keys (subject, wrapped) VALUES (?, ?) ON CONFLICT DO NOTHING", (subject, wrapped)
        )
        self.changes.keys[subject] = key

    def keep_result(self, command: bytes, encoded: bytes, at_ms: int) -> None:
        """Keep what a command was first answered elsewhere, unless it is known here; empty if nobody knows any more."""
        sealed = self._workshop.vault.seal_result(command, encoded) if encoded else b""
        self._pending.write(
            "INSERT INTO commands (id, result, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (command, sealed, at_ms)
        )

    def finish(self) -> None:
        """Check that the command left nothing half done; raises CallerError if it did."""
        if not self._folded:
            raise CallerError("a record was written that a view refused: do not swallow that error")
        if self._drawn:
            raise CallerError("a key was drawn that no record uses: append the event that it seals")


def store_record(pending: Pending, record: Record) -> None:
    """Store a record; record 0 of a segment says where the segment hangs."""
    pending.insert(
        "INSERT INTO records (hash, stream, segment, seq, subject, bytes)",
        (record.hash, record.stream, record.segment, record.seq, record.subject, record.encoded()),
    )
    if record.seq == 0:
        store_segment(pending, record, opening_parent(record))


def store_segment(pending: Pending, record: Record, parent: Head | None) -> None:
    """Note where the segment that `record` opens hangs."""
    hangs = (None, None, None) if parent is None else (parent.segment, parent.seq, parent.hash)
    pending.write(
        "INSERT INTO segments (stream, segment, parent_segment, parent_seq, parent_hash) VALUES (?, ?, ?, ?, ?)",
        (record.stream, record.segment, *hangs),
    )
