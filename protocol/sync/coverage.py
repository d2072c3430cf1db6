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
