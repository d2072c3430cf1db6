"""What one end remembers of the sticks that go between it and one other: kept with its log, read before each exchange.

    memory  [number of our last run, [[nonce, counter known when asking | nil]...],
             nonce of the newest bundle read | nil, unfinished run | nil, [run, part] of that bundle,
             [[[address, place]...] wanted, [[address, place]...] rest]]

Earlier releases kept the first four, or five; the last is left out while both of its lists are empty.

Sticks overtake each other, and conversations too. An answer to one of our bundles is fresh (`checkpoint.judge`) when
nothing later was believed since: no answer to a later bundle, and no conversation, which would have changed what we
knew when we asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from protocol.records.encoding import Value, decode, encode
from protocol.sync.blob_flow import Want
from protocol.sync.checkpoint import Checkpoint, Judgement, Known, judge
from protocol.sync.frames import MAX_FRAME, blob, items, natural, optional_blob, rows
from protocol.sync.hello import NONCE_SIZE
from protocol.sync.opening import Opening
from protocol.sync.packing import Unfinished, parse_unfinished
from protocol.sync.scan_frames import read_wants, want_rows

MAX_ASKED: Final = 16
"""Nonces kept of our own bundles: sticks under way at one time. An answer to an older one counts by its counter."""

NO_NONCE: Final = bytes(NONCE_SIZE)
"""What no checkpoint echoes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The nonce of one of our bundles, and the counter of the other's checkpoint that we knew then."""

    nonce: bytes
    known: int | None


@dataclass(frozen=True, slots=True)
class Memory:
    """See above; `asked` has the newest last."""

    number: int = 0
    asked: tuple[Asked, ...] = ()
    heard: bytes | None = None
    unfinished: Unfinished | None = None
    heard_at: tuple[int, int] = (0, 0)
    """Run and part of the bundle that was heard."""
    wanted: tuple[Want, ...] = ()
    """Scans that the other end lacks, by the newest bundle that was heard."""
    rest: tuple[Want, ...] = ()
    """Scans that the unfinished run is still to carry."""

    def asking(self, nonce: bytes, known: Known | None) -> Memory:
        """After the decision to begin a run."""
        asked = Asked(nonce, known.counter if known else None)
        return replace(self, number=self.number + 1, asked=(*self.asked, asked)[-MAX_ASKED:])

    def hearing(self, opening: Opening, meaning: Judgement | None) -> Memory:
        """After reading a bundle whose checkpoint, if it has one, means this: our next one echoes the newest.

        Sticks overtake each other, so one that was written earlier is no news, unless its checkpoint is believed: then
        a card was put back, and its runs are counted anew.
        """
        at = (opening.number, opening.part)
        if at < self.heard_at and meaning in (None, Judgement.STALE):
            return self
        return replace(self, heard=opening.nonce, heard_at=at, wanted=())

    def owed(self, *, go_on: bool) -> tuple[Want, ...]:
        """Scans that the next files are to carry, whatever the run's records name."""
        return self.rest if go_on else self.wanted

    def judged(self, known: Known | None, checkpoint: Checkpoint) -> Judgement:
        """What a checkpoint from a stick means beside the one believed before."""
        fresh = checkpoint.echo is not None and self._is_fresh(known, checkpoint.echo)
        return judge(known, checkpoint, checkpoint.echo if fresh and checkpoint.echo else NO_NONCE)

    def _is_fresh(self, known: Known | None, echo: bytes) -> bool:
        nonces = [one.nonce for one in self.asked]
        if echo not in nonces:
            return False
        if known is not None and known.echo is not None and known.echo in nonces:
            return nonces.index(echo) > nonces.index(known.echo)
        return self.asked[nonces.index(echo)].known == (known.counter if known else None)

    def encoded(self) -> bytes:
        """As it is kept."""
        asked: list[Value] = [[one.nonce, one.known] for one in self.asked]
        unfinished = None if self.unfinished is None else self.unfinished.encoded()
        scans: list[Value] = [want_rows(self.wanted), want_rows(self.rest)]
        more = [scans] if self.wanted or self.rest else []
        return encode([self.number, asked, self.heard, unfinished, list(self.heard_at), *more])


def parse_memory(data: bytes | None) -> Memory:
    """The same from what was kept, empty where nothing was; raises PeerError for other bytes."""
    if data is None:
        return Memory()
    number, asked, heard, unfinished, *later = items(decode(data, max_size=2 * MAX_FRAME), 6)
    at = [natural(one) for one in items(later[0], 2, width=2)] if later else [0, 0]
    wanted, rest = items(later[1], 2, width=2) if len(later) > 1 else ([], [])
    return Memory(
        number=natural(number),
        asked=tuple(
            Asked(blob(nonce, NONCE_SIZE), None if known is None else natural(known))
            for nonce, known in rows(asked, MAX_ASKED, 2)
        ),
        heard=optional_blob(heard, NONCE_SIZE),
        unfinished=None if unfinished is None else parse_unfinished(blob(unfinished)),
        heard_at=(at[0], at[1]),
        wanted=read_wants(wanted),
        rest=read_wants(rest),
    )
