"""One file of a bundle: who carries what to whom, then batches exactly as the live session frames them.

    plain text  (length, 4 bytes, big-endian || frame)... then zeros to the end of the piece (`protocol.sync.pieces`)
    frames      bundle, batch..., end
    bundle      ["bundle", encode(opening), signature]
    opening     [sender, recipient, run(8), number, part, made (ms), key commitment(32), nonce(32),
                 counter of the checkpoint known | nil, [[stream, [[segment, seq, hash]...], []]...],
                 checkpoint given | nil, [leaf, issuer]]
    signature   Ed25519 over "mulhaqa/bundle/1\\0" + encode(opening), by the sender's leaf credential
    end         ["end", whether another file of this run follows]

- The signature covers the recipient, so nobody passes a bundle on as if it were meant for him; and a digest of the
  file's key, so whatever opens under that key was written by the signer. Neither can be lifted into another file.
- `after` names what the reader must hold already: what its last known checkpoint says, and what the run's earlier files
  carry. A reader that does not hold it refuses the file before its first record: what simply has not come yet never
  becomes a hole. Each file carries its own keys and numbers its batches from 1, so it can be taken alone otherwise.
- `nonce` is what the reader's next checkpoint on a stick echoes, as in a conversation.
- A file of *scans* is the same with other frames between the first and the last: `want` and `chunk`, as on a line
  (`protocol.sync.scan_files`). It comes behind the run's records, under another name.
- Taking is idempotent: records are known by their hash, checkpoints by counter and echo. A batch that was read before a
  damaged piece stays taken; it was complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.errors import CallerError, PeerError
from protocol.records.credentials import Credential, Trust
from protocol.records.encoding import Value
from protocol.records.keys import OpeningKey, verify_signature
from protocol.sync.batches import parse_batch
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.checkpoint import verify_checkpoint
from protocol.sync.events import BatchArrived
from protocol.sync.frames import MAX_FRAME, blob, pack, unpack
from protocol.sync.hello import OTHER, LocalIdentity, Role, vouched
from protocol.sync.opening import Opening, commitment_to, parse_opening
from protocol.sync.pieces import PieceReader, PieceWriter
from protocol.sync.refusals import BundleDamaged, FrameRefused, IdentityRefused, OutOfTurn, StreamRefused
from protocol.sync.scan_frames import WantsArrived, parse_piece, parse_wants
from protocol.sync.streams import streams_of

LENGTH_SIZE: Final = 4
END_SIZE: Final = 16
"""Bytes that the end frame takes, with room."""


class BundleWriter:
    """One file: `open`, `add` for each batch frame, `close`; each gives the bytes to write next."""

    def __init__(self, identity: LocalIdentity, reader: bytes, key: bytes, ephemeral: bytes) -> None:
        """`reader`: its X25519 key. `key` and `ephemeral`: 32 fresh random bytes each."""
        self._identity = identity
        self._commitment = commitment_to(key)
        self._pieces = PieceWriter(reader, key, ephemeral)

    @property
    def commitment(self) -> bytes:
        """What the opening must say of this file's key."""
        return self._commitment

    def size_with(self, batch: int) -> int:
        """Bytes of the file if it ended after one more batch of so many bytes."""
        return self._pieces.size_with(LENGTH_SIZE + batch + END_SIZE)

    def open(self, opening: Opening) -> bytes:
        """The beginning of the file."""
        if opening.commitment != self._commitment:
            raise CallerError("An opening commits to the key of its own file.")
        body = opening.encoded()
        return self._frame(pack("bundle", body, self._identity.signing.sign("bundle", body)))

    def add(self, batch: bytes) -> bytes:
        """One batch frame more."""
        return self._frame(batch)

    def close(self, *, more: bool) -> bytes:
        """The end of the file; `more`: another file of this run follows."""
        return self._frame(pack("end", more)) + self._pieces.end()

    def _frame(self, frame: bytes) -> bytes:
        return self._pieces.add(len(frame).to_bytes(LENGTH_SIZE, "big") + frame)


@dataclass(frozen=True, slots=True)
class BundleOpened:
    """Whose bundle this is; proved. Before taking its batches, the driver checks `check_after`."""

    opening: Opening
    peer: Credential


@dataclass(frozen=True, slots=True)
class BundleEnded:
    """Everything of this file came. `more`: another file of the run follows."""

    more: bool


BundleEvent = BundleOpened | BatchArrived | WantsArrived | ChunkArrived | BundleEnded


