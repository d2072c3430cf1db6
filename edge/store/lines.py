"""Which streams are one line, and what the segments of the others continue: whether folding may go by arrival.

On one line records come in the order in which they were written, and a fold takes each as it comes. Once a stream has
parted (a cloned card, a restored backup) what comes next may belong before what is folded: then views fold whatever it
touches anew, in the one order of `protocol.records.order`. A stream that has parted stays so.

- To know it costs one comparison a record. A stream that has not parted is never asked about again.
- What a failed command took in is taken back with it (`mark`, `back_to`). What its segments continue may stay: a
  segment's name is random and never stands for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.store.chains import HeldSegment, held_segments
from edge.store.columns import blob, text
from edge.store.keyring import Source
from protocol.records.chain import NO_PARENT, Head, opening_parent
from protocol.records.envelope import Record
from protocol.records.order import Parents
from protocol.sync.coverage import furthest

Ends = Mapping[str, bytes | None]
"""The hash of the last record of each stream; None where it has parted."""


class Lines:
    """Of one store, or of one fold of a whole log, which begins with none."""

    def __init__(self, ends: Ends | None = None) -> None:
        self._ends = dict(ends or {})
        self._parents: dict[str, dict[bytes, Head | None]] = {}

    def follow(self, record: Record) -> None:
        """Take in the next record that is stored."""
        end = self._ends.get(record.stream, NO_PARENT)
        self._ends[record.stream] = record.hash if end == record.prev else None
        if record.seq == 0 and record.stream in self._parents:
            self._parents[record.stream][record.segment] = opening_parent(record)

    def is_one(self, stream: str) -> bool:
        """Whether a stream has not parted so far."""
        return self._ends.get(stream, NO_PARENT) is not None

    async def parents(self, source: Source, stream: str) -> Parents:
        """Return what each segment of a stream continues."""
        if stream not in self._parents:
            self._parents[stream] = {one.segment: one.parent for one in await held_segments(source, stream)}
        return self._parents[stream]

    def mark(self) -> Ends:
        """Return the state to come back to."""
        return dict(self._ends)

    def back_to(self, mark: Ends) -> None:
        """Forget what was taken in since `mark`."""
        self._ends = dict(mark)


async def load_lines(source: Source) -> Lines:
    """Return what the disk holds."""
    streams = [text(row[0]) for row in await source.rows("SELECT DISTINCT stream FROM segments")]
    return Lines({stream: await _end(source, stream) for stream in streams})


async def _end(source: Source, stream: str) -> bytes | None:
    held = await held_segments(source, stream)
    last = _end_of_line(held)
    if last is None:
        return None
    place = (stream, last.segment, last.last)
    found = await source.rows("SELECT hash FROM records WHERE stream = ? AND segment = ? AND seq = ?", place)
    return blob(found[0][0])


def _end_of_line(held: Iterable[HeldSegment]) -> HeldSegment | None:
    """The last segment, if each of the others is continued by one, at its end; None if they are no line."""
    segments = {one.segment: one for one in held}
    leaf = furthest({name: one.parent for name, one in segments.items()}, {n: one.last for n, one in segments.items()})
    step, length = segments.get(leaf or b""), 0
    while step is not None:
        length += 1
        parent = step.parent
        if parent is None:
            return segments[leaf or b""] if length == len(segments) else None
        step = segments.get(parent.segment)
        if step is not None and step.last != parent.seq:
            return None
    return None
