"""Branches of a stream, as people are told of them: where it parted, since when, and on which machines.

A stream parts where two segments continue the same record, or one continues a record that its own segment goes on
behind. Record 0 of each segment names the machine (a fingerprint of its hardware), so one machine's restored backup can
be told from a card that was cloned into another. Who signed it tells a standby that was promoted before it held
everything: its key is its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from protocol.records.chain import Head
from protocol.records.envelope import Record, unsealed_event


@dataclass(frozen=True, slots=True)
class Fork:
    """A record (None: the beginning) with the segments that continue it; `goes_on`: its own segment does so too."""

    parent: Head | None
    segments: tuple[bytes, ...]
    goes_on: bool

    def openings(self) -> tuple[bytes, ...]:
        """The segments whose record 0 tells who parted here."""
        return self.segments if self.parent is None else (self.parent.segment, *self.segments)


@dataclass(frozen=True, slots=True)
class Branch:
    """`since_ms`: when the later one began, by its writer's clock. `trunk`: the machine that wrote what both continue,
    None if it is not known. `machines`: those that wrote on, each once. `is_succession`: with keys of their own."""

    stream: str
    since_ms: int
    trunk: str | None
    machines: tuple[str, ...]
    is_succession: bool = False

    @property
    def is_one_machine(self) -> bool:
        """Whether one machine wrote it all: its storage was put back to an earlier state."""
        return len({*self.machines, *([self.trunk] if self.trunk is not None else [])}) == 1


def forks(parents: Mapping[bytes, Head | None], lasts: Mapping[bytes, int]) -> list[Fork]:
    """Where a stream parts. `parents`: what each segment continues; `lasts`: the seq of its last record."""
    continuing: dict[Head | None, list[bytes]] = {}
    for segment, parent in parents.items():
        continuing.setdefault(parent, []).append(segment)
    found = []
    for parent, segments in continuing.items():
        goes_on = parent is not None and lasts.get(parent.segment, -1) > parent.seq
        if len(segments) + goes_on > 1:
            found.append(Fork(parent, tuple(segments), goes_on))
    return found


def told(stream: str, fork: Fork, openings: Iterable[Record]) -> Branch:
    """The branch that a fork is. `openings`: record 0 of each of `fork.openings()` that is held."""
    by_segment = {record.segment: record for record in openings}
    times = sorted(by_segment[one].time.ms for one in fork.segments if one in by_segment)
    later = times[0 if fork.goes_on else 1 :] or times or [0]
    trunk = _machine(by_segment.get(fork.parent.segment)) if fork.parent is not None else None
    machines = [_machine(by_segment.get(one)) for one in fork.segments]
    if fork.goes_on:
        machines.append(trunk)
    known = dict.fromkeys(one for one in machines if one is not None)
    wrote_on = fork.openings() if fork.goes_on else fork.segments
    signers = {by_segment[one].signer for one in wrote_on if one in by_segment}
    return Branch(stream, later[0], trunk, tuple(known), is_succession=len(signers) > 1)


def _machine(opening: Record | None) -> str | None:
    event = None if opening is None else unsealed_event(opening)
    machine = None if event is None else event.get("fingerprint")
    return machine if isinstance(machine, str) else None
