"""The opening of a bundle: who carries what to whom, and what its reader must hold already (`protocol.sync.bundle`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from protocol.records.encoding import Value, decode, encode
from protocol.records.hashing import digest
from protocol.sync.checkpoint import (
    HASH_SIZE,
    MAX_STREAMS,
    Checkpoint,
    Held,
    held_value,
    parse_checkpoint,
    parse_held,
)
from protocol.sync.frames import MAX_FRAME, blob, items, natural, text
from protocol.sync.hello import MAX_CHAIN, MAX_CREDENTIAL, NONCE_SIZE
from protocol.sync.refusals import BundleGap

RUN_SIZE: Final = 8
OPENING_FIELDS: Final = 12

MAX_PART: Final = 9999
"""Files of one run: at the smallest useful size they hold more than any annexe writes; four digits in a file's name."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a bundle's first frame says. `made_ms` by the sender's own clock; `after`: heads that the reader must hold.

    `known`: the counter of the reader's last checkpoint that the sender knows. `given`: the sender's own.
    """

    sender: str
    recipient: str
    run: bytes
    number: int
    part: int
    made_ms: int
    commitment: bytes
    nonce: bytes
    known: int | None
    after: tuple[Held, ...]
    given: Checkpoint | None
    chain: tuple[bytes, ...]

    def encoded(self) -> bytes:
        """What is signed."""
        after: list[Value] = [held_value(one) for one in self.after]
        chain: list[Value] = list(self.chain)
        who: list[Value] = [self.sender, self.recipient, self.run, self.number, self.part, self.made_ms]
        given = None if self.given is None else self.given.encoded()
        return encode([*who, self.commitment, self.nonce, self.known, after, given, chain])


def parse_opening(data: bytes) -> Opening:
    """The opening in these bytes; raises PeerError. Nothing in it is believed yet."""
    fields = items(decode(data, max_size=MAX_FRAME), OPENING_FIELDS, width=OPENING_FIELDS)
    sender, recipient, run, number, part, made_ms, commitment, nonce, known, after, given, chain = fields
    return Opening(
        sender=text(sender),
        recipient=text(recipient),
        run=blob(run, RUN_SIZE),
        number=natural(number),
        part=natural(part, MAX_PART),
        made_ms=natural(made_ms),
        commitment=blob(commitment, HASH_SIZE),
        nonce=blob(nonce, NONCE_SIZE),
        known=None if known is None else natural(known),
        after=tuple(parse_held(row) for row in items(after, MAX_STREAMS)),
        given=None if given is None else parse_checkpoint(blob(given)),
        chain=tuple(blob(link, limit=MAX_CREDENTIAL) for link in items(chain, MAX_CHAIN)),
    )


def commitment_to(key: bytes) -> bytes:
    """What the signature holds of the file's key."""
    return digest("bundle-key", key)


def check_after(opening: Opening, positions: Callable[[str], Mapping[bytes, int]]) -> None:
    """Raises BundleGap unless the reader holds what the file goes on after.

    `positions(stream)`: the last seq of each segment that the reader holds, refused records right after it included.
    """
    for held in opening.after:
        if any(positions(held.stream).get(head.segment, -1) < head.seq for head in held.leaves):
            raise BundleGap(_missing(opening))


def _missing(opening: Opening) -> str:
    if opening.part > 1:
        return (
            f"File {opening.part} of bundle {opening.number} goes on where file {opening.part - 1} ends, which has"
            f" not come: bring that one first, then this one again."
        )
    return (
        f"Bundle {opening.number} begins after what was confirmed to its sender (checkpoint {opening.known}), and that"
        f" is not held here any more: carry our own export there, and bring the new bundle that it then makes."
    )


def ordered(openings: Iterable[Opening]) -> list[Opening]:
    """Files of a folder in the order in which they fit: by number, then by part."""
    return sorted(openings, key=lambda one: (one.number, one.part, one.run))
