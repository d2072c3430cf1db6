"""Checkpoints: what one end holds durably of the other's log, signed.

    checkpoint  [acker, audience, counter, echo(32) | nil, [held...], signature]
    held        [stream, [[segment, seq, hash]...], [hole...]], and a fourth field, how many leaves are not named, if
                there are more than a checkpoint names
    hole        [segment, seq, expected hash | nil, hash of what came | nil, why]
    signature   Ed25519 over "mulhaqa/checkpoint/1\\0" + encode(all before it), by the acker's leaf credential

Rules:

- Given only after the commit: what a checkpoint covers survives a power cut at the acker.
- Only leaf heads are named. A head covers its segment up to its seq, and through the segment's parent all before it.
- Of more leaves than `MAX_LEAVES` those of the latest records are named, and how many are not. What is not named counts
  as not held: it is sent again in each conversation, and found to be held.
- A **hole** is a record below (or right after) a head that is not held: what its successor expects there, what came
  instead, and why that was refused. A hole never blocks what follows. Good bytes fill it: `mends` says when to try.
- `counter` only grows at its acker, in the transaction of what it counts. `echo` is the asker's newest nonce.
  A checkpoint that echoes the newest nonce was made for this conversation. If its counter is lower than one seen
  before, the acker lost its memory (restored from a backup): believe it and send again. Without that echo a lower
  counter is an old frame that comes late, and is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from protocol.errors import PeerError
from protocol.records.chain import Chain, Head
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import SigningKey, verify_signature
from protocol.sync.frames import MAX_FRAME, blob, items, natural, optional_blob, rows, text
from protocol.sync.hello import NONCE_SIZE
from protocol.sync.refusals import CheckpointRefused, FrameRefused

MAX_STREAMS = 8  # an annexe has two, the prefecture sends it two
MAX_LEAVES = 256  # one a branch that nobody continues: a cloned card or a restored backup each make one
MAX_HOLES = 256  # what a dying card may damage before a person must look at it; also bounds the frame
SEGMENT_SIZE = 8
HASH_SIZE = 32
MAX_WHY = 32


@dataclass(frozen=True, slots=True)
class Hole:
    """A record that is not held. `expected`: the hash its successor names. `came`: the hash of the refused bytes."""

    segment: bytes
    seq: int
    expected: bytes | None
    came: bytes | None
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one stream."""

    stream: str
    leaves: tuple[Head, ...] = ()
    holes: tuple[Hole, ...] = ()
    unnamed: int = 0

    def positions(self) -> dict[bytes, int]:
        """The last seq of each named segment that needs no sending: its head, and the refused records right after
        it."""
        last = {leaf.segment: leaf.seq for leaf in self.leaves}
        for hole in sorted(self.holes, key=lambda hole: hole.seq):
            if hole.seq == last.get(hole.segment, -1) + 1:
                last[hole.segment] = hole.seq
        return last

    def heads(self) -> tuple[Head, ...]:
        """The same as heads: what a log is asked to go on from. A refused record's own bytes stand for it."""
        known = {(leaf.segment, leaf.seq): leaf.hash for leaf in self.leaves}
        known |= {(hole.segment, hole.seq): hole.came or bytes(HASH_SIZE) for hole in self.holes}
        return tuple(Head(segment, seq, known[segment, seq]) for segment, seq in self.positions().items())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement of `acker` to `audience`."""

    acker: str
    audience: str
    counter: int
    echo: bytes | None
    held: tuple[Held, ...]
    signature: bytes

    def encoded(self) -> bytes:
        """The whole checkpoint as it travels and is kept."""
        return encode([*_signed(self.acker, self.audience, self.counter, self.echo, self.held), self.signature])

    def names(self, stream: str) -> bool:
        """Whether it speaks of a stream at all."""
        return any(held.stream == stream for held in self.held)

    def of(self, stream: str) -> Held:
        """What is held of a stream; nothing, if the checkpoint is silent about it."""
        return next((held for held in self.held if held.stream == stream), Held(stream))


def _signed(acker: str, audience: str, counter: int, echo: bytes | None, held: Iterable[Held]) -> list[Value]:
    return [acker, audience, counter, echo, [held_value(one) for one in held]]


def held_value(held: Held) -> Value:
    """What is held of a stream as it travels."""
    leaves: list[Value] = [[leaf.segment, leaf.seq, leaf.hash] for leaf in held.leaves]
    holes: list[Value] = [[hole.segment, hole.seq, hole.expected, hole.came, hole.why] for hole in held.holes]
    return [held.stream, leaves, holes, *([held.unnamed] if held.unnamed else [])]


def held_of(chain: Chain, holes: Iterable[Hole] = ()) -> Held:
    """What is held of a chain, bounded to what a checkpoint may name: of too many leaves, those of the latest
    records."""
    leaves = chain.leaves()
    times = {state.segment: state.time for state in chain.states()}
    named = leaves if len(leaves) <= MAX_LEAVES else sorted(leaves, key=lambda one: times[one.segment])[-MAX_LEAVES:]
    return Held(chain.stream, tuple(named), tuple(holes), len(leaves) - len(named))


def write_checkpoint(
    signing: SigningKey, *, acker: str, audience: str, counter: int, echo: bytes | None, held: Iterable[Held]
) -> Checkpoint:
    """A checkpoint over what was committed already."""
    parts = tuple(held)
    message = encode(_signed(acker, audience, counter, echo, parts))
    return Checkpoint(acker, audience, counter, echo, parts, signing.sign("checkpoint", message))


def parse_checkpoint(data: bytes) -> Checkpoint:
    """The checkpoint in these bytes; raises FrameRefused or NotCanonical. Its signature is not looked at."""
    fields = items(decode(data, max_size=MAX_FRAME), 6, width=6)
    acker, audience, counter, echo, held, signature = fields
    return Checkpoint(
        acker=text(acker),
        audience=text(audience),
        counter=natural(counter),
        echo=optional_blob(echo, NONCE_SIZE),
        held=tuple(parse_held(row) for row in items(held, MAX_STREAMS)),
        signature=blob(signature, 64),
    )


def parse_held(value: Value) -> Held:
    """The same from [stream, leaves, holes] or [stream, leaves, holes, unnamed]; raises FrameRefused."""
    row = items(value, 4)
    if len(row) not in (3, 4):
        raise FrameRefused("What is held of a stream is told in three fields, or four.")
    stream, leaves, holes, *more = row
    unnamed = natural(more[0]) if more else 0
    if more and not unnamed:
        raise FrameRefused("That no leaf is left unnamed is told by saying nothing.")
    return Held(
        stream=text(stream),
        leaves=tuple(
            Head(blob(segment, SEGMENT_SIZE), natural(seq), blob(value, HASH_SIZE))
            for segment, seq, value in rows(leaves, MAX_LEAVES, 3)
        ),
        holes=tuple(
            Hole(
                blob(segment, SEGMENT_SIZE),
                natural(seq),
                optional_blob(expected, HASH_SIZE),
                optional_blob(came, HASH_SIZE),
                text(why, MAX_WHY),
            )
            for segment, seq, expected, came, why in rows(holes, MAX_HOLES, 5)
        ),
        unnamed=unnamed,
    )


def verify_checkpoint(checkpoint: Checkpoint, public: bytes, *, acker: str, audience: str) -> None:
    """Raises CheckpointRefused unless `acker` signed it with `public`, and for `audience`."""
    if checkpoint.acker != acker or checkpoint.audience != audience:
        raise CheckpointRefused("The checkpoint was given by or to somebody else than the two who talk here.")
    signed = _signed(checkpoint.acker, checkpoint.audience, checkpoint.counter, checkpoint.echo, checkpoint.held)
    try:
        verify_signature(public, "checkpoint", encode(signed), checkpoint.signature)
    except PeerError as error:
        raise CheckpointRefused("The checkpoint is not signed by the one who gives it.") from error


class Judgement(Enum):
    """What a verified checkpoint means beside the one known before."""

    NEWER = "newer"
    RESTORED = "restored"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Known:
    """The last checkpoint believed: its counter, and the nonce it echoed."""

    counter: int
    echo: bytes | None


def judge(known: Known | None, checkpoint: Checkpoint, newest_nonce: bytes) -> Judgement:
    """Whether to believe this checkpoint. `newest_nonce`: the last one that we ourselves asked with."""
    fresh = checkpoint.echo == newest_nonce
    if known is None:
        return Judgement.NEWER if fresh or checkpoint.echo is None else Judgement.STALE
    if checkpoint.counter > known.counter:
        return Judgement.NEWER
    if fresh and known.echo != newest_nonce:
        return Judgement.RESTORED if checkpoint.counter < known.counter else Judgement.NEWER
    return Judgement.STALE


def mends(hole: Hole, candidate: bytes) -> bool:
    """Whether a record with this hash, at the hole's place, is worth sending again."""
    if hole.expected is not None and candidate != hole.expected:
        return False
    return candidate != hole.came or hole.why in (WHY_KEY, WHY_SIGNER)


# Why a record was refused; stable words, for they travel in checkpoints.
WHY_BYTES = "bytes"  # no record at all
WHY_SIGNATURE = "signature"  # not signed by the signer it names
WHY_SIGNER = "signer"  # the signer is unknown, or may not write this stream: he may be known by now
WHY_KEY = "key"  # the key of its subject did not arrive: sending both again mends it
WHY_BODY = "body"  # the key does not open it
WHY_CHAIN = "chain"  # another record stands at its place
WHY_MISSING = "missing"  # nothing came


def by_place(holes: Iterable[Hole]) -> Mapping[tuple[bytes, int], Hole]:
    """Holes by (segment, seq)."""
    return {(hole.segment, hole.seq): hole for hole in holes}
