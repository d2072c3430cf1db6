"""How much may be under way: near what the link itself holds (bandwidth times delay), and never above the credit.

More than that would only queue in front of the slow link, where a case submitted now waits behind the office's noise.
The estimate follows BBR's idea (Cardwell and others, 2016): delivery rate seen at its best, times the shortest answer,
with some gain so that a faster link is found. The shortest is that of the whole conversation: once a queue has built
up, recent answers all contain it. The peer's credit is a cumulative bound on all bytes ever sent in batches
of this session, so a lost or repeated grant can't be counted twice. A batch leaves only while the credit covers the
largest frame there is: so no record, however large, can exceed it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from protocol.sync.frames import MAX_FRAME

FLOOR = 12 * 1024  # some batches worth sending, also where the measure is of a trickle: 1.5 seconds of 64 kbit/s
START = 16 * 1024  # before anything was measured: two seconds of 64 kbit/s, and soon more where there is more
CEILING = 4 * 1024 * 1024  # what a peer must hold in memory for us at most
# The receiver's commit is part of every answer, so the shortest one says little where the link itself is fast. This
# much under way keeps both disks busy, and no case waits longer than a fraction of a second behind the noise of the
# office.
LEAST_MS = 200
GAIN = 1.5  # half a link's worth of queue, in return for finding more bandwidth within a few answers
SAMPLES = 16
BATCH_CEILING = 64 * 1024  # one commit of the receiver: some 200 records, a few milliseconds
BATCH_FLOOR = 4 * 1024  # half a second of 64 kbit/s; the checkpoint that answers it costs a tenth of it
# An answer that took so many times the shortest tells of a link that is no longer what it was: another route, a cap
# that began. What was measured before is forgotten, or a case would wait behind as much as the old link held.
SLOWED = 4


@dataclass(frozen=True, slots=True)
class _Sent:
    number: int
    size: int
    at_ms: int
    delivered: int


class Window:
    """What was sent and not yet answered, in bytes; all times are milliseconds given by the caller."""

    def __init__(self) -> None:
        self._flying: deque[_Sent] = deque()
        self._rates: deque[float] = deque(maxlen=SAMPLES)
        self._shortest = 0
        self._delivered = 0
        self._granted = 0
        self.sent = 0

    @property
    def in_flight(self) -> int:
        """Bytes sent and not answered."""
        return self.sent - self._delivered

    @property
    def target(self) -> int:
        """Bytes that should be under way at most."""
        if not self._rates:
            return START
        return int(min(CEILING, max(FLOOR, GAIN * max(self._rates) * max(LEAST_MS, self._shortest))))

    @property
    def room(self) -> int:
        """Bytes that may be sent now; nothing, or at least a batch worth sending."""
        if self._granted - self.sent < MAX_FRAME:
            return 0
        room = self.target - self.in_flight
        return room if room >= BATCH_FLOOR else 0

    @property
    def batch_limit(self) -> int:
        """A fair size of the next batch: a quarter of the window, so that a commit and the link overlap."""
        return min(self.room, max(BATCH_FLOOR, min(BATCH_CEILING, self.target // 4)))

    def grant(self, total: int) -> None:
        """The peer takes `total` bytes of batches since the session began; a lower grant than before changes
        nothing."""
        self._granted = max(self._granted, total)

    def record_sent(self, number: int, size: int, now_ms: int) -> None:
        """A batch frame of `size` bytes left."""
        self._flying.append(_Sent(number, size, now_ms, self._delivered))
        self.sent += size

    def record_answered(self, through: int, now_ms: int) -> None:
        """All batches up to the number `through` are committed at the peer."""
        answered = None
        while self._flying and self._flying[0].number <= through:
            answered = self._flying.popleft()
            self._delivered += answered.size
        if answered is not None and now_ms >= answered.at_ms:  # a clock that was set back meanwhile tells nothing
            delay = max(1, now_ms - answered.at_ms)
            self._shortest = min(self._shortest or delay, delay)
            if delay > SLOWED * max(LEAST_MS, self._shortest):
                self._rates.clear()
            self._rates.append((self._delivered - answered.delivered) / delay)
