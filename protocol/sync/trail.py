"""What a run of batches carries out of a log, and how far it is: for whoever writes them to files, without any I/O.

The driver asks `pull()` what to read, says with `took` what of it was written, and with `nothing` that there was none.
`leaves()` is what lies behind: what the reader of the next file must hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocol.errors import PeerError
from protocol.records.chain import Head, opening_parent
from protocol.records.envelope import Record
from protocol.sync.batches import Arrived, Stored
from protocol.sync.checkpoint import MAX_LEAVES, Held
from protocol.sync.outbound import Outbound, Pull


class Trail:
    """Of these streams, the most urgent first; `begin`: what the reader holds of them already."""

    def __init__(self, streams: Iterable[str], begin: Iterable[Held] = ()) -> None:
        self._streams = {name: Outbound(name) for name in streams}
        self._continued: set[tuple[bytes, int]] = set()
        for held in begin:
            if held.stream in self._streams:
                self._streams[held.stream].learn(held, forget=False)

    def pull(self, limit: int) -> Pull | None:
        """What to read from the log next, up to `limit` bytes; None once there is no more."""
        for stream in self._streams.values():
            if stream.more:
                stream.more = False
                return Pull(stream.name, stream.heads(), stream.holes(), limit)
        return None

    def grew(self, stream: str) -> None:
        """The log has more of this stream."""
        if stream in self._streams:
            self._streams[stream].more = True

    def nothing(self, pull: Pull) -> None:
        """The log had nothing for this pull."""
        self._streams[pull.stream].supplied(pull, ())

    def took(self, pull: Pull, records: Sequence[Stored]) -> None:
        """These were read for `pull` and written."""
        self._streams[pull.stream].supplied(pull, records)
        for stored in records:
            self._continue(stored.seq, stored.record)

    def note(self, arrived: Arrived) -> None:
        """This one was written before."""
        if arrived.stream in self._streams:
            self._streams[arrived.stream].note(arrived)
            self._continue(arrived.seq, arrived.record)

    def leaves(self) -> tuple[Held, ...]:
        """The heads that nothing written continues, of each stream; of too many, those that came last."""
        return tuple(
            Held(
                name,
                tuple(one for one in stream.heads() if (one.segment, one.seq) not in self._continued)[-MAX_LEAVES:],
            )
            for name, stream in self._streams.items()
        )

    def _continue(self, seq: int, record: Record | None) -> None:
        if seq != 0 or record is None:
            return
        try:
            parent: Head | None = opening_parent(record)
        except PeerError:  # a damaged opening: its reader names it in a hole
            return
        if parent is not None:
            self._continued.add((parent.segment, parent.seq))
