"""What goes down to an annexe: records that it lacks, of the prefecture's feeds and, if it asks, of its own streams.

And what it said it holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.chains import load_states
from central.store.store import CentralStore
from protocol.sync.batches import Stored, read_stored
from protocol.sync.checkpoint import Checkpoint, Hole, Known, mends, parse_checkpoint
from protocol.sync.coverage import covered_by, in_order
from protocol.sync.intake import Outcome
from protocol.sync.memory import Memory, parse_memory
from protocol.sync.outbound import Pull, fill
from protocol.sync.streams import streams_of

# Rows read at a time; one batch carries some 200 records.
PAGE = 256


class Outgoing:
    """Reads the feeds for the sessions of all annexes. `writer` is the prefecture's own id."""

    def __init__(self, store: CentralStore, writer: str) -> None:
        self._store = store
        self._writer = writer

    async def read(self, pull: Pull) -> list[Stored]:
        """What to send for a pull: what mends holes first, then what follows the heads, in order, within the limit."""
        async with self._store.database.read() as connection:
            found = await self._mending(connection, pull.stream, pull.holes)
            found += await self._following(connection, pull)
        return fill(found, pull)

    async def keys(self, stream: str, subjects: Iterable[bytes]) -> dict[bytes, bytes]:
        """The keys that open what stands in a stream, where we hold them: those of the annexe, in its feed too."""
        annexe = stream.removeprefix("to/").partition("/")[0]
        async with self._store.database.read() as connection:
            return await self._store.keys_of(connection, annexe, subjects)

    def _owner(self, stream: str) -> str:
        """Under whom a stream is kept: who writes it."""
        first = stream.partition("/")[0]
        return self._writer if first in ("all", "to") else first

    async def known(self, annexe: str) -> Known | None:
        """The last checkpoint that an annexe gave us."""
        table = schema.peer_checkpoints
        async with self._store.database.read() as connection:
            query = select(table.c.counter, table.c.echo).where(table.c.annexe == annexe)
            row = (await connection.execute(query)).first()
        return Known(row[0], row[1]) if row else None

    async def last_checkpoint(self, annexe: str) -> Checkpoint | None:
        """What an annexe last said it holds of our feeds."""
        table = schema.peer_checkpoints
        async with self._store.database.read() as connection:
            encoded = (await connection.execute(select(table.c.encoded).where(table.c.annexe == annexe))).scalar()
        return None if encoded is None else parse_checkpoint(encoded)

    async def memory(self, annexe: str) -> Memory:
        """What is remembered of the sticks to and from an annexe."""
        table = schema.sticks
        async with self._store.database.read() as connection:
            kept = (await connection.execute(select(table.c.memory).where(table.c.annexe == annexe))).scalar()
        return parse_memory(kept)

    async def remember(self, annexe: str, memory: Memory) -> None:
        """Keep that."""
        async with self._store.database.write() as connection:
            rows = [{"annexe": annexe, "memory": memory.encoded()}]
            await self._store.database.put(connection, schema.sticks, rows, replace=True)

    async def unconfirmed(self, annexe: str) -> int | None:
        """How many records of our feeds an annexe has not confirmed; None before its first checkpoint."""
        table = schema.peer_checkpoints
        async with self._store.database.read() as connection:
            query = select(table.c.encoded).where(table.c.annexe == annexe)
            encoded = (await connection.execute(query)).scalar()
            if encoded is None:
                return None
            checkpoint, left = parse_checkpoint(encoded), 0
            for stream in streams_of("centre", annexe):
                states = await load_states(connection, self._writer, stream)
                covered = covered_by({one.segment: one.parent for one in states}, checkpoint.of(stream).leaves)
                left += sum(one.seq - covered.get(one.segment, -1) for one in states)
                left += len(checkpoint.of(stream).holes)
        return left

    async def keep(self, annexe: str, checkpoint: Checkpoint, now_ms: int) -> None:
        """Remember what an annexe says it holds of our feeds."""
        row = {"annexe": annexe, "counter": checkpoint.counter, "echo": checkpoint.echo, "at_ms": now_ms}
        async with self._store.database.write() as connection:
            rows = [row | {"encoded": checkpoint.encoded()}]
            await self._store.database.put(connection, schema.peer_checkpoints, rows, replace=True)

    async def _following(self, connection: AsyncConnection, pull: Pull) -> list[Stored]:
        """Enough of what the heads do not cover: whole pages, the first segments first."""
        held = await load_states(connection, self._owner(pull.stream), pull.stream)
        states = {state.segment: state for state in held}
        parents = {segment: state.parent for segment, state in states.items()}
        covered = covered_by(parents, pull.after)
        found: list[Stored] = []
        for segment in in_order(parents):
            after = covered.get(segment, -1)
            if after < states[segment].seq:
                found += await self._follow(connection, pull.stream, segment, after)
                if found[-1].seq < states[segment].seq or sum(len(one.encoded) for one in found) > pull.limit:
                    break
        return found

    async def _mending(self, connection: AsyncConnection, stream: str, holes: Iterable[Hole]) -> list[Stored]:
        found = []
        for hole in holes:
            held = await self._follow(connection, stream, hole.segment, hole.seq - 1, count=1)
            found += [one for one in held if one.seq == hole.seq and mends(hole, one.hash)]
        return found

    async def _follow(
        self, connection: AsyncConnection, stream: str, segment: bytes, after: int, count: int = PAGE
    ) -> list[Stored]:
        table = schema.records
        rows = await connection.execute(
            select(table.c.seq, table.c.encoded)
            .where(
                table.c.annexe == self._owner(stream),
                table.c.stream == stream,
                table.c.segment == segment,
                table.c.seq > after,
                table.c.standing != Outcome.PROOF.value,
            )
            .order_by(table.c.seq)
            .limit(count)
        )
        return [read_stored(stream, segment, seq, encoded) for seq, encoded in rows]
