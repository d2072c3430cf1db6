"""The annexe's own streams as their one writer keeps them in memory: where each ends, and what comes next.

Rules:

- A segment is new at the first write after every start; its record 0 names the record that it continues.
- Where there are branches, that is the end of the furthest one (`protocol.sync.coverage.furthest`).
- Time only grows within a clock era. When the clock has stepped back beyond what ticks absorb, a `clock.changed` is
  written first and starts a new era.
- Only who has the post of the annexe writes (`edge.store.post`).
- The state is immutable values: a command that fails gets it back as it was (`mark`, `back_to`), the post too. So what
  is known in memory is what the disk knows, and a command that is decided a second time decides the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edge.store.chains import held_segments
from edge.store.keyring import Source
from edge.store.lines import Ends, Lines
from edge.store.post import Post, check_writer
from protocol.errors import CallerError, OperatorError
from protocol.records.chain import NO_PARENT, Head, segment_opened
from protocol.records.clock import Timestamp, clock_changed, stepped_back, tick
from protocol.records.encoding import Value
from protocol.records.envelope import SEGMENT_SIZE, EncodedEvent, Record, parse_record, write_record
from protocol.records.keys import SigningKey
from protocol.sync.coverage import furthest
from protocol.sync.results import Place

SHORT_NAMES = ("cases", "office")
"""The two streams of an annexe, so that the noise of the day never delays a person's case."""


Written = dict[str, Value] | EncodedEvent
"""An event to be written: as a map, or encoded already."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose log this is: the annexe's id ("berkane-05") and the key that signs its records."""

    annexe: str
    signing: SigningKey

    def streams(self) -> tuple[str, ...]:
        """Return the full names of its streams."""
        return tuple(f"{self.annexe}/{short}" for short in SHORT_NAMES)


class Tip(NamedTuple):
    """Where a stream ends. `open` says whether its segment is of this start, so that writing may go on in it."""

    head: Head
    time: Timestamp
    open: bool


class Kept(NamedTuple):
    """A state of the log in memory."""

    tips: Mapping[str, Tip]
    post: Post
    ends: Ends


@dataclass(frozen=True, slots=True)
class Machine:
    """What record 0 of a segment says of the machine: software version, hardware fingerprint, state of the clock."""

    software: str
    fingerprint: str
    clock: str


class _Place(NamedTuple):
    """Where the next record stands."""

    stream: str
    segment: bytes
    seq: int
    prev: bytes
    time: Timestamp


