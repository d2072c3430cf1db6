"""Streams on their way to a peer: what it holds, what is under way, and what to read from the log next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from protocol.records.chain import Head
from protocol.sync.batches import Arrived, Stored, size_on_wire
from protocol.sync.checkpoint import WHY_KEY, Held, Hole


@dataclass(frozen=True, slots=True)
class Pull:
    """What to read from the log: records of `stream` after `after`, up to `limit` bytes, and those that mend
    `holes`. `boxed`: they will travel so, and `limit` counts bytes of the log."""

    stream: str
    after: tuple[Head, ...]
    holes: tuple[Hole, ...]
    limit: int
    boxed: bool = False


class Outbound:
    """One stream on its way to the peer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.more = True
        self.sent: dict[bytes, Head] = {}
        self.held: Held = Held(name)
        self.tried: set[tuple[bytes, int, bytes | None]] = set()

    def heads(self) -> tuple[Head, ...]:
        """Per segment, the further of what the peer holds and what is on its way."""
        heads = {head.segment: head for head in self.held.heads()}
        for segment, head in self.sent.items():
            if segment not in heads or heads[segment].seq < head.seq:
                heads[segment] = head
        return tuple(heads.values())

    def holes(self) -> tuple[Hole, ...]:
        """Holes that were not tried yet in this conversation."""
        return tuple(hole for hole in self.held.holes if (hole.segment, hole.seq, hole.expected) not in self.tried)

    def note(self, arrived: Arrived) -> None:
        """The peer sent this record itself: it needs no sending back."""
        known = self.sent.get(arrived.segment)
        if known is None or known.seq < arrived.seq:
            self.sent[arrived.segment] = Head(arrived.segment, arrived.seq, arrived.hash)

    def learn(self, held: Held, *, forget: bool) -> None:
        """The peer's own word; `forget`: also of what is on its way (it lost its memory)."""
        self.held = held
        if forget:
            self.sent.clear()
        self.more = self.more or forget or bool(self.holes())

    def supplied(self, pull: Pull, records: Sequence[Stored]) -> None:
        """These were read for `pull` and are on their way."""
        self.tried.update((hole.segment, hole.seq, hole.expected) for hole in pull.holes)
        mended = {(hole.segment, hole.seq) for hole in pull.holes}
        self.more = self.more or bool(records)
        for stored in records:
            head = self.sent.get(stored.segment)
            if (stored.segment, stored.seq) in mended or (head is not None and head.seq >= stored.seq):
                continue
            self.sent[stored.segment] = Head(stored.segment, stored.seq, stored.hash)


def subjects_wanted(pull: Pull, records: Iterable[Stored], sent: Collection[bytes]) -> list[bytes]:
    """The subjects whose keys must travel with these records, in the order of first need; `sent`: those that did."""
    again = {(hole.segment, hole.seq) for hole in pull.holes if hole.why == WHY_KEY}
    wanted: dict[bytes, None] = {}
    for stored in records:
        record = stored.record
        if record is None or record.subject is None:
            continue
        if record.subject not in sent or (stored.segment, stored.seq) in again:
            wanted[record.subject] = None
    return list(wanted)


def fill(records: Iterable[Stored], pull: Pull) -> list[Stored]:
    """The longest beginning of `records` that fits into `pull.limit`; at least one, if there is one."""
    chosen: list[Stored] = []
    size = 0
    for stored in records:
        size += len(stored.encoded) if pull.boxed else size_on_wire(stored)
        if chosen and size > pull.limit:
            break
        chosen.append(stored)
    return chosen
