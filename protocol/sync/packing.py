"""What goes into a run of bundles, and where one file ends and the next begins: the sender's side, without any I/O.

The driver asks `pull()` what to read from its log, and puts what it read into the open file with `add`, as long as it
`fits`; then it closes the file and opens the next. What it read and could not add goes first into the next one.

- A run begins after what the reader's last believed checkpoint says, mends its holes first, and goes on in the order
  of `streams_of`. Nothing is taken for delivered because it was written: only a checkpoint says so.
- A run that stopped (a full stick) goes on later, from `unfinished`: the same run, the next part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.errors import CallerError
from protocol.records.credentials import Credential
from protocol.records.encoding import Value, decode, encode
from protocol.sync.batches import SealedKey, Stored, size_on_wire, write_batch
from protocol.sync.bundle import BundleWriter
from protocol.sync.checkpoint import MAX_STREAMS, Checkpoint, Held, held_value, parse_held
from protocol.sync.frames import MAX_FRAME, blob, items, natural
from protocol.sync.hello import LocalIdentity, Role
from protocol.sync.opening import RUN_SIZE, Opening
from protocol.sync.outbound import Pull, subjects_wanted
from protocol.sync.streams import streams_of
from protocol.sync.trail import Trail

BATCH: Final = 64 * 1024
"""Bytes of one batch: one commit of the reader, as on a line."""

BATCH_OVERHEAD: Final = 1024
"""Bytes of a batch beside its records: tags, and the head of each run."""

FILE_SIZE: Final = 64 * 1024 * 1024
"""Bytes of one file at most, unless told otherwise: FAT32 takes 4 GiB less one, and a stick that is pulled early costs
only the file being written."""

SUFFIX: Final = ".mulhaqa"
"""Ends the name of a file of records."""

SCANS_SUFFIX: Final = ".mulhaqa-scans"
"""And of one of scans, which earlier releases pass over."""

SMALLEST: Final = 256 * 1024
"""Bytes that a file must at least be allowed: below that most of it would be opening. An empty file takes any batch."""


@dataclass(frozen=True, slots=True)
class Run:
    """What all files of one run share. `given`: our newest checkpoint; `known`: the counter of the reader's last."""

    id: bytes
    number: int
    nonce: bytes
    made_ms: int
    known: int | None
    given: Checkpoint | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Where a run stopped: the next part's number, and what lies before it."""

    run: bytes
    number: int
    part: int
    after: tuple[Held, ...]

    def encoded(self) -> bytes:
        """As it is kept."""
        after: list[Value] = [held_value(one) for one in self.after]
        return encode([self.run, self.number, self.part, after])


def parse_unfinished(data: bytes) -> Unfinished:
    """The same from what was kept; raises PeerError."""
    run, number, part, after = items(decode(data, max_size=MAX_FRAME), 4, width=4)
    held = tuple(parse_held(row) for row in items(after, MAX_STREAMS))
    return Unfinished(blob(run, RUN_SIZE), natural(number), natural(part), held)


class Packer:
    """One run. `begin`: what the reader holds of each stream, from its checkpoint or from `Unfinished`."""

    def __init__(
        self,
        role: Role,
        identity: LocalIdentity,
        reader: Credential,
        run: Run,
        *,
        begin: Sequence[Held],
        part: int = 1,
        file_size: int = FILE_SIZE,
    ) -> None:
        """`role`: our own; `part`: the number of the first file that will be opened."""
        if reader.sealing is None:
            raise CallerError("A bundle is sealed to its reader: the credential must name an X25519 key.")
        if file_size < SMALLEST:
            raise CallerError(f"A file of a bundle must be allowed {SMALLEST} bytes at least.")
        self._identity, self.reader, self._sealing = identity, reader, reader.sealing
        self._run = run
        self._part = part
        self._suffix = SUFFIX
        self._size = file_size
        self._trail = Trail(streams_of(role, _annexe(role, identity, reader)), begin)
        self._writer: BundleWriter | None = None
        self._sent_keys: set[bytes] = set()
        self._batch = 0
        self._after = self._trail.leaves()

    @property
    def name(self) -> str:
        """The open file's name, or the next one's: it tells the run and the part, and of nobody anything."""
        return f"{self._run.id.hex()}-{self._part:04}{self._suffix}"

    def turn_to_scans(self) -> None:
        """What is opened from here on are files of scans (`protocol.sync.scan_files`)."""
        self._suffix = SCANS_SUFFIX

    def has_room(self, size: int) -> bool:
        """Whether a frame of so many bytes still goes into the open file; an empty file takes any."""
        return self._batch == 0 or self._open().size_with(size) <= self._size

    def put(self, frame: bytes) -> bytes:
        """Put a frame that is no batch into the open file."""
        self._batch += 1
        return self._open().add(frame)

    @property
    def unfinished(self) -> Unfinished:
        """Where the run goes on if the file that is open, or would be opened next, is not kept."""
        return Unfinished(self._run.id, self._run.number, self._part, self._after)

    def pull(self) -> Pull | None:
        """What to read from the log next; None once there is no more."""
        return self._trail.pull(BATCH)

    def nothing(self, pull: Pull) -> None:
        """The log had nothing for this pull."""
        self._trail.nothing(pull)

    def open(self, key: bytes, ephemeral: bytes) -> bytes:
        """Open the next file. `key` and `ephemeral`: 32 fresh random bytes each."""
        self._writer = writer = BundleWriter(self._identity, self._sealing, key, ephemeral)
        self._sent_keys, self._batch = set(), 0
        self._after = self._trail.leaves()
        run = self._run
        return writer.open(
            Opening(
                sender=self._identity.id,
                recipient=self.reader.holder,
                run=run.id,
                number=run.number,
                part=self._part,
                made_ms=run.made_ms,
                commitment=writer.commitment,
                nonce=run.nonce,
                known=run.known,
                after=self._after,
                given=run.given,
                chain=tuple(credential.encoded() for credential in self._identity.chain),
            )
        )

    def fits(self, records: Sequence[Stored]) -> bool:
        """Whether these still go into the open file; an empty file takes any."""
        largest = BATCH_OVERHEAD + sum(size_on_wire(one) for one in records)
        return self._batch == 0 or self._open().size_with(largest) <= self._size

    def keys_wanted(self, pull: Pull, records: Sequence[Stored]) -> list[bytes]:
        """The subjects whose keys must travel with these records in the open file."""
        return subjects_wanted(pull, records, self._sent_keys)

    def add(self, pull: Pull, records: Sequence[Stored], keys: Sequence[SealedKey]) -> bytes:
        """Put what was read for `pull` into the open file."""
        frame = write_batch(self._batch + 1, pull.stream, records, keys)
        if len(frame) > MAX_FRAME:
            raise CallerError(f"A batch of {len(frame)} bytes is larger than a frame; read at most `pull.limit` bytes.")
        self._batch += 1
        self._sent_keys.update(key.subject for key in keys)
        self._trail.took(pull, records)
        return self._open().add(frame)

    def close(self, *, more: bool) -> bytes:
        """End the open file; `more`: another one follows."""
        data = self._open().close(more=more)
        self._writer = None
        self._part += 1
        self._after = self._trail.leaves()
        return data

    def _open(self) -> BundleWriter:
        if self._writer is None:
            raise CallerError("No file of this run is open.")
        return self._writer


def _annexe(role: Role, identity: LocalIdentity, reader: Credential) -> str:
    return identity.id if role == "edge" else reader.holder
