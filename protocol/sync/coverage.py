"""What heads cover: each its segment up to its seq, and through the segment's parent all that came before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from protocol.records.chain import Head


def covered_by(parents: Mapping[bytes, Head | None], heads: Iterable[Head]) -> dict[bytes, int]:
    """Up to which seq each segment is covered. `parents`: what each segment held here continues.

    A head of a segment that is not held here covers nothing: somebody else wrote it.
    """
    covered: dict[bytes, int] = {}
    for head in heads:
        step: Head | None = head
        while step is not None and step.segment in parents and covered.get(step.segment, -1) < step.seq:
            covered[step.segment] = step.seq
            step = parents[step.segment]
    return covered


def in_order(parents: Mapping[bytes, Head | None]) -> list[bytes]:
    """The segments, each after the one that it continues; as given where that leaves it open."""
    placed: dict[bytes, None] = {}
    for segment in parents:
        line: list[bytes] = []
        step: bytes | None = segment
        while step is not None and step in parents and step not in placed and step not in line:
            line.append(step)
            parent = parents[step]
            step = parent.segment if parent else None
        placed.update(dict.fromkeys(reversed(line)))
    return list(placed)


def furthest(parents: Mapping[bytes, Head | None], lasts: Mapping[bytes, int]) -> bytes | None:
    """The segment at whose end a writer goes on: of those that no other continues there, the one with the most records
    behind it; of two as long, the one whose name is higher, so that whoever holds the same chooses the same.

    `lasts`: the seq of each segment's last record. None if there is no segment.
    """
    continued = {(parent.segment, parent.seq) for parent in parents.values() if parent is not None}
    lengths: dict[bytes, int] = {}
    for segment in in_order(parents):
        parent = parents[segment]
        before = 0
        if parent is not None and parent.segment in lengths:
            before = lengths[parent.segment] - (lasts[parent.segment] - parent.seq)
        lengths[segment] = before + lasts[segment] + 1
    leaves = [segment for segment in parents if (segment, lasts[segment]) not in continued]
    return max(leaves, key=lambda segment: (lengths[segment], segment), default=None)
