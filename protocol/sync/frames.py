"""Frames: what one end says to the other in one piece.

A frame is the canonical msgpack of `[tag, field, ...]`. The transport keeps the boundaries (one WebSocket message, one
length-prefixed block on a stick): a frame is whole or it is refused, and bytes behind it refuse it too.

    hello       edge -> centre   versions, role, id, chain, certificate hash, nonce (rides on the upgrade request)
    welcome     centre -> edge   the centre's hello, its signature over the transcript
    proof       edge -> centre   the edge's signature over the transcript
    checkpoint  both ways        the signed checkpoint, number of the last batch it answers, credit granted
    batch       both ways        number, keys, runs of records
    boxed       both ways        number, and a box of keys and records sealed to the other end
    progress    edge -> centre   records that are left to send, and the time by the edge's clock
    want        both ways        blobs that the other end should send, and from where on
    chunk       both ways        number, address and place of a piece of a blob, its bytes
    mark        from a standby   up to where it holds the first results of commands
    given       to a standby     number and box of the first results of commands, and the mark that they lead to
    results     to a standby     the same without a mark, before version 5; also on a medium
    failed      both ways        kind and sentence of a refusal; the last frame of its sender
    bye         both ways        a clean end
    bundle      on a stick       what the file is, as bytes, and its sender's signature; its first frame
    end         on a stick       whether another file follows; its last frame
    volume      on a medium      what the file is; its first frame, before batches (`protocol.sync.volume`)

A stranger has proved nothing yet, so the frames before `checkpoint` have a small bound of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from protocol.errors import PeerError
from protocol.records.encoding import Value, decode, encode
from protocol.sync.refusals import FrameRefused

# One frame holds at least the largest record beside its keys; memory held for a peer is this times the few in flight.
MAX_FRAME = 1 << 20
# Two credentials, a nonce and a few words take some 700 bytes; as base64url this must fit a header line of 8,190 bytes.
MAX_HELLO = 4096
# A sentence is shown on one line of a screen.
MAX_SENTENCE = 300
MAX_TAG = 16
MAX_KIND = 32  # of a refusal
MAX_NAME = 96  # "to/" or "/cases" around the id of an annexe, with room

# How many fields follow each tag.
SHAPES = {
    "hello": 7,
    "welcome": 2,
    "proof": 1,
    "checkpoint": 3,
    "batch": 3,
    "boxed": 2,
    "progress": 2,
    "want": 1,
    "chunk": 4,
    "mark": 1,
    "given": 3,
    "results": 2,
    "failed": 2,
    "bye": 0,
    "bundle": 2,
    "end": 1,
    "volume": 4,
}


def pack(tag: str, *fields: Value) -> bytes:
    """The bytes of one frame."""
    return encode([tag, *fields])


def unpack(data: bytes, *, max_size: int = MAX_FRAME) -> tuple[str, list[Value]]:
    """Tag and fields of a whole frame; raises FrameRefused for anything else."""
    if len(data) > max_size:
        raise FrameRefused(
            f"A frame of {len(data)} bytes is larger than the {max_size} allowed here; send less at once."
        )
    try:
        value = decode(data, max_size=max_size)
    except PeerError as error:
        raise FrameRefused(f"The frame is not canonical msgpack: {error}") from error
    if not isinstance(value, list) or not value:
        raise FrameRefused("A frame must be a list that begins with its tag.")
    tag = text(value[0], MAX_TAG)
    if SHAPES.get(tag) != len(value) - 1:
        raise FrameRefused(f"No frame has this tag and {len(value) - 1} fields; both ends must run a known version.")
    return tag, value[1:]


def text(value: Value, limit: int = MAX_NAME) -> str:
    """A non-empty string of at most `limit` characters."""
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise FrameRefused(f"A frame's field must be a text of 1 to {limit} characters.")
    return value


def blob(value: Value, size: int | None = None, *, limit: int = MAX_FRAME) -> bytes:
    """Bytes of exactly `size`, or of at most `limit`."""
    if not isinstance(value, bytes) or len(value) > limit or (size is not None and len(value) != size):
        raise FrameRefused(f"A frame's field must be {size if size is not None else f'at most {limit}'} bytes.")
    return value


def optional_blob(value: Value, size: int) -> bytes | None:
    """Bytes of exactly `size`, or nil."""
    return None if value is None else blob(value, size)


def natural(value: Value, limit: int = (1 << 63) - 1) -> int:
    """An integer from 0 to `limit`; True and False are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise FrameRefused(f"A frame's field must be a whole number from 0 to {limit}.")
    return value


def items(value: Value, limit: int, *, width: int | None = None) -> list[Value]:
    """A list of at most `limit` values (exactly `width` of them, if given)."""
    if not isinstance(value, list) or len(value) > limit or (width is not None and len(value) != width):
        raise FrameRefused(f"A frame's field must be a list of {width if width is not None else f'at most {limit}'}.")
    return value


def rows(value: Value, limit: int, width: int) -> Sequence[list[Value]]:
    """A list of at most `limit` lists of `width` values each."""
    return [items(row, width, width=width) for row in items(value, limit)]
