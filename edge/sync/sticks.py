"""The way to the prefecture by stick: the same batches as on the line, for whoever has hours and no link.

- An export carries what the prefecture has not confirmed, and our own newest checkpoint: what we hold of its feeds.
- Behind the records come the scans that their cases name, and those that the prefecture said it lacks; it is told which
  of them this card lacks.
- An import takes its feeds batch by batch, each durable before the next is read, and its checkpoint, judged as on the
  line: what it covers shows as confirmed and is not sent again.
- A file that is refused is named with its reason, and the others are taken. Files for somebody else, our own exports
  among them, are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

from edge.sync.source import Source
from protocol.errors import OperatorError
from protocol.records.credentials import Credential, Trust
from protocol.records.keys import OpeningKey
from protocol.sync.batches import SealedKey, Stored
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.bundle import BundleEvent, BundleOpened, BundleReader
from protocol.sync.carrying import Outcome, Seen, Stick, take_stick, write_run
from protocol.sync.checkpoint import Checkpoint, Held, Judgement, write_checkpoint
from protocol.sync.events import BatchArrived
from protocol.sync.hello import NONCE_SIZE, LocalIdentity
from protocol.sync.opening import RUN_SIZE, Opening, check_after
from protocol.sync.outbound import Pull
from protocol.sync.packing import FILE_SIZE, Packer, Run
from protocol.sync.scan_files import take_scans, write_scans
from protocol.sync.scan_frames import MAX_LISTED, WantsArrived

Believed = Callable[[Checkpoint, bool], None]


def unheard(_checkpoint: Checkpoint, _restored: bool) -> None:
    """Tell nobody of a checkpoint: the next start reads it from the store."""


class _Noted:
    """The log that a run reads, and whose records it carries."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.subjects: set[bytes] = set()

    async def read(self, pull: Pull) -> list[Stored]:
        found = await self._source.read(pull)
        records = [one.record for one in found if one.record is not None]
        self.subjects.update(one.subject for one in records if one.subject is not None)
        return found

    async def sealed(self, wanted: Sequence[bytes], reader: Credential) -> list[SealedKey]:
        return await self._source.sealed(wanted, reader)


class Sticks:
    """Exports and imports of one annexe; one at a time is the caller's affair."""

    def __init__(
        self,
        source: Source,
        *,
        identity: LocalIdentity,
        trust: Trust,
        opening: OpeningKey,
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
        believed: Believed = unheard,
    ) -> None:
        """`believed` is told of a checkpoint that came by stick, and whether the prefecture holds less than before."""
        self._source = source
        self._identity = identity
        self._trust = trust
        self._opening = opening
        self._now = now
        self._entropy = entropy
        self._believed = believed

    async def can_go_on(self) -> bool:
        """Whether the last export stopped at a full stick."""
        return (await self._source.memory()).unfinished is not None

    async def left(self) -> int:
        """Records that the prefecture has not confirmed."""
        return await self._source.left(await self._source.last_checkpoint())

    async def export(self, stick: Stick, seen: Seen, *, go_on: bool = False, file_size: int = FILE_SIZE) -> Outcome:
        """Write bundles to a stick; `go_on`: the run that stopped at a full stick. Raises OperatorError."""
        packer = await self._packer(go_on=go_on, file_size=file_size)
        log = _Noted(self._source)
        outcome = await write_run(packer, log, stick, self._entropy, seen)
        memory, named = await self._source.memory(), await self._source.scans_of(log.subjects)
        given = tuple({want.address: want for want in (*named, *memory.owed(go_on=go_on))}.values())
        if outcome.full:
            outcome = replace(outcome, rest=given[:MAX_LISTED])
        else:
            missing = await self._source.scans_missing()
            outcome = await write_scans(
                packer, outcome, self._source, stick, self._entropy, seen, wants=missing, given=given
            )
        await self._source.remember(replace(memory, unfinished=outcome.unfinished, rest=outcome.rest))
        return outcome

    async def _packer(self, *, go_on: bool, file_size: int) -> Packer:
        known, last = await self._source.known(), await self._source.last_checkpoint()
        before = await self._source.memory()
        unfinished = before.unfinished if go_on else None
        if go_on and unfinished is None:
            raise OperatorError("No export stopped at a full stick: begin a new one, without going on.")
        nonce = self._entropy(NONCE_SIZE)
        memory = before.asking(nonce, known)
        await self._source.remember(memory)  # before it is written anywhere: an answer must find it
        run = Run(
            id=unfinished.run if unfinished else self._entropy(RUN_SIZE),
            number=unfinished.number if unfinished else memory.number,
            nonce=nonce,
            made_ms=self._now(),
            known=known.counter if known else None,
            given=await self._given(before.heard),
        )
        begin: tuple[Held, ...] = unfinished.after if unfinished else last.held if last else ()
        part = unfinished.part if unfinished else 1
        return Packer("edge", self._identity, self._prefecture(), run, begin=begin, part=part, file_size=file_size)

    async def _given(self, heard: bytes | None) -> Checkpoint:
        counter, held = await self._source.holdings()
        return write_checkpoint(
            self._identity.signing,
            acker=self._identity.id,
            audience=self._prefecture().holder,
            counter=counter,
            echo=heard,
            held=held,
        )

    def _prefecture(self) -> Credential:
        """The prefecture's newest credential: whom bundles are sealed to."""
        held = [one for one in self._trust.credentials() if one.kind == "centre" and one.sealing is not None]
        if not held:
            raise OperatorError("Nobody is known to carry to: this annexe's seed names no prefecture.")
        return max(held, key=lambda one: (one.epoch, one.not_after))

    async def take(self, stick: Stick, seen: Seen) -> Outcome:
        """Read all bundles on a stick that are for us, in the order in which they fit. Raises OperatorError."""
        outcome = await take_stick(stick, self._reader, lambda: self._act, seen)
        missing = {want.address for want in await self._source.scans_missing()}
        return await take_scans(stick, self._scan_reader, lambda: partial(self._act_on_scans, missing), outcome, seen)

    def _reader(self) -> BundleReader:
        return BundleReader("edge", self._identity.id, self._opening, self._trust)

    def _scan_reader(self) -> BundleReader:
        return BundleReader("edge", self._identity.id, self._opening, self._trust, scans=True)

    async def _act_on_scans(self, missing: Collection[bytes], event: BundleEvent) -> int:
        match event:
            case WantsArrived():
                await self._source.remember(replace(await self._source.memory(), wanted=event.wants))
            case ChunkArrived() if event.address in missing:
                await self._source.take_piece(event)
            case _:
                pass
        return 0

    async def _act(self, event: BundleEvent) -> int:
        match event:
            case BundleOpened():
                await self._hear(event.opening)
                positions = {name: await self._source.positions(name) for name in self._source.feeds}
                check_after(event.opening, positions.__getitem__)
            case BatchArrived():
                return (await self._source.take(event)).stored
            case _:
                pass
        return 0

    async def _hear(self, opening: Opening) -> None:
        """Believe what the prefecture says it holds, even where its records cannot be taken yet."""
        memory, given = await self._source.memory(), opening.given
        meaning = None if given is None else memory.judged(await self._source.known(), given)
        await self._source.remember(memory.hearing(opening, meaning))
        if given is not None and meaning is not Judgement.STALE:
            await self._source.keep(given, restored=meaning is Judgement.RESTORED)
            self._believed(given, meaning is Judgement.RESTORED)
