"""What one end takes of its peer's streams, blobs and results: each frame in its turn, and within the credit granted.

- Batches, chunks and results are numbered together from 1, and answered by number.
- The credit is counted here alone: what came grows, and what was committed makes room for more.
- A peer sends the streams that it writes itself, and of ours only those that we ask for (rule 6 of
  `protocol.sync.session`).
"""

from __future__ import annotations

from collections.abc import Iterable

from protocol.errors import CallerError
from protocol.records.encoding import Value
from protocol.records.keys import OpeningKey
from protocol.sync.batches import Batch
from protocol.sync.blob_flow import BlobFlow, ChunkArrived
from protocol.sync.boxed import BOXED_SINCE, parse_boxed
from protocol.sync.events import BatchArrived
from protocol.sync.refusals import CreditExceeded, OutOfTurn, StreamRefused
from protocol.sync.results import ResultsArrived
from protocol.sync.window import CEILING

# What we take from a peer before it must wait for our commits: the memory that one peer may cost us.
CREDIT = CEILING


class Arrivals:
    """One conversation's; nothing may come before the first `commit`."""

    def __init__(self, blobs: BlobFlow) -> None:
        self.takes: tuple[str, ...] = ()
        """The streams that the peer writes itself."""
        self.last = 0
        """The number of the last that came."""
        self.is_open = False
        """Whether the peer was granted anything."""
        self._blobs = blobs
        self._version = 0
        self._opening: OpeningKey | None = None
        self._asked: set[str] = set()
        self._uncommitted: dict[int, int] = {}
        self._taken = 0
        self._committed = 0

    def begin(self, takes: Iterable[str], version: int, opening: OpeningKey | None) -> None:
        """The peer is authenticated. `opening` opens what is boxed to us."""
        self.takes = tuple(takes)
        self._version = version
        self._opening = opening

    def ask(self, streams: Iterable[str]) -> None:
        """These of ours may come too."""
        self._asked |= set(streams)

    def boxed(self, number: int, box: bytes, size: int) -> BatchArrived:
        """A batch in a box."""
        if self._opening is None or self._version < BOXED_SINCE:
            raise OutOfTurn(f"Nothing travels boxed in a conversation of version {self._version}.")
        self._check(number, size)
        return self.batch(parse_boxed(number, box, self._opening), size)

    def batch(self, batch: Batch, size: int) -> BatchArrived:
        """A batch; raises StreamRefused for what this peer may not send."""
        self._check(batch.number, size)
        for arrived in batch.records:
            if arrived.stream not in self.takes and arrived.stream not in self._asked:
                raise StreamRefused(f"This peer cannot send the stream {arrived.stream} here.")
        self._take(batch.number, size)
        return BatchArrived(batch.number, batch.keys, batch.records)

    def chunk(self, number: int, address: Value, place: Value, piece: Value, size: int) -> ChunkArrived:
        """A piece of a blob."""
        self._check(number, size)
        event = self._blobs.arrived(number, address, place, piece)
        self._take(number, size)
        return event

    def results(self, event: ResultsArrived, size: int) -> ResultsArrived:
        """Results of commands."""
        self._check(event.number, size)
        self._take(event.number, size)
        return event

    def commit(self, through: int) -> int:
        """All up to this number are committed; returns the credit to grant. Raises CallerError for what never came."""
        if through > self.last:
            raise CallerError("What did not arrive cannot be acknowledged.")
        for number in [number for number in self._uncommitted if number <= through]:
            self._committed += self._uncommitted.pop(number)
        self.is_open = True
        return self._committed + CREDIT

    def _check(self, number: int, size: int) -> None:
        """Raises OutOfTurn or CreditExceeded for a frame of `size` bytes that may not come now."""
        if not self.is_open:
            raise CreditExceeded("The peer sent before it was granted anything.")
        if number != self.last + 1:
            raise OutOfTurn(f"Number {number} cannot follow {self.last}.")
        if self._taken + size > self._committed + CREDIT:
            raise CreditExceeded("The peer sent more than it was granted.")

    def _take(self, number: int, size: int) -> None:
        self.last = number
        self._taken += size
        self._uncommitted[number] = size
