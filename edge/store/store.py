"""The store of one annexe: opened once, written by one writer, read by many.

Opening: take the writer's lock, open the database (or make it), create the views or rebuild those whose folds have
changed, read where the log ends, and unwrap the office's key. A store whose disk failed the last time is verified whole
before it serves again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from edge.store.connection import Connect, Connection, Scratch, open_scratch, open_sqlite
from edge.store.doubt import IN_DOUBT, leave_doubt, settle_doubt
from edge.store.group import Decide
from edge.store.keyring import Keyring
from edge.store.lines import load_lines
from edge.store.lock import WriterLock
from edge.store.log import SHORT_NAMES, Identity, Log, Machine, load_tips
from edge.store.naming import Names
from edge.store.opening import load_office, prepare
from edge.store.post import Post, check_writer, load_post
from edge.store.reader import Reader
from edge.store.reading import READERS, ReadPool
from edge.store.recent import Recent
from edge.store.refold import Progress, untold
from edge.store.removals import Removals
from edge.store.returning_scans import ReturningScans
from edge.store.rows import Committed
from edge.store.scan_files import SCANS, FolderScanFiles, OpenScanFiles, ScanFiles
from edge.store.scans import Scans, sweep
from edge.store.schema import DATABASE
from edge.store.transaction import Changes, Transaction, Workshop
from edge.store.vault import Vault
from edge.store.views import DEFAULT_VIEWS, View
from edge.store.writer import LONGEST_DECISION, Writer
from protocol.errors import OperatorError
from protocol.records.chain import Head
from protocol.records.encoding import Value
from protocol.sync.results import CommandResult

__all__ = ["DATABASE", "IN_DOUBT", "Identity", "Reader", "Store", "Transaction"]

logger = logging.getLogger(__name__)

Listener = Callable[[Sequence[Committed]], None]

ResultListener = Callable[[Sequence[CommandResult]], None]

Elsewhere = Callable[[], Awaitable[None]]
"""Waits until what was committed is in a second place too, or for as long as a person should wait for that."""


class Store:
    """Made by `open`; closed by `close`. Not to be shared between event loops."""

    def __init__(
        self,
        folder: Path,
        *,
        lock: WriterLock,
        connection: Connection,
        pool: ReadPool,
        workshop: Workshop,
        files: ScanFiles,
        now: Callable[[], int],
    ) -> None:
        self._folder = folder
        self._lock = lock
        self._connection = connection
        self._pool = pool
        self._workshop = workshop
        self._listeners: list[Listener] = []
        self._result_listeners: list[ResultListener] = []
        self._mourners: list[Callable[[OperatorError], None]] = []
        self._writer: Writer
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._holders: dict[object, None] = {}
        self._elsewhere: list[Elsewhere] = []
        self.names = Names(self.asking, workshop.vault)
        self.scans = Scans(files, self.names_scan, lambda: self.failure is not None, now)
        self.returning = ReturningScans(files, self.scans)
        self.removals = Removals(self.scans, self._may_write)
        self.failure: OperatorError | None = None

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        identity: Identity,
        vault: Vault,
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
        software: str,
        fingerprint: str,
        clock: str = "estimated",
        post: Post = Post.ANNEXE,
        connect: Connect = open_sqlite,
        scratch: Scratch = open_scratch,
        scans: OpenScanFiles = FolderScanFiles,
        views: Sequence[View] = DEFAULT_VIEWS,
        longest_decision: float = LONGEST_DECISION,
        progress: Progress = untold,
    ) -> Store:
        """Open the store in `folder`, or make it there.

        `now` in milliseconds since the epoch, `entropy(n)` n random bytes; `software`, `fingerprint` and `clock`
        (trusted, estimated, unknown) go into record 0 of each segment; `post`: what the seed makes this machine;
        `longest_decision` in seconds; `progress` hears of views that are folded anew. Raises OperatorError when another
        process writes here, when the disk cannot keep what it confirms, or when what is there is another annexe's or
        damaged.
        """
        lock = WriterLock(folder)
        opened: list[Connection] = []
        try:
            connection = await connect(folder / DATABASE, True)
            opened.append(connection)
            keyring = Keyring(vault)
            await prepare(
                connection,
                annexe=identity.annexe,
                views=views,
                keyring=keyring,
                vault=vault,
                now_ms=now(),
                progress=progress,
            )
            own = identity.signing.public
            await settle_doubt(folder, vault=vault, own=own, connect=connect, scratch=scratch, views=views)
            machine = Machine(software, fingerprint, clock)
            tips = await load_tips(connection, identity.streams())
            workshop = Workshop(
                log=Log(
                    identity, machine, entropy, tips, await load_post(connection, post), await load_lines(connection)
                ),
                keyring=keyring,
                vault=vault,
                recent=Recent(),
                views=tuple(views),
                entropy=entropy,
                office=await load_office(connection, keyring, entropy),
            )
            files = scans(folder / SCANS)
            await sweep(files, connection, now())
            for _ in range(READERS):
                opened.append(await connect(folder / DATABASE, False))
        except BaseException:
            for one in reversed(opened):
                await one.close()
            lock.release()
            raise
        store = cls(
            folder,
            lock=lock,
            connection=connection,
            pool=ReadPool(opened[1:]),
            workshop=workshop,
            files=files,
            now=now,
        )
        store._writer = Writer(
            connection,
            workshop,
            now=now,
            longest=longest_decision,
            committed=store._take_over,
            failed=store._mourn,
        )
        return store

    async def names_scan(self, address: bytes) -> bool:
        """Return whether a case names the scan of this address."""
        async with self.asking() as reader:
            return bool(await reader.rows("SELECT 1 FROM scans WHERE address = ? AND NOT removed", (address,)))

    async def execute(self, command: bytes, decide: Decide) -> Value:
        """Decide one command inside the single writer and return its result once it is on the disk.

        `command`: 16 bytes made by the screen that asks; a command that was seen is not run again but answered with its
        first result. `decide` reads and appends through the transaction it is given, and nothing else: it may be run at
        any time, its exceptions undo this command alone and reach the caller. Raises OperatorError when the disk fails,
        NotTheWriter where another machine has the annexe's post. While the own tail comes back from the prefecture it
        waits (`hold`), and for second copies as `wait_for` says.
        """
        check_writer(self.post)
        await self._may_write.wait()
        result = await self._writer.execute(command, decide)
        if len(self._elsewhere) == 1:
            await self._elsewhere[0]()
        elif self._elsewhere:
            await asyncio.gather(*(one() for one in self._elsewhere))
        return result

    async def perform(self, work: Decide) -> Value:
        """Do the store's own work in the writer (feeds, checkpoints): as `execute`, without a command to remember."""
        return await self._writer.execute(None, work)

    @property
    def has_written(self) -> bool:
        """Whether a command was written since this start."""
        log = self._workshop.log
        return any(log.is_open(log.full_name(short)) for short in SHORT_NAMES)

    @property
    def post(self) -> Post:
        """What this machine does for the annexe now."""
        return self._workshop.log.post

    def head(self, stream: str) -> Head | None:
        """Where the own stream `stream` (full name) ends, as far as it is decided."""
        return self._workshop.log.head(stream)

    def wait_for(self, elsewhere: Elsewhere) -> None:
        """Confirm a command to nobody before `elsewhere` returned, and whoever else was named so."""
        self._elsewhere.append(elsewhere)

    def wait_no_more(self, elsewhere: Elsewhere) -> None:
        """Wait for this one no longer."""
        if elsewhere in self._elsewhere:
            self._elsewhere.remove(elsewhere)

    @property
    def vault(self) -> Vault:
        """What seals this store's secrets."""
        return self._workshop.vault

    @property
    def machine(self) -> str:
        """The fingerprint of this machine, as record 0 of each segment names it."""
        return self._workshop.log.machine

    @property
    def streams(self) -> tuple[str, ...]:
        """The full names of the own streams."""
        return tuple(self._workshop.log.full_name(short) for short in SHORT_NAMES)

    @property
    def is_held(self) -> bool:
        """Whether commands wait."""
        return not self._may_write.is_set()

    def hold(self, who: object) -> None:
        """Let commands wait until `resume`: what they continue is on its way. Readers and feeds go on.

        `who` holds them, among others: they go on once nobody does.
        """
        self._holders[who] = None
        self._may_write.clear()

    def resume(self, who: object) -> None:
        """Let commands go on, as far as `who` is concerned."""
        self._holders.pop(who, None)
        if not self._holders:
            self._may_write.set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        """Give a reader that sees one consistent moment: everything confirmed before its first query."""
        async with self._pool.look() as snapshot:
            yield Reader(snapshot, self._workshop.keyring, self._workshop.vault)

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Reader]:
        """Give a reader for one question: a row, and what never changes (its key, a version of a procedure).

        An account that was read lately is given from memory (`edge.store.recent`).

        It sees everything confirmed so far. What must agree with each other is asked for in one `reading`.
        """
        async with self._pool.glance() as glance:
            yield Reader(glance, self._workshop.keyring, self._workshop.vault, self._workshop.recent)

    def on_commit(self, listener: Listener) -> None:
        """Tell `listener` what was committed, after each commit, in order. It must not block; its errors are logged."""
        self._listeners.append(listener)

    def on_results(self, listener: ResultListener) -> None:
        """Tell `listener` what commands were first answered, after each commit and before `on_commit`'s listeners are
        told of their records. It must neither block nor raise."""
        self._result_listeners.append(listener)

    def on_results_no_more(self, listener: ResultListener) -> None:
        """Tell this one no longer."""
        if listener in self._result_listeners:
            self._result_listeners.remove(listener)

    def on_failure(self, listener: Callable[[OperatorError], None]) -> None:
        """Tell `listener` when the writer has stopped for good, so that the appliance starts anew."""
        self._mourners.append(listener)

    async def close(self) -> None:
        """Finish what was queued or held, close the database, let another writer in."""
        await self.removals.close()
        self._holders.clear()
        self._may_write.set()
        await self._writer.close()
        await self.names.close()
        await self.returning.close()
        await self._pool.close()
        await self._connection.close()
        self._lock.release()

    def _take_over(self, changes: Sequence[Changes]) -> None:
        """Bring memory up to what was just committed, then tell those who listen."""
        told: list[Committed] = []
        for change in changes:
            self.names.take_over(change)
            told.extend(change.told)
        results = [change.result for change in changes if change.result is not None]
        for give in self._result_listeners if results else ():
            give(results)
        for listener in self._listeners if told else ():
            try:
                listener(told)
            except Exception:
                logger.exception("a listener failed on what was committed; the commit stands")

    def _mourn(self, error: OperatorError) -> None:
        self.failure = error
        leave_doubt(self._folder)
        for listener in self._mourners:
            listener(error)