class BundleReader:
    """Reads one file as its bytes come: `feed` each block, then `finish`; both give events and raise PeerError.

    After an error nothing more is read. A file is whole only once `finish` gave `BundleEnded` or came after it.
    """

    def __init__(self, role: Role, us: str, opening: OpeningKey, trust: Trust, *, scans: bool = False) -> None:
        """`role` and `us` are the reader's own; `trust` learns the sender's credentials; `scans`: a file of scans."""
        self._role: Role = role
        self._us = us
        self._trust = trust
        self._scans = scans
        self._pieces = PieceReader(opening)
        self._plain = bytearray()
        self._takes: Sequence[str] = ()
        self._batches = 0
        self._opened = False
        self._ended = False

    def feed(self, data: bytes) -> list[BundleEvent]:
        """Take the next bytes of the file."""
        return self._take(self._pieces.feed(data))

    def finish(self) -> list[BundleEvent]:
        """Take the end of the file."""
        events = self._take(self._pieces.finish())
        if not self._ended:
            raise BundleDamaged("This file is whole and does not end as a bundle does: have it exported again.")
        return events

    def _take(self, plain: bytes) -> list[BundleEvent]:
        if plain and self._ended:
            raise BundleDamaged("Something stands behind the end of this bundle: have it exported again.")
        self._plain += plain
        events: list[BundleEvent] = []
        while not self._ended and (frame := self._next_frame()) is not None:
            events.append(self._read(frame))
        if self._ended and any(self._plain):
            raise BundleDamaged("Something stands behind the end of this bundle: have it exported again.")
        return events

    def _next_frame(self) -> bytes | None:
        if len(self._plain) < LENGTH_SIZE:
            return None
        size = int.from_bytes(self._plain[:LENGTH_SIZE], "big")
        if not 0 < size <= MAX_FRAME:
            raise FrameRefused(f"A frame of a bundle has 1 to {MAX_FRAME} bytes, not {size}.")
        if len(self._plain) < LENGTH_SIZE + size:
            return None
        frame = bytes(self._plain[LENGTH_SIZE : LENGTH_SIZE + size])
        del self._plain[: LENGTH_SIZE + size]
        return frame

    def _read(self, frame: bytes) -> BundleEvent:
        tag, fields = unpack(frame)
        match (tag, fields):
            case ("bundle", [body, signature]) if not self._opened:
                return self._open(blob(body), blob(signature, 64))
            case ("batch", _) if self._opened and not self._scans:
                return self._batch(fields)
            case ("want", [wants]) if self._opened and self._scans:
                return parse_wants(wants)
            case ("chunk", [number, address, place, piece]) if self._opened and self._scans:
                return parse_piece(number, address, place, piece)
            case ("end", [bool(more)]) if self._opened:
                self._ended = True
                return BundleEnded(more)
            case _:
                raise OutOfTurn(f"A {tag} cannot come at this place of a bundle.")

    def _open(self, body: bytes, signature: bytes) -> BundleOpened:
        opening = parse_opening(body)
        if opening.recipient != self._us:
            raise IdentityRefused("This bundle was signed for somebody else than whom it is sealed to.")
        peer = vouched(opening.chain, opening.sender, OTHER[self._role], self._trust)
        try:
            verify_signature(peer.public, "bundle", body, signature)
        except PeerError as error:
            raise IdentityRefused("This bundle is not signed by its sender.") from error
        if opening.commitment != commitment_to(self._pieces.key):
            raise IdentityRefused("This bundle's signature was made for another file.")
        if opening.given is not None:
            verify_checkpoint(opening.given, peer.public, acker=peer.holder, audience=self._us)
        annexe = peer.holder if self._role == "centre" else self._us
        self._takes = streams_of(OTHER[self._role], annexe)
        if any(held.stream not in self._takes for held in opening.after):
            raise StreamRefused("This bundle speaks of a stream that its sender cannot send here.")
        self._opened = True
        return BundleOpened(opening, peer)

    def _batch(self, fields: list[Value]) -> BatchArrived:
        batch = parse_batch(fields)
        if batch.number != self._batches + 1:
            raise OutOfTurn(f"Batch {batch.number} cannot follow batch {self._batches}.")
        for arrived in batch.records:
            if arrived.stream not in self._takes:
                raise StreamRefused(f"This sender cannot send the stream {arrived.stream} here.")
        self._batches = batch.number
        return BatchArrived(batch.number, batch.keys, batch.records)
