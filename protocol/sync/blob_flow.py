"""Blobs on their way in one conversation: who wants which, and which piece goes next.

    want    ["want", [[address, place]...]]
    chunk   ["chunk", number, address, place, bytes | nil]

- The end that lacks a blob **wants** it, from the first place that it does not hold durably: place 0 is the blob's list
  (`protocol.records.blobs`), place i its chunk i - 1. So a cut costs what was under way, and nothing that was kept.
- Nobody is sent what he did not ask for, and each blob is wanted at most once in a conversation.
- The other sends place after place to the last, blob after blob in the order wanted. What it has not, or not undamaged,
  it sends as nil, and that blob is over for this conversation.
- What comes of a blob that its taker has refused is answered and thrown away; it is not wanted again before the next
  conversation. So one bad blob holds up no other, and no record.
- A chunk is numbered with the batches, counts against the same credit, and is answered by the same checkpoints. It
  leaves only when no stream has more to send and what is under way leaves room: cases never wait behind a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.records.blobs import MAX_CHUNKS
from protocol.records.encoding import Value
from protocol.records.hashing import HASH_SIZE
from protocol.sync.frames import blob, natural, pack, rows
from protocol.sync.refusals import BlobRefused

SINCE: Final = 2
"""The version of the protocol that speaks of blobs."""

MAX_WANTED: Final = 16
"""Blobs wanted and not over, of one peer: enough that its disk never waits, and little to remember for it."""

MAX_PIECE: Final = MAX_CHUNKS * HASH_SIZE
"""Bytes of the longest piece: the list of the largest blob."""


@dataclass(frozen=True, slots=True)
class Want:
    """A blob, from this place on."""

    address: bytes
    place: int = 0


@dataclass(frozen=True, slots=True)
class ChunkArrived:
    """A piece of a blob to check, commit and then answer with `committed(number, ...)`; `data` None: not held there.

    `refused`: of a blob that was refused before; it is answered, and nothing else.
    """

    number: int
    address: bytes
    place: int
    data: bytes | None
    refused: bool = False


class BlobFlow:
    """Both directions of one conversation."""

    def __init__(self) -> None:
        self._to_send: deque[Want] = deque()
        self._expected: dict[bytes, int] = {}
        self._asked: set[bytes] = set()
        self._refused: set[bytes] = set()

    # What the peer wants

    def note(self, wants: Value) -> None:
        """The peer wants these; raises BlobRefused for more than it may."""
        for address, place in rows(wants, MAX_WANTED, 2):
            self._to_send.append(Want(blob(address, HASH_SIZE), natural(place, MAX_CHUNKS)))
        if len(self._to_send) > MAX_WANTED:
            raise BlobRefused(f"At most {MAX_WANTED} blobs may be wanted at once.")

    @property
    def next(self) -> Want | None:
        """What to send next, if anything."""
        return self._to_send[0] if self._to_send else None

    @property
    def left(self) -> int:
        """Blobs on their way, either way: asked for and not over."""
        return len(self._to_send) + len(self._expected)

    @property
    def is_wanting(self) -> bool:
        """Whether a blob that was asked for is not over."""
        return bool(self._expected)

    def sent(self, want: Want, *, is_last: bool) -> None:
        """This piece is on its way."""
        self._to_send.popleft()
        if not is_last:
            self._to_send.appendleft(Want(want.address, want.place + 1))

    # What we want

    def ask(self, wants: Iterable[Want]) -> bytes | None:
        """The frame that wants these, as far as they were not wanted in this conversation and may be now."""
        new: list[Value] = []
        for want in wants:
            if want.address not in self._asked and len(self._expected) < MAX_WANTED:
                self._asked.add(want.address)
                self._expected[want.address] = want.place
                new.append([want.address, want.place])
        return pack("want", new) if new else None

    def arrived(self, number: int, address: Value, place: Value, data: Value) -> ChunkArrived:
        """A piece in its turn; raises BlobRefused for one that was not wanted, or comes out of order."""
        named, at = blob(address, HASH_SIZE), natural(place, MAX_CHUNKS)
        piece = None if data is None else blob(data, limit=MAX_PIECE)
        if named in self._refused:
            return ChunkArrived(number, named, at, piece, refused=True)
        if self._expected.get(named) != at:
            raise BlobRefused("The peer sent a piece of a blob that was not wanted here.")
        if piece is None:
            del self._expected[named]
        else:
            self._expected[named] = at + 1
        return ChunkArrived(number, named, at, piece)

    def over(self, address: bytes) -> None:
        """All of this blob has come."""
        self._expected.pop(address, None)

    def refuse(self, address: bytes) -> None:
        """What came of this blob is not what was wanted; what is still under way is thrown away."""
        self._expected.pop(address, None)
        self._refused.add(address)