class Log:
    """Makes the next records of the own streams; pure but for the tips it remembers."""

    def __init__(
        self,
        identity: Identity,
        machine: Machine,
        entropy: Callable[[int], bytes],
        tips: Mapping[str, Tip],
        post: Post = Post.ANNEXE,
        lines: Lines | None = None,
    ) -> None:
        self._identity = identity
        self._machine = machine
        self._entropy = entropy
        self._tips: dict[str, Tip] = dict(tips)
        self.post = post
        self.lines = lines or Lines()

    @property
    def machine(self) -> str:
        """The fingerprint of the machine that writes."""
        return self._machine.fingerprint

    def mark(self) -> Kept:
        """Return the state to come back to."""
        return Kept(dict(self._tips), self.post, self.lines.mark())

    def back_to(self, mark: Kept) -> None:
        """Forget all that was written since `mark`."""
        self._tips, self.post = dict(mark.tips), mark.post
        self.lines.back_to(mark.ends)

    def is_open(self, stream: str) -> bool:
        """Return whether something was written to the stream `stream` (full name) since this start."""
        tip = self._tips.get(stream)
        return tip is not None and tip.open

    def go_on_from(self, stream: str, tip: Tip | None) -> None:
        """Continue `tip` with the next segment, unless one of this start is open."""
        if tip is not None and not self.is_open(stream):
            self._tips[stream] = tip

    def full_name(self, stream: str) -> str:
        """Return the full name of "cases" or "office"; raises CallerError for any other."""
        if stream not in SHORT_NAMES:
            raise CallerError(f"an annexe has the streams {', '.join(SHORT_NAMES)}, not {stream!r}")
        return f"{self._identity.annexe}/{stream}"

    def write(self, stream: str, event: Written, key: bytes | None, now_ms: int) -> list[Record]:
        """Return the records that put `event` at the end of the stream `stream` (full name): its own is the last.

        Raises NotTheWriter unless this machine has the post of the annexe.
        """
        check_writer(self.post)
        records = []
        tip = self._tips.get(stream)
        if tip is None or not tip.open:
            records.append(self._open_segment(stream, tip, now_ms))
            tip = self._tips[stream]
        if stepped_back(tip.time, now_ms):
            records.append(self._change_clock(stream, tip, now_ms))
            tip = self._tips[stream]
        records.append(self._next(stream, tip, tick(tip.time, now_ms), event, key))
        return records

    def open_segment(self, stream: str, now_ms: int) -> Record:
        """Return the record that opens the next segment of a stream, as the first write of a start does.

        Raises NotTheWriter unless this machine has the post of the annexe.
        """
        check_writer(self.post)
        return self._open_segment(stream, self._tips.get(stream), now_ms)

    def head(self, stream: str) -> Head | None:
        """Return where the stream `stream` (full name) ends; None if nothing is in it."""
        tip = self._tips.get(stream)
        return None if tip is None else tip.head

    def ends(self) -> tuple[Place, ...]:
        """Return where all streams end that hold something."""
        return tuple(Place(name, tip.head.segment, tip.head.seq) for name, tip in self._tips.items())

    def _open_segment(self, stream: str, tip: Tip | None, now_ms: int) -> Record:
        parent = None if tip is None else tip.head
        event = segment_opened(
            parent=parent,
            software=self._machine.software,
            fingerprint=self._machine.fingerprint,
            clock=self._machine.clock,
        )
        prev = NO_PARENT if parent is None else parent.hash
        time = tick(None if tip is None else tip.time, now_ms)
        opening = _Place(stream, self._entropy(SEGMENT_SIZE), 0, prev, time)
        return self._write(opening, event, None)

    def _change_clock(self, stream: str, tip: Tip, now_ms: int) -> Record:
        return self._next(stream, tip, Timestamp(now_ms, 0), clock_changed(self._machine.clock, now_ms))

    def _next(self, stream: str, tip: Tip, time: Timestamp, event: Written, key: bytes | None = None) -> Record:
        following = _Place(stream, tip.head.segment, tip.head.seq + 1, tip.head.hash, time)
        return self._write(following, event, key)

    def _write(self, place: _Place, event: Written, key: bytes | None) -> Record:
        record = write_record(
            stream=place.stream,
            segment=place.segment,
            seq=place.seq,
            prev=place.prev,
            time=place.time,
            event=event,
            key=key,
            signing=self._identity.signing,
        )
        self._tips[place.stream] = Tip(Head(place.segment, place.seq, record.hash), place.time, open=True)
        self.lines.follow(record)
        return record


async def load_tips(source: Source, streams: tuple[str, ...]) -> dict[str, Tip]:
    """Return where each stream ends on the disk; raises OperatorError when its last record is damaged."""
    found = {stream: await last_tip(source, stream) for stream in streams}
    return {stream: tip for stream, tip in found.items() if tip is not None}


async def last_tip(source: Source, stream: str) -> Tip | None:
    """Return the end of the furthest branch of a stream; raises OperatorError when its record is damaged."""
    held = await held_segments(source, stream)
    segment = furthest({one.segment: one.parent for one in held}, {one.segment: one.last for one in held})
    if segment is None:
        return None
    last = await source.rows(
        "SELECT hash, bytes FROM records WHERE stream = ? AND segment = ? ORDER BY seq DESC LIMIT 1", (stream, segment)
    )
    return _tip(*last[0])


def _tip(hash_: object, data: object) -> Tip:
    record = parse_record(data) if isinstance(data, bytes) else None
    if record is None or record.hash != hash_:
        raise OperatorError("the log's last record is damaged: run `mulhaqa-edge verify-log`, then restore it")
    return Tip(Head(record.segment, record.seq, record.hash), record.time, open=False)
