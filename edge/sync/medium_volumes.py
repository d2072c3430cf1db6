"""The volumes of a medium as they are written: what the newest run holds, and what goes on behind it.

    attach    what is there is read, as far as it must be: the openings of the newest run, and its last part whole
    begin     a new run, where there is none that can be gone on with
    write_on  all that the log has more, many entries synced together

Rules:

- A run can be gone on with if its parts are all there, each as long as the next one says, and nothing in the last one
  is damaged but its end.
- What was written is known of only once it was synced; after a failure `attach` reads anew.
- An older run is removed once the newest holds all that the log has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge.sync.medium_files import MediumFiles, VolumeFile
from edge.sync.recovery import opening_in
from edge.sync.source import Source
from protocol.errors import CallerError, PeerError
from protocol.records.credentials import Credential
from protocol.records.keys import OpeningKey
from protocol.records.sodium import KEY_SIZE
from protocol.sync.batches import write_batch
from protocol.sync.checkpoint import Held
from protocol.sync.events import BatchArrived
from protocol.sync.outbound import subjects_wanted
from protocol.sync.packing import BATCH
from protocol.sync.results import CommandResult, ResultsArrived, open_results, write_results
from protocol.sync.sealed_keys import seal_together
from protocol.sync.streams import streams_of
from protocol.sync.trail import Trail
from protocol.sync.volume import VolumeOpening, VolumeReader, VolumeWriter

PART = 16 * 1024 * 1024
"""Bytes after which the next part begins: what a look must read, a second or two of a small machine."""

REPEATED_MS = 3_600_000
"""First results of commands that are written again when a medium is plugged in: those of the hour before the last that
it has, for a clock may have been put back."""

TOGETHER = 1024 * 1024
"""Bytes synced together at most, while much is to follow: what a cut costs, and what waits in memory."""


class MediumVolumes:
    """Of one medium. `held`: what the run holds durably; `is_new`: whether it was begun since that was last noted."""

    def __init__(
        self,
        source: Source,
        files: MediumFiles,
        opening: OpeningKey,
        own: Credential,
        entropy: Callable[[int], bytes],
        part: int = PART,
    ) -> None:
        """`own`: this machine's credential, to whose X25519 key all is sealed; `part` in bytes."""
        if own.sealing is None:
            raise CallerError("What follows on a medium is sealed to its writer, whose credential names no X25519 key.")
        self.opening = opening
        self.held: tuple[Held, ...] = ()
        self.is_new = False
        self._source = source
        self._files = files
        self._own = own
        self._reader = own.sealing
        self._entropy = entropy
        self._part_size = part
        self._streams = streams_of("primary", own.holder)
        self._reset(1)

    def _reset(self, run: int, held: Sequence[Held] = ()) -> None:
        self._run, self._part, self._at = run, 0, 0
        self._writer: VolumeWriter | None = None
        self._trail = Trail(self._streams, held)
        self.held = self._trail.leaves()
        self._keys: set[bytes] = set()
        self._batch = 0
        self._older: list[VolumeFile] = []
        self._newest_ms = 0

    def grew(self, stream: str) -> None:
        """The log has more of this stream."""
        self._trail.grew(stream)

    async def attach(self) -> bool:
        """Find where to go on; returns whether older runs lie there too, which may hold what the newest does not."""
        await self._files.prepare()
        volumes = await self._files.volumes()
        last = volumes[-1].run if volumes else 0
        if not volumes or not await self._go_on([one for one in volumes if one.run == last]):
            self._reset(last + 1)
        self._older = [one for one in volumes if one.run != self._run]
        self._source.results.begin(max(0, self._newest_ms - REPEATED_MS))
        return bool(self._older)

    def detach(self) -> None:
        """Nothing follows here for now."""
        self._source.results.end()

    async def begin(self) -> None:
        """Write something, to see that it can be written: a new run, where none can be gone on with."""
        self._turn()
        self.is_new = self.is_new or self._part == 0
        self._batch += 1
        await self._write([write_batch(self._batch, self._streams[0], [], [])])

    async def write_on(self) -> bool:
        """Write all that the log has more; returns whether that was anything."""
        wrote = False
        while frames := await self._frames() or self._frames_of(await self._source.results.old()):
            await self._write(frames)
            wrote = True
        if self._older:
            older, self._older = self._older, []
            await self._files.delete(older)
        return wrote

    def _turn(self) -> None:
        """Go on in the next part if this one is long enough."""
        if self._at >= self._part_size:
            self._writer, self._keys, self._batch = None, set(), 0

    async def _frames(self) -> list[bytes]:
        self._turn()
        frames: list[bytes] = []
        size = 0
        while size < TOGETHER and (pull := self._trail.pull(BATCH)) is not None:
            records = await self._source.read(pull)
            if not records:
                self._trail.nothing(pull)
                continue
            wanted = subjects_wanted(pull, records, self._keys)
            keys = seal_together(self._reader, await self._source.keys(wanted), self._entropy)
            frames.append(write_batch(self._batch + 1, pull.stream, records, keys))
            self._batch += 1
            self._keys.update(key.subject for key in keys)
            self._trail.took(pull, records)
            size += len(frames[-1])
        return [*self._frames_of(self._source.results.new()), *frames] if frames else []

    def _frames_of(self, results: Sequence[CommandResult]) -> list[bytes]:
        """First results of commands; they stand ahead of the records that they name."""
        box = self._source.sealed_results(results, self._own) if results else None
        return [] if box is None else [write_results(0, box)]

    async def _write(self, frames: Sequence[bytes]) -> None:
        """Append frames durably; what they carry is held from then on."""
        held, data, part, at = self._trail.leaves(), b"", self._part, self._at
        writer = self._writer
        if writer is None:
            part, at = part + 1, 0
            writer, data = self._open_part(part)
        data += b"".join(writer.add(frame) for frame in frames)
        await self._files.append(self._run, part, at, data)
        self._writer, self._part, self._at, self.held = writer, part, at + len(data), held

    def _open_part(self, part: int) -> tuple[VolumeWriter, bytes]:
        key = self._entropy(KEY_SIZE)
        writer = VolumeWriter(key)
        opening = VolumeOpening(self._run, part, self._at, self.held)
        return writer, VolumeWriter.head(self._reader, key, self._entropy(KEY_SIZE)) + writer.add(opening.frame())

    async def _go_on(self, parts: Sequence[VolumeFile]) -> bool:
        """Take up a run where it ends, if it can be gone on with."""
        openings = [await opening_in(self._files, one, self.opening) for one in parts]
        if openings[-1] is None and len(parts) > 1:  # the power went as it was begun: it is begun again
            parts, openings = parts[:-1], openings[:-1]
        for number, (file, found) in enumerate(zip(parts, openings, strict=True), start=1):
            following = openings[number] if number < len(openings) else None
            if found is None or (found.run, found.part) != (file.run, file.part) or file.part != number:
                return False
            if following is not None and file.size < following.before:
                return False
        await self._files.settle(parts[-1])
        return await self._read(parts[-1])

    async def _read(self, file: VolumeFile) -> bool:
        reader = VolumeReader(self.opening)
        try:
            async for block in self._files.blocks(file):
                for event in reader.feed(block):
                    match event:
                        case VolumeOpening():
                            self._reset(event.run, event.held)
                        case BatchArrived():
                            self._note(event)
                        case ResultsArrived():
                            came = [one.at_ms for one in open_results(self.opening, event.box)]
                            self._newest_ms = max([self._newest_ms, *came])
        except PeerError:
            return False
        if reader.damaged or not reader.entries:
            return False
        self._part, self._at = file.part, reader.sound
        self._writer = VolumeWriter(reader.key, reader.entries)
        self.held = self._trail.leaves()
        return True

    def _note(self, batch: BatchArrived) -> None:
        for arrived in batch.records:
            self._trail.note(arrived)
        self._keys.update(key.subject for key in batch.keys)
        self._batch = batch.number
