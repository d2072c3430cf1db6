"""The annexe's log as a session reads it, and the prefecture's feeds as it takes them in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.store.chains import held_segments, load_chain
from edge.store.columns import blob
from edge.store.confirmations import MIRROR, PREFECTURE, note
from edge.store.feeds import accept
from edge.store.results import WaitingResults, kept_mark
from edge.store.returning_scans import Returned
from edge.store.scans import Part
from edge.store.store import Store, Transaction
from edge.store.tail import CameBack, Owner, take_back
from edge.store.uplink import Uplink as StoreUplink
from edge.sync.given_results import GivenResults
from edge.sync.tail import Tail
from protocol.errors import OperatorError, PeerError
from protocol.records.credentials import Credential, Trust
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import OpeningKey
from protocol.sync.batches import SealedKey, Stored, read_stored
from protocol.sync.blob_flow import ChunkArrived, Want
from protocol.sync.checkpoint import Checkpoint, Held, Known, held_of, mends, parse_checkpoint
from protocol.sync.coverage import covered_by
from protocol.sync.events import BatchArrived
from protocol.sync.hello import OTHER, Role
from protocol.sync.memory import Memory, parse_memory
from protocol.sync.outbound import Pull, fill
from protocol.sync.results import CommandResult, ResultsArrived, open_results, seal_results
from protocol.sync.sealed_keys import Opener, seal_alone
from protocol.sync.streams import streams_of

logger = logging.getLogger(__name__)

NAMES: Mapping[Role, str] = {"edge": "uplink", "primary": "mirror", "standby": "mirror"}
"""Under `NAME/held` the store keeps the last checkpoint that the peer gave us, and under `NAME/given` the counter of
the last one that we gave it. A machine is the primary or the standby of its mirror, never both."""

STICKS = "sticks"
"""And here what is remembered of sticks (`protocol.sync.memory`)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: records stored; what came of the own streams, None if nothing did."""

    stored: int
    came_back: CameBack | None = None


class Source:
    """What one end of a way reads and writes in the store: the uplink, or either side of the mirror (`role`).

    `opening` opens keys that the peer sealed to this machine.
    """

    def __init__(
        self,
        store: Store,
        owner: Owner,
        trust: Trust,
        opening: OpeningKey,
        entropy: Callable[[int], bytes],
        role: Role = "edge",
    ) -> None:
        annexe = owner.annexe
        self._name = NAMES[role]
        self._role = role
        self._store = store
        self._owner = owner
        self._uplink = StoreUplink(store)
        self._annexe = annexe
        self._trust = trust
        self._opening = opening
        self._entropy = entropy
        self._waiting = WaitingResults()
        self.results = GivenResults(store)
        """First results of commands for who follows."""
        self.streams = streams_of("edge", annexe)
        self.feeds = streams_of("centre", annexe)
        self._takes = streams_of(OTHER[role], annexe)

    async def read(self, pull: Pull) -> list[Stored]:
        """What to send for a pull: what mends holes first, then what follows the heads, in order."""
        found = await self._mending(pull)
        if sum(len(one.encoded) for one in found) < pull.limit:
            following = await self._uplink.rows_after(pull.stream, pull.after, pull.limit)
            found += [read_stored(pull.stream, row.segment, row.seq, row.data) for row in following]
        return fill(found, pull)

    async def _mending(self, pull: Pull) -> list[Stored]:
        if not pull.holes:
            return []
        places = [(hole.segment, hole.seq) for hole in pull.holes]
        rows = await self._uplink.rows_at(pull.stream, places)
        held = {(row.segment, row.seq): read_stored(pull.stream, row.segment, row.seq, row.data) for row in rows}
        wanted = ((hole, held.get((hole.segment, hole.seq))) for hole in pull.holes)
        return [stored for hole, stored in wanted if stored is not None and mends(hole, stored.hash)]

    async def keys(self, wanted: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        """The keys of these subjects, as far as they are held."""
        return await self._uplink.keys_for(wanted) if wanted else []

    def draw(self, size: int) -> bytes:
        """Fresh random bytes."""
        return self._entropy(size)

    async def sealed(self, wanted: Sequence[bytes], reader: Credential) -> list[SealedKey]:
        """The keys of these subjects, as far as they are held, each sealed to a reader."""
        return [] if reader.sealing is None else seal_alone(reader.sealing, await self.keys(wanted), self._entropy)

    async def piece(self, want: Want) -> Part | None:
        """A piece of a scan that the prefecture wants; None if it is not here, or damaged."""
        return await self._store.scans.part(want.address, want.place)

    async def piece_of(self, want: Want) -> tuple[bytes | None, bool]:
        """The same as a run of files asks for it: its bytes or None, and whether it is the last."""
        part = await self.piece(want)
        return (None, True) if part is None else (part.data, part.is_last)

    async def scans_of(self, subjects: Collection[bytes]) -> list[Want]:
        """The scans that these cases name."""
        query = "SELECT address, subject FROM scans WHERE NOT removed ORDER BY address"
        async with self._store.reading() as reader:
            rows = await reader.rows(query) if subjects else []
        return [Want(blob(address)) for address, subject in rows if subject in subjects]

    async def scans_named(self) -> list[bytes]:
        """The addresses of the scans that cases name, and that can be read."""
        query = "SELECT address FROM scans WHERE NOT removed AND subject IN (SELECT subject FROM keys) ORDER BY address"
        async with self._store.reading() as reader:
            return [blob(row[0]) for row in await reader.rows(query)]

    async def scans_let_go(self) -> list[bytes]:
        """The addresses of those that cases named once: removed, or their key is destroyed. What nobody here knows of
        is none of them: a later release may have named it."""
        query = "SELECT address FROM scans WHERE removed OR subject NOT IN (SELECT subject FROM keys)"
        async with self._store.reading() as reader:
            return [blob(row[0]) for row in await reader.rows(query)]

    async def scans_missing(self) -> list[Want]:
        """The scans that cases name and that are not here: whoever has them is to send them back."""
        named = await self.scans_named()
        return await self._store.returning.wanted(named) if named else []

    async def take_piece(self, came: ChunkArrived) -> Returned:
        """Keep a piece of a scan that comes back."""
        return await self._store.returning.take(came)

    async def take(self, batch: BatchArrived) -> Taken:
        """Verify and store a batch; raises PeerError. Records of feeds enter whole or not at all."""
        opener = Opener(self._opening)
        keys = {sealed.subject: opener.open(sealed) for sealed in batch.keys}
        feeds = [one.encoded for one in batch.records if one.stream in self.feeds]
        own = [one.record for one in batch.records if one.stream in self.streams]
        stored = 0
        if feeds:
            stored = (await accept(self._store, self._annexe, feeds, self._trust, keys=keys.items())).stored
        if not own:
            return Taken(stored)
        records = [one for one in own if one]
        came = await take_back(self._store, self._owner, records, self._trust, keys, self._waiting)
        came.left_out += own.count(None)
        if came.stored:
            await self._let_scans_go({one.subject for one in records if one.subject is not None})
        return Taken(stored + came.stored, came)

    async def _let_scans_go(self, subjects: Collection[bytes]) -> None:
        """Let the scans of these cases go that they name no more, now that this was committed (`edge.store.removals`).
        A disk that refuses leaves that to the next start, for the records stand."""
        marks = ", ".join("?" for _ in subjects)
        query = f"SELECT address FROM scans WHERE subject IN ({marks}) AND removed"  # noqa: S608 - marks
        async with self._store.reading() as reader:
            gone = [blob(row[0]) for row in await reader.rows(query, tuple(subjects))]
        try:
            await self._store.returning.let_go(gone)
        except OperatorError as error:
            logger.warning("half a scan that was removed cannot be deleted before the next start: %s", error)
        self._store.removals.let_go(gone)

    async def take_results(self, came: ResultsArrived) -> None:
        """Keep first results of commands, those that stand behind nothing that is still to come; raises PeerError."""
        self._waiting.add(open_results(self._opening, came.box), came.mark)
        kept: list[CommandResult] = []

        async def work(transaction: Transaction) -> Value:
            nonlocal kept
            kept = await self._waiting.settle(transaction)
            return None

        await self._store.perform(work)
        self._waiting.forget(kept)

    async def begin_results(self, giver: Credential) -> bytes:
        """A conversation begins with who gives results of commands; returns his mark up to which all are kept."""
        self._waiting.begin(giver.id)
        async with self._store.reading() as reader:
            return await kept_mark(reader, giver.id)

    def sealed_results(self, results: Sequence[CommandResult], reader: Credential) -> bytes | None:
        """First results of commands, or none, sealed to a reader; None for one who cannot be sealed to."""
        return None if reader.sealing is None else seal_results(reader.sealing, results, self._entropy)

    def has_feeds(self, batch: BatchArrived) -> bool:
        """Whether anything in a batch is of the prefecture's feeds."""
        return any(one.stream in self.feeds for one in batch.records)

    def new_tail(self) -> Tail:
        """What one conversation knows of the own streams that the peer holds and we do not, where it must be asked."""
        return Tail(self._store, [stream for stream in self.streams if stream not in self._takes])

    async def holdings(self, asked: Iterable[str] = ()) -> tuple[int, list[Held]]:
        """The counter of the next checkpoint, kept before it is given, and what is held of all that the peer sends.

        `asked`: own streams that are asked for, and so named too. One transaction for counter and streams: a line and a
        stick that ask at once are never given one counter twice.
        """
        named = [Held(stream, tuple(await self._uplink.heads_to_name(stream))) for stream in asked]
        held: list[Held] = []
        given, counter = f"{self._name}/given", 0

        async def work(transaction: Transaction) -> Value:
            nonlocal counter
            held.clear()
            for stream in self._takes:
                held.append(held_of(await load_chain(transaction, stream)))
            rows = await transaction.rows("SELECT bytes FROM checkpoints WHERE name = ?", (given,))
            counter = _counter(blob(rows[0][0]) if rows else None) + 1
            transaction.put_checkpoint(given, encode([counter]))
            return None

        await self._store.perform(work)
        held += named
        return counter, held

    async def positions(self, stream: str) -> dict[bytes, int]:
        """The last seq that is held of each segment of a feed."""
        async with self._store.reading() as reader:
            return {one.segment: one.last for one in await held_segments(reader, stream)}

    async def memory(self) -> Memory:
        """What is remembered of the sticks to and from the prefecture."""
        return parse_memory(await self._uplink.load_checkpoint(STICKS))

    async def remember(self, memory: Memory) -> None:
        """Keep that."""
        await self._uplink.save_checkpoint(STICKS, memory.encoded())

    async def last_checkpoint(self) -> Checkpoint | None:
        """What the peer last said it holds; None at the first time, or if the row is damaged."""
        data = await self._uplink.load_checkpoint(f"{self._name}/held")
        try:
            return None if data is None else parse_checkpoint(data)
        except PeerError:
            return None

    async def known(self) -> Known | None:
        """The same, as a session needs it."""
        last = await self.last_checkpoint()
        return Known(last.counter, last.echo) if last else None

    async def keep(self, checkpoint: Checkpoint, *, restored: bool = False) -> None:
        """Remember what the peer says it holds, and since when; `restored`: it holds less than it once said."""
        held = [one for one in checkpoint.held if one.stream in self.streams]
        place = PREFECTURE if self._role == "edge" else MIRROR

        async def work(transaction: Transaction) -> Value:
            transaction.put_checkpoint(f"{self._name}/held", checkpoint.encoded())
            await note(transaction, place, held, restored=restored)
            return None

        await self._store.perform(work)

    async def greet(self, peer: Credential, chain: Sequence[bytes]) -> None:
        """Keep who the peer is, if it is another machine of this annexe: what it signs must be known after a start
        too."""
        if self._role == "edge":
            return

        async def work(transaction: Transaction) -> Value:
            transaction.keep_colleague(peer.id, chain)
            return None

        await self._store.perform(work)

    async def left(self, checkpoint: Checkpoint | None) -> int:
        """How many records of the own streams the peer does not hold yet."""
        return sum([await self._left_of(stream, checkpoint) for stream in self.streams])

    async def _left_of(self, stream: str, checkpoint: Checkpoint | None) -> int:
        async with self._store.reading() as reader:
            segments = await held_segments(reader, stream)
        held = checkpoint.of(stream) if checkpoint else Held(stream)
        covered = covered_by({one.segment: one.parent for one in segments}, held.heads())
        # The prefecture may hold more of a segment than a restored appliance: that leaves nothing to send.
        return sum(max(0, one.last - covered.get(one.segment, -1)) for one in segments) + len(held.holes)


def _counter(data: bytes | None) -> int:
    fields: Value = decode(data) if data is not None else [0]
    counter = fields[0] if isinstance(fields, list) and fields else 0
    return counter if isinstance(counter, int) else 0
