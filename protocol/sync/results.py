"""First results of commands, on their way to who may have to answer the same command again.

    mark     ["mark", mark]
    given    ["given", number, box, mark]
    results  ["results", number, box]
    box      encode([[command(16), result, ms, [[stream, segment, seq]...]]...]), sealed to the reader's X25519 key

- They go from an annexe to its standby since version 4, and to its second medium; the prefecture answers no commands.
- Since version 5 a standby says first up to where it holds them, by the last `mark` that it was given and all of whose
  results it has kept, and is given what follows. A mark is the giver's own word: only he reads it, and he begins anew
  at one that is not his any more. So whoever was restored from an old copy, either of them, is given what he lacks.
- `after` names the ends of the annexe's streams when the command was done. A reader keeps a result in the transaction
  in which it holds all of them, never before: a result without its records would confirm what is not there. Those of a
  time that nobody remembers name nothing, and go behind all records.
- A result is empty where its command was done so long ago that nobody remembers more than that.
- They are numbered with the batches and count against the same credit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import OpeningKey, seal_to
from protocol.sync.checkpoint import MAX_STREAMS, SEGMENT_SIZE
from protocol.sync.frames import MAX_FRAME, blob, items, natural, pack, rows, text
from protocol.sync.hello import VERSIONS

SINCE: Final = 4
"""The version of the protocol that speaks of results."""

MARKS_SINCE: Final = 5
"""The version in which a standby says up to where it holds them."""

MAX_MARK: Final = 64
"""Bytes: a number, a command's id and an instant take some 30."""

MIRROR_VERSIONS: Final = tuple(sorted({*VERSIONS, SINCE, MARKS_SINCE}))
"""What an annexe and its standby speak."""

COMMAND_SIZE: Final = 16
MAX_RESULTS: Final = 4096
"""Of one frame: keeps an honest frame's list small; MAX_FRAME bounds the bytes."""


class Place(NamedTuple):
    """A record's place."""

    stream: str
    segment: bytes
    seq: int


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command was answered: its id, the encoded result, when (ms), and behind which records."""

    command: bytes
    result: bytes
    at_ms: int
    after: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultsArrived:
    """Results to open, and to keep behind their records; then answered with `committed(number, ...)`. `mark`: what to
    say in the next conversation once all that came up to here was kept; empty if there is nothing new to say."""

    number: int
    box: bytes
    mark: bytes = b""


@dataclass(frozen=True, slots=True)
class MarkTold:
    """The standby has kept all results up to a mark that it was once given."""

    mark: bytes


def seal_results(reader: bytes, results: Iterable[CommandResult], entropy: Callable[[int], bytes]) -> bytes:
    """The box of these results, for the holder of an X25519 key."""
    listed: list[Value] = [[one.command, one.result, one.at_ms, [[*place] for place in one.after]] for one in results]
    return seal_to(reader, encode(listed), entropy(32))


def write_results(number: int, box: bytes) -> bytes:
    """The frame that carries a box."""
    return pack("results", number, box)


def write_given(number: int, box: bytes, mark: bytes) -> bytes:
    """The frame that carries a box, and a mark, to a standby that keeps marks."""
    return pack("given", number, box, mark)


def open_results(opening: OpeningKey, box: bytes) -> tuple[CommandResult, ...]:
    """The results in a box; raises CannotOpen or FrameRefused."""
    listed = rows(decode(opening.open(box), max_size=MAX_FRAME), MAX_RESULTS, 4)
    return tuple(
        CommandResult(
            command=blob(command, COMMAND_SIZE),
            result=blob(result),
            at_ms=natural(at_ms),
            after=tuple(
                Place(text(stream), blob(segment, SEGMENT_SIZE), natural(seq))
                for stream, segment, seq in rows(items(after, MAX_STREAMS), MAX_STREAMS, 3)
            ),
        )
        for command, result, at_ms, after in listed
    )


def parse_results(number: Value, box: Value, mark: Value = b"") -> ResultsArrived:
    """The event of a frame's fields; raises FrameRefused. The box is still closed."""
    return ResultsArrived(natural(number), blob(box), blob(mark, limit=MAX_MARK))


def parse_mark(mark: Value) -> MarkTold:
    """The event of a frame's field; raises FrameRefused."""
    return MarkTold(blob(mark, limit=MAX_MARK))
