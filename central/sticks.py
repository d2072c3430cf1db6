"""The way to the annexes by stick, at the prefecture: the same batches as on the line.

- An import takes what any annexe exported, batch by batch, each durable before the next is read, and folds it at the
  end. It runs beside the server: both share the database's one writer, and neither trusts its memory over the other.
- An export to an annexe carries what it has not confirmed of our feeds, and our signed checkpoint over its log: that is
  the answer to what it exported.
- Scans go the same way, behind the records: an export says which of an annexe's are not here, and gives back those that
  the annexe has lost.
- A file that is refused is named with its reason, and the others are taken. Files for somebody else, our own exports
  among them, are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from central.centre import Centre
from central.store.machines import in_force, machines_of
from protocol.errors import OperatorError
from protocol.records.credentials import Credential
from protocol.records.keys import OpeningKey, seal_to
from protocol.sync.batches import SealedKey, Stored
from protocol.sync.blob_flow import ChunkArrived, Want
from protocol.sync.bundle import BundleEvent, BundleOpened, BundleReader
from protocol.sync.carrying import Outcome, Seen, Stick, take_stick, write_run
from protocol.sync.checkpoint import Checkpoint, Held, Judgement, write_checkpoint
from protocol.sync.events import BatchArrived
from protocol.sync.hello import NONCE_SIZE
from protocol.sync.intake import KEPT
from protocol.sync.opening import RUN_SIZE, Opening, check_after
from protocol.sync.outbound import Pull
from protocol.sync.packing import FILE_SIZE, Packer, Run
from protocol.sync.scan_files import take_scans, write_scans
from protocol.sync.scan_frames import WantsArrived
from protocol.sync.streams import streams_of


class Sticks:
    """Exports and imports of one prefecture; one at a time is the caller's affair."""

    def __init__(self, centre: Centre, opening: OpeningKey) -> None:
        """`opening` opens what is sealed to the prefecture."""
        self._centre = centre
        self._opening = opening

    async def export(
        self, annexe: str, stick: Stick, seen: Seen, *, go_on: bool = False, file_size: int = FILE_SIZE
    ) -> Outcome:
        """Write bundles to a stick; `go_on`: the run that stopped at a full stick. Raises OperatorError."""
        packer = await self._packer(annexe, go_on=go_on, file_size=file_size)
        outcome = await write_run(packer, self, stick, self._centre.entropy, seen)
        memory = await self._centre.outgoing.memory(annexe)
        given = memory.owed(go_on=go_on)
        if outcome.full:
            outcome = replace(outcome, rest=given)
        else:
            wants, pieces = await self._centre.blobs.wanted(annexe), _Pieces(self._centre, annexe)
            outcome = await write_scans(
                packer, outcome, pieces, stick, self._centre.entropy, seen, wants=wants, given=given
            )
        await self._centre.outgoing.remember(
            annexe, replace(memory, unfinished=outcome.unfinished, rest=outcome.rest)
        )
        return outcome

    async def read(self, pull: Pull) -> list[Stored]:
        """What our feeds have for a pull."""
        return await self._centre.outgoing.read(pull)

    async def sealed(self, wanted: Sequence[bytes], reader: Credential) -> list[SealedKey]:
        """The keys of these subjects, as far as they are held, sealed to an annexe."""
        if reader.sealing is None:
            return []
        held, draw = await self._centre.outgoing.keys(f"to/{reader.holder}", wanted), self._centre.entropy
        return [SealedKey(one, seal_to(reader.sealing, held[one], draw(32))) for one in wanted if one in held]

    async def _packer(self, annexe: str, *, go_on: bool, file_size: int) -> Packer:
        centre, reader = self._centre, await self._annexe(annexe)
        known, last = await centre.outgoing.known(annexe), await centre.outgoing.last_checkpoint(annexe)
        before = await centre.outgoing.memory(annexe)
        unfinished = before.unfinished if go_on else None
        if go_on and unfinished is None:
            raise OperatorError(f"No export to {annexe} stopped at a full stick: begin a new one, without --continue.")
        nonce = centre.entropy(NONCE_SIZE)
        memory = before.asking(nonce, known)
        await centre.outgoing.remember(annexe, memory)  # before it is written anywhere: an answer must find it
        run = Run(
            id=unfinished.run if unfinished else centre.entropy(RUN_SIZE),
            number=unfinished.number if unfinished else memory.number,
            nonce=nonce,
            made_ms=centre.now(),
            known=known.counter if known else None,
            given=await self._given(annexe, before.heard),
        )
        begin: tuple[Held, ...] = unfinished.after if unfinished else last.held if last else ()
        part = unfinished.part if unfinished else 1
        return Packer("centre", centre.identity, reader, run, begin=begin, part=part, file_size=file_size)

    async def _given(self, annexe: str, heard: bytes | None) -> Checkpoint:
        receipt = await self._centre.ingest.state(annexe)
        return write_checkpoint(
            self._centre.identity.signing,
            acker=self._centre.identity.id,
            audience=annexe,
            counter=receipt.counter,
            echo=heard,
            held=receipt.held,
        )

    async def _annexe(self, annexe: str) -> Credential:
        """The credential of the machine that is the annexe now: whom bundles are sealed to."""
        held = [one for one in self._centre.trust.credentials() if one.kind == "annexe" and one.holder == annexe]
        held = [one for one in held if not self._centre.trust.standing(one, 0).is_revoked]
        async with self._centre.store.database.read() as connection:
            reader = in_force([one for one in held if one.sealing is not None], await machines_of(connection, annexe))
        if reader is None:
            raise OperatorError(
                f"No annexe {annexe} is admitted here, or its key was revoked: look at its name, or admit it first."
            )
        return reader

    async def take(self, stick: Stick, seen: Seen) -> Outcome:
        """Read all bundles on a stick that are for us, in the order in which they fit. Raises OperatorError."""
        await self._centre.learn()
        outcome = await take_stick(stick, self._reader, lambda: _File(self._centre).act, seen)
        for annexe in outcome.senders:  # which scans are wanted stands in the folded cases
            await self._centre.folder.fold(annexe)
        return await take_scans(stick, self._scan_reader, lambda: _File(self._centre, of_scans=True).act, outcome, seen)

    def _reader(self) -> BundleReader:
        return BundleReader("centre", self._centre.identity.id, self._opening, self._centre.trust)

    def _scan_reader(self) -> BundleReader:
        return BundleReader("centre", self._centre.identity.id, self._opening, self._centre.trust, scans=True)


