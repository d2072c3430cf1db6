"""Volumes: the log on a second medium, in files that only grow (docs/decisions/0020).

    file      "mulhaqa/volume/1" LF     17 bytes
              sealed key                the file's key (32), sealed to the writer's own X25519 key: 80 bytes
              entries                   (length, 4 bytes, big-endian || sealed)...
    sealed    Sealer "volume" under the file's key, at the entry's number (8 bytes): `protocol.records.sealing`
    plain     one frame; the first of a file is its opening, all others are batches and results, as a line carries them
    opening   ["volume", run, part, before, [held...]]

- The log is written in one *run* of files, part after part. `held`: the heads that the parts before carry; `before`: up
  to which byte of the part before it is carried there. A part carries its own keys and numbers its batches from 1.
- What was synced stays: nothing is written but behind the last sound entry. A cut leaves a torn end, which no reader
  takes for an entry: a length that is none, fewer bytes than it says, or a seal that does not open.
- An entry that does not open spoils no other: the next one is found by its length. Who goes on writing begins another
  run then, for he cannot say what it held.
- The seal hides what is in it and who wrote it; it proves nothing, for anyone can seal to a public key. Each record is
  signed and chained, and each key is the one that its subject names: whoever takes them in checks that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.errors import PeerError
from protocol.records.encoding import Value
from protocol.records.keys import SEAL_OVERHEAD, OpeningKey, seal_to
from protocol.records.refusals import CannotOpen
from protocol.records.sealing import OVERHEAD, Sealer
from protocol.records.sodium import KEY_SIZE
from protocol.sync.batches import parse_batch
from protocol.sync.checkpoint import MAX_STREAMS, Held, held_value, parse_held
from protocol.sync.events import BatchArrived
from protocol.sync.frames import MAX_FRAME, items, natural, pack, unpack
from protocol.sync.refusals import BundleDamaged, NotABundle, NotForUs, OutOfTurn
from protocol.sync.results import ResultsArrived, parse_results

MAGIC: Final = b"mulhaqa/volume/1\n"
HEAD_SIZE: Final = len(MAGIC) + KEY_SIZE + SEAL_OVERHEAD
LENGTH_SIZE: Final = 4
THING: Final = "volume"

MAX_NUMBER: Final = (1 << 31) - 1
"""Of a run or a part: a new run only after damage or on a new medium, a part for each 16 MiB."""


@dataclass(frozen=True, slots=True)
class VolumeOpening:
    """What a volume says of itself."""

    run: int
    part: int
    before: int
    held: tuple[Held, ...]

    def frame(self) -> bytes:
        """As it stands in the file."""
        held: list[Value] = [held_value(one) for one in self.held]
        return pack("volume", self.run, self.part, self.before, held)


VolumeEvent = VolumeOpening | BatchArrived | ResultsArrived


class VolumeWriter:
    """One file: gives the bytes to append."""

    def __init__(self, key: bytes, number: int = 0) -> None:
        """`key`: the file's key, 32 bytes; `number`: how many entries the file has."""
        self._sealer = Sealer(key, THING)
        self._number = number

    @staticmethod
    def head(reader: bytes, key: bytes, ephemeral: bytes) -> bytes:
        """The beginning of a file. `reader`: an X25519 key; `key` and `ephemeral`: 32 fresh random bytes each."""
        return MAGIC + seal_to(reader, key, ephemeral)

    def add(self, frame: bytes) -> bytes:
        """One frame more."""
        sealed = self._sealer.seal(_place(self._number), frame)
        self._number += 1
        return len(sealed).to_bytes(LENGTH_SIZE, "big") + sealed


class VolumeReader:
    """Reads one file as its bytes come, as far as they are sound.

    `sound`: bytes up to the end of the last entry that opened; `entries`: how many there were up to there; `damaged`:
    entries among them that did not open.
    """

    def __init__(self, opening: OpeningKey) -> None:
        self._opening = opening
        self._rest = bytearray()
        self._sealer: Sealer | None = None
        self._at = 0
        self._number = 0
        self._unopened = 0
        self._over = False
        self.key = b""
        self.sound = 0
        self.entries = 0
        self.damaged = 0

    def feed(self, data: bytes) -> Iterator[VolumeEvent]:
        """What these bytes complete; nothing more after a torn end.

        Raises NotABundle for a file that is no volume, NotForUs for one that was sealed to another key, and PeerError
        for one whose writer did not keep to the format.
        """
        self._rest += data
        if self._sealer is None:
            self._sealer = self._read_head()
        while self._sealer is not None and (sealed := self._next_entry()) is not None:
            event = self._open(self._sealer, sealed)
            if event is not None:
                yield event

    def _read_head(self) -> Sealer | None:
        if not MAGIC.startswith(bytes(self._rest[: len(MAGIC)])):
            raise NotABundle("This file is no volume of a mirror: choose the folder that an appliance wrote.")
        if len(self._rest) < HEAD_SIZE:
            return None
        try:
            self.key = self._opening.open(bytes(self._rest[len(MAGIC) : HEAD_SIZE]))
        except CannotOpen as error:
            raise NotForUs("This volume is sealed to another appliance's key, or its beginning is damaged.") from error
        del self._rest[:HEAD_SIZE]
        self._at = HEAD_SIZE
        return Sealer(self.key, THING)

    def _next_entry(self) -> bytes | None:
        if self._over or len(self._rest) < LENGTH_SIZE:
            return None
        size = int.from_bytes(self._rest[:LENGTH_SIZE], "big")
        if not OVERHEAD < size <= MAX_FRAME + OVERHEAD:
            self._over = True
            return None
        end = LENGTH_SIZE + size
        if len(self._rest) < end:
            return None
        sealed = bytes(self._rest[LENGTH_SIZE:end])
        del self._rest[:end]
        self._at += end
        return sealed

    def _open(self, sealer: Sealer, sealed: bytes) -> VolumeEvent | None:
        number = self._number
        self._number += 1
        try:
            frame = sealer.unseal(_place(number), sealed)
        except CannotOpen as error:
            if number == 0:
                raise BundleDamaged("The beginning of this volume is damaged: nothing of it can be read.") from error
            self._unopened += 1
            return None
        self.damaged, self._unopened = self.damaged + self._unopened, 0
        self.sound, self.entries = self._at, number + 1
        return _read(frame, is_first=number == 0)


def _read(frame: bytes, *, is_first: bool) -> VolumeEvent:
    tag, fields = unpack(frame)
    match (tag, fields):
        case ("volume", [run, part, before, held]) if is_first:
            streams = tuple(parse_held(one) for one in items(held, MAX_STREAMS))
            return VolumeOpening(natural(run, MAX_NUMBER), natural(part, MAX_NUMBER), natural(before), streams)
        case ("batch", _) if not is_first:
            batch = parse_batch(fields)
            return BatchArrived(batch.number, batch.keys, batch.records)
        case ("results", [number, box]) if not is_first:
            return parse_results(number, box)
        case _:
            raise OutOfTurn(f"A {tag} cannot come at this place of a volume.")


def _place(number: int) -> bytes:
    return number.to_bytes(8, "big")


def opening_of(events: Iterator[VolumeEvent]) -> VolumeOpening | None:
    """The opening among the first events of a file; None where it is not whole, or not readable."""
    try:
        first = next(events, None)
    except PeerError:
        return None
    return first if isinstance(first, VolumeOpening) else None
