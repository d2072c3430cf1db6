"""What one end sends of its streams: what to read next, how it travels, and how much is under way.

- `pull` names the most urgent stream that may have more, as far as link and credit leave room; nothing of a stream that
  is waited for (rule 6 of `protocol.sync.session`).
- Batches and chunks are numbered together from 1, and answered by number.
- Records travel boxed (`protocol.sync.boxed`) where both ends speak of it and the reader has a key to be sealed to.
  Then each batch brings the keys that open it; otherwise a key travels once in a conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from protocol.errors import CallerError
from protocol.sync.batches import Stored, write_batch
from protocol.sync.boxed import BOXED_SINCE, write_boxed
from protocol.sync.checkpoint import Checkpoint
from protocol.sync.frames import MAX_FRAME
from protocol.sync.outbound import Outbound, Pull, subjects_wanted
from protocol.sync.refusals import CreditExceeded
from protocol.sync.sealed_keys import TOGETHER_SINCE, Held, seal_alone, seal_together
from protocol.sync.window import Window

# Of so many bytes that the log holds a box carries so many, as a rule: of a record of 420 bytes some 290.
STORED, CARRIED = 10, 7


class Sending:
    """One conversation's; nothing is sent before `begin`."""

    def __init__(self) -> None:
        self.window = Window()
        self.streams: dict[str, Outbound] = {}
        self._order: tuple[str, ...] = ()
        self._version = 0
        self._reader: bytes | None = None
        self._waiting: set[str] = set()
        self._sent_keys: set[bytes] = set()
        self._number = 0

    def begin(self, streams: Iterable[str], order: Sequence[str], version: int, reader: bytes | None) -> None:
        """The peer is authenticated. `order`: the streams by urgency; `reader`: the X25519 key of its credential."""
        self.streams = {name: Outbound(name) for name in streams}
        self._order = tuple(order)
        self._version = version
        self._reader = reader

    # What the peer says

    def answered(self, through: int, credit: int, now_ms: int) -> None:
        """All up to this number is committed there; raises CreditExceeded for what was never sent."""
        if through > self._number:
            raise CreditExceeded("The peer answers a batch that was never sent.")
        self.window.grant(credit)
        self.window.record_answered(through, now_ms)

    def learn(self, checkpoint: Checkpoint, takes: Sequence[str], *, restored: bool) -> None:
        """What the peer holds. `takes`: the streams that it writes itself; one of them that it names it asks for, and
        asks for again when somebody else wrote more of it."""
        for held in checkpoint.held:
            if held.stream in takes and held.stream not in self.streams:
                self.streams[held.stream] = Outbound(held.stream)
        for name, stream in self.streams.items():
            is_asked_for = name in takes and checkpoint.names(name)
            if name not in takes or is_asked_for:
                stream.learn(checkpoint.of(name), forget=restored)
            stream.more = stream.more or is_asked_for

    # What there is to send

    def announce(self, stream: str) -> None:
        """The log may have more of this stream now; one that does not go to this peer is left alone."""
        if stream in self.streams:
            self.streams[stream].more = True

    def wait(self, streams: Iterable[str]) -> None:
        """Send nothing of these for now."""
        self._waiting |= set(streams)

    def stop_waiting(self, stream: str) -> None:
        """Send it again."""
        self._waiting.discard(stream)
        self.announce(stream)

    def pull(self) -> Pull | None:
        """What to read from the log now; None until there is room, or something new is announced."""
        if not self.window.room:
            return None
        for name in self._order:
            stream = self.streams.get(name)
            if stream is not None and stream.more and name not in self._waiting:
                stream.more = False  # so that what is announced while the log is being read asks for another look
                return Pull(stream.name, stream.heads(), stream.holes(), self._limit, boxed=self._is_boxed)
        return None

    @property
    def _limit(self) -> int:
        fair = self.window.batch_limit
        return fair * STORED // CARRIED if self._is_boxed else fair

    @property
    def _is_boxed(self) -> bool:
        return self._version >= BOXED_SINCE and self._reader is not None

    def keys_wanted(self, pull: Pull, records: Sequence[Stored]) -> list[bytes]:
        """The subjects whose keys must travel with these records, in the order of first need."""
        return subjects_wanted(pull, records, () if pull.boxed else self._sent_keys)

    # What goes on the wire

    def batch(
        self, pull: Pull, records: Sequence[Stored], held: Held, draw: Callable[[int], bytes], now_ms: int
    ) -> bytes | None:
        """The frame of what was read for `pull`; None, where nothing was, means that the stream has no more for now."""
        stream = self.streams[pull.stream]
        if not records:
            stream.supplied(pull, records)
            return None
        frame = self._framed(pull, records, held, draw)
        if len(frame) > MAX_FRAME:
            raise CallerError(f"A batch of {len(frame)} bytes is larger than a frame; read at most `pull.limit` bytes.")
        stream.supplied(pull, records)
        self.left(frame, now_ms)
        return frame

    @property
    def next_number(self) -> int:
        """That of the next batch or chunk."""
        return self._number + 1

    def left(self, frame: bytes, now_ms: int) -> None:
        """The batch or chunk with the next number is on its way."""
        self._number += 1
        self.window.record_sent(self._number, len(frame), now_ms)

    def _framed(self, pull: Pull, records: Sequence[Stored], held: Held, draw: Callable[[int], bytes]) -> bytes:
        reader = self._reader
        if pull.boxed and reader is not None:
            return write_boxed(self.next_number, pull.stream, records, held, reader, draw(32))
        seal = seal_together if self._version >= TOGETHER_SINCE else seal_alone
        keys = seal(reader, held, draw) if reader is not None else []
        self._sent_keys.update(key.subject for key in keys)
        return write_batch(self.next_number, pull.stream, records, keys)