class _Pieces:
    """The scans of one annexe, as a run of files asks for them."""

    def __init__(self, centre: Centre, annexe: str) -> None:
        self._centre = centre
        self._annexe = annexe

    async def piece_of(self, want: Want) -> tuple[bytes | None, bool]:
        return await self._centre.blobs.piece(self._annexe, want)


class _File:
    """One file being taken: whose it is, once its opening was read."""

    def __init__(self, centre: Centre, *, of_scans: bool = False) -> None:
        self._centre = centre
        self._of_scans = of_scans
        self._annexe = ""

    async def act(self, event: BundleEvent) -> int:
        """Take what the reader gave; returns how many records were new. Raises PeerError.

        A piece of a scan that is here, or that no case names, changes nothing.
        """
        match event:
            case BundleOpened():
                self._annexe = event.peer.holder
                if not self._of_scans:
                    await self._begin(event.opening)
            case BatchArrived():
                receipt = await self._centre.ingest.take(self._annexe, event.keys, event.records)
                return sum(one.outcome in KEPT for one in receipt.judged)
            case WantsArrived():
                memory = await self._centre.outgoing.memory(self._annexe)
                await self._centre.outgoing.remember(self._annexe, replace(memory, wanted=event.wants))
            case ChunkArrived():
                await self._centre.blobs.take(self._annexe, event)
        return 0

    async def _begin(self, opening: Opening) -> None:
        """Hear the annexe; its records must follow what is held here."""
        await self._hear(opening)
        streams = streams_of("edge", self._annexe)
        positions = {name: await self._centre.ingest.positions(self._annexe, name) for name in streams}
        check_after(opening, positions.__getitem__)

    async def _hear(self, opening: Opening) -> None:
        """Believe what the annexe says it holds, even where its records cannot be taken yet."""
        outgoing = self._centre.outgoing
        memory, given = await outgoing.memory(self._annexe), opening.given
        meaning = None if given is None else memory.judged(await outgoing.known(self._annexe), given)
        await outgoing.remember(self._annexe, memory.hearing(opening, meaning))
        if given is not None and meaning is not Judgement.STALE:
            await outgoing.keep(self._annexe, given, self._centre.now())
