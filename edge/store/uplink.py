"""What the way to the prefecture asks of the store: records that are missing there, keys ahead of them, checkpoints.

Nothing here leaves the disk because it was sent; what a peer holds is only what its signed checkpoint says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.store.chains import HeldSegment, held_segments, load_chain
from edge.store.columns import blob, number
from edge.store.keyring import Source
from edge.store.store import Store, Transaction
from protocol.records.chain import Head
from protocol.records.encoding import Value
from protocol.records.envelope import Record, parse_record
from protocol.sync.checkpoint import MAX_LEAVES, Held, held_of

PAGE = 256
"""Records read at a time: about as many as one batch carries."""


@dataclass(frozen=True, slots=True)
class Lag:
    """What a peer does not hold: how many records, how many bytes, and when the oldest of them was written (ms since
    the epoch, by the writer's clock; None if there are none)."""

    records: int = 0
    size: int = 0
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LogBytes:
    """A place in a stream, and the bytes that the disk has there."""

    segment: bytes
    seq: int
    data: bytes


class Uplink:
    """The store as the uplink sees it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def records_after(self, stream: str, heads: Iterable[Head], limit_bytes: int) -> list[Record]:
        """Return what follows these heads, parsed; see `rows_after`. Raises PeerError for bytes that are no record."""
        return [parse_record(row.data) for row in await self.rows_after(stream, heads, limit_bytes)]

    async def rows_after(self, stream: str, heads: Iterable[Head], limit_bytes: int) -> list[LogBytes]:
        """Return what follows these heads, segment by segment in the order of writing, up to `limit_bytes` encoded.

        A head covers its segment up to its seq, and through the segment's parent all before it. At least one record is
        returned if any is missing, however large. A head of a segment that is not held here covers nothing. The bytes
        are those on the disk, good or not: a damaged record must not hold back those that follow it.
        """
        async with self._store.reading() as reader:
            segments = await held_segments(reader, stream)
            covered = _covered(segments, heads)
            found: list[LogBytes] = []
            for held in segments:
                after = covered.get(held.segment, -1)
                if after < held.last and not await _read_on(
                    reader, stream, held.segment, after=after, limit_bytes=limit_bytes, found=found
                ):
                    break
            return found

    async def records_at(self, stream: str, places: Sequence[tuple[bytes, int]]) -> list[Record]:
        """Return the records at these (segment, seq), to fill a peer's holes; places that are not held are left out."""
        return [parse_record(row.data) for row in await self.rows_at(stream, places)]

    async def rows_at(self, stream: str, places: Sequence[tuple[bytes, int]]) -> list[LogBytes]:
        """Return the same as the disk has them, good or not."""
        query = "SELECT bytes FROM records WHERE stream = ? AND segment = ? AND seq = ?"
        async with self._store.reading() as reader:
            return [
                LogBytes(segment, seq, blob(row[0]))
                for segment, seq in places
                for row in await reader.rows(query, (stream, segment, seq))
            ]

    async def keys_for(self, subjects: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
        """Return (subject, data key) for each subject whose key is held, in the order given, each once.

        One that is damaged on the disk counts as not held: it must not keep the others' records here.
        """
        async with self._store.reading() as reader:
            found = await reader.data_keys(list(dict.fromkeys(subjects)))
        return list(found.items())

    async def chain_heads(self, stream: str) -> list[Head]:
        """Return the leaf heads of a stream: what this store holds of it."""
        async with self._store.reading() as reader:
            return (await load_chain(reader, stream)).leaves()

    async def held(self, stream: str) -> Held:
        """Return what a checkpoint says of a stream."""
        async with self._store.reading() as reader:
            return held_of(await load_chain(reader, stream))

    async def heads_to_name(self, stream: str) -> list[Head]:
        """Return the ends of the newest segments, continued or not, as many as a checkpoint may name.

        A peer that does not hold the newest (nobody sent them yet) still finds one of these, and what it covers.
        """
        async with self._store.reading() as reader:
            newest = (await held_segments(reader, stream))[-MAX_LEAVES:]
            query = "SELECT hash FROM records WHERE stream = ? AND segment = ? AND seq = ?"
            found = [await reader.rows(query, (stream, one.segment, one.last)) for one in newest]
        return [Head(one.segment, one.last, blob(rows[0][0])) for one, rows in zip(newest, found, strict=True)]

    async def unknown_heads(self, stream: str, heads: Iterable[Head]) -> list[Head]:
        """Return those heads of our own stream that a peer has and we have not: we are behind, or a clone wrote on."""
        async with self._store.reading() as reader:
            last = {held.segment: held.last for held in await held_segments(reader, stream)}
        return [head for head in heads if last.get(head.segment, -1) < head.seq]

    async def save_checkpoint(self, peer: str, data: bytes) -> None:
        """Keep the newest checkpoint of a peer, or our own for it, durably."""

        async def work(transaction: Transaction) -> Value:
            transaction.put_checkpoint(peer, data)
            return None

        await self._store.perform(work)

    async def load_checkpoint(self, peer: str) -> bytes | None:
        """Return what was saved under this name."""
        async with self._store.reading() as reader:
            found = await reader.rows("SELECT bytes FROM checkpoints WHERE name = ?", (peer,))
        return blob(found[0][0]) if found else None


async def lag_behind(source: Source, held: Iterable[Held]) -> Lag:
    """Return how far a peer that holds this is behind our log."""
    records, size, began = 0, 0, []
    for stream in held:
        segments = await held_segments(source, stream.stream)
        covered = _covered(segments, stream.heads())
        for one in segments:
            after = covered.get(one.segment, -1)
            if after >= one.last:
                continue
            place = (stream.stream, one.segment, after)
            lengths = "SELECT count(*), sum(length(bytes)) FROM records WHERE stream = ? AND segment = ? AND seq > ?"
            count, total = (await source.rows(lengths, place))[0]
            records, size = records + number(count), size + number(total)
            first = "SELECT bytes FROM records WHERE stream = ? AND segment = ? AND seq > ? ORDER BY seq LIMIT 1"
            began.append(parse_record(blob((await source.rows(first, place))[0][0])).time.ms)
    return Lag(records, size, min(began, default=None))


def _covered(segments: Sequence[HeldSegment], heads: Iterable[Head]) -> Mapping[bytes, int]:
    """Return up to which seq each segment is covered by heads, their segments' parents included."""
    parents = {held.segment: held.parent for held in segments}
    covered: dict[bytes, int] = {}
    for head in heads:
        step: Head | None = head
        while step is not None and step.segment in parents and covered.get(step.segment, -1) < step.seq:
            covered[step.segment] = step.seq
            step = parents[step.segment]
    return covered


async def _read_on(
    source: Source, stream: str, segment: bytes, *, after: int, limit_bytes: int, found: list[LogBytes]
) -> bool:
    """Add the segment's records after a seq to `found`; False once the limit is reached."""
    size = sum(len(one.data) for one in found)
    while True:
        rows = await source.rows(
            "SELECT seq, bytes FROM records WHERE stream = ? AND segment = ? AND seq > ? ORDER BY seq LIMIT ?",
            (stream, segment, after, PAGE),
        )
        for row in rows:
            one = LogBytes(segment, number(row[0]), blob(row[1]))
            if found and size + len(one.data) > limit_bytes:
                return False
            found.append(one)
            size, after = size + len(one.data), one.seq
        if len(rows) < PAGE:
            return True
