"""One order of records of a stream that has parted, so that whoever holds the same records folds them alike.

- A record comes after every one that its chain continues: those before it in its segment, and what the segment's
  parent is and continues.
- Where the chain leaves it open, the earlier by its writer's labelled time comes first, then the one of the lower hash.
  Of two writers' clocks nobody knows which is right; that both ends choose alike is what counts.
- So the order is a function of the set of records and of what their segments continue, never of how they came.
- On one line (no branch) it is the order in which they were written.
- It is total: parents that run in a circle (whose hashes cannot hold, but those of what is not held are believed) leave
  their records at the end, by time and hash.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from operator import attrgetter

from protocol.records.chain import Head
from protocol.records.clock import Timestamp
from protocol.records.envelope import Record

Parents = Mapping[bytes, Head | None]
"""What each segment continues."""


def in_one_order(records: Iterable[Record], parents: Parents) -> list[Record]:
    """Return records of one stream, any of them and each once, in the order above."""
    given = sorted(records, key=attrgetter("seq"))
    segments: dict[bytes, list[Record]] = {}
    for record in given:
        segments.setdefault(record.segment, []).append(record)
    followers: dict[bytes | None, list[Record]] = {None: []}
    for segment, line in segments.items():
        before = _last_before(segment, segments, parents)
        for record in line:
            followers.setdefault(before, []).append(record)
            before = record.hash
    ordered = _merged(followers)
    placed = {record.hash for record in ordered}
    return ordered + [one for *_, one in sorted(_ranked(one) for one in given if one.hash not in placed)]


def _last_before(segment: bytes, segments: Mapping[bytes, list[Record]], parents: Parents) -> bytes | None:
    """The hash of the last of these records that a segment continues, near or far; None if it continues none."""
    passed = {segment}  # of those that run in a circle
    step = parents.get(segment)
    while step is not None and step.segment not in passed:
        line = segments.get(step.segment, [])
        count = bisect_right(line, step.seq, key=attrgetter("seq"))
        if count:
            return line[count - 1].hash
        passed.add(step.segment)
        step = parents.get(step.segment)
    return None


def _merged(followers: Mapping[bytes | None, list[Record]]) -> list[Record]:
    ready = [_ranked(record) for record in followers[None]]
    heapify(ready)
    ordered = []
    while ready:
        record = heappop(ready)[2]
        ordered.append(record)
        for follower in followers.get(record.hash, ()):
            heappush(ready, _ranked(follower))
    return ordered


def _ranked(record: Record) -> tuple[Timestamp, bytes, Record]:
    """A hash stands once, so records themselves are never compared."""
    return record.time, record.hash, record
