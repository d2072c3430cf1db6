"""An annexe and a prefecture that meet by sticks alone: what a driver does, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.records.credentials import Credential
from protocol.records.keys import OpeningKey, seal_to
from protocol.sync.batches import SealedKey, Stored
from protocol.sync.bundle import BundleEnded, BundleEvent, BundleOpened, BundleReader
from protocol.sync.checkpoint import Checkpoint, Held, Judgement, Known, write_checkpoint
from protocol.sync.events import BatchArrived
from protocol.sync.hello import LocalIdentity, Role
from protocol.sync.memory import Memory, parse_memory
from protocol.sync.opening import Opening, check_after
from protocol.sync.outbound import Pull
from protocol.sync.packing import FILE_SIZE, Packer, Run
from tests.protocol.sync.support import NOW, Taker, World, Writer, seed


@dataclass
class Post:
    """One end: its log, what it took, and what it remembers of the other."""

    role: Role
    identity: LocalIdentity
    peer: Credential
    writer: Writer
    taker: Taker
    world: World
    memory: Memory = field(default_factory=Memory)
    believed: Checkpoint | None = None
    restored: int = 0

    def write(self, file_size: int = FILE_SIZE) -> list[bytes]:
        """A run: its files."""
        nonce = self.world.draw()
        known = self.believed
        self.memory = self.memory.asking(nonce, self.known())
        run = Run(nonce[-8:], self.memory.number, nonce, NOW, known.counter if known else None, self._given())
        packer = Packer(
            self.role, self.identity, self.peer, run, begin=known.held if known else (), file_size=file_size
        )
        files: list[bytes] = []
        waiting = self._read(packer)
        while True:
            data = packer.open(self.world.draw(), self.world.draw())
            while waiting is not None and packer.fits(waiting[1]):
                data += packer.add(*waiting, self._keys(packer, *waiting))
                waiting = self._read(packer)
            files.append(data + packer.close(more=waiting is not None))
            if waiting is None:
                return files

    def _read(self, packer: Packer) -> tuple[Pull, list[Stored]] | None:
        while (pull := packer.pull()) is not None:
            if records := self.writer.read(pull):
                return pull, records
            packer.nothing(pull)
        return None

    def _keys(self, packer: Packer, pull: Pull, records: list[Stored]) -> list[SealedKey]:
        assert self.peer.sealing is not None
        return [
            SealedKey(one, seal_to(self.peer.sealing, self.writer.keys[one], self.world.draw()))
            for one in packer.keys_wanted(pull, records)
        ]

    def _given(self) -> Checkpoint:
        self.taker.counter += 1
        return write_checkpoint(
            self.identity.signing,
            acker=self.identity.id,
            audience=self.peer.holder,
            counter=self.taker.counter,
            echo=self.memory.heard,
            held=self.taker.held(),
        )

    def reader(self) -> BundleReader:
        us = self.identity.id
        return BundleReader(self.role, us, OpeningKey(seed(us + "/x")), self.world.prefecture.trust())

    def take(self, data: bytes, block: int = 100_000) -> Opening:
        """Read one file; raises what the reader refuses."""
        opening: Opening | None = None
        for event in events(self.reader(), data, block):
            match event:
                case BundleOpened():
                    opening = event.opening
                    self.learn(opening)  # also from a file that is refused next: who asks must hear what is held
                    check_after(opening, self.positions)
                case BatchArrived():
                    self.taker.take(event)
                case BundleEnded():
                    pass
        assert opening is not None
        return opening

    def known(self) -> Known | None:
        return Known(self.believed.counter, self.believed.echo) if self.believed else None

    def learn(self, opening: Opening) -> None:
        memory, given = parse_memory(self.memory.encoded()), opening.given
        meaning = None if given is None else memory.judged(self.known(), given)
        self.memory = memory.hearing(opening, meaning)
        if given is not None and meaning is not Judgement.STALE:
            self.believed = given
            self.restored += meaning is Judgement.RESTORED

    def positions(self, stream: str) -> dict[bytes, int]:
        intake = self.taker.intakes[stream]
        return Held(stream, tuple(state.head for state in intake.states()), intake.held().holes).positions()

    def confirmed(self) -> bool:
        """Whether the other end said that it holds all that we wrote."""
        held = {one.stream: one for one in self.believed.held} if self.believed else {}
        return all(
            self.writer.read(Pull(name, held.get(name, Held(name)).heads(), (), 1 << 30)) == []
            for name in self.writer.streams
        )


def events(reader: BundleReader, data: bytes, block: int) -> list[BundleEvent]:
    found: list[BundleEvent] = []
    for start in range(0, len(data), block):
        found += reader.feed(data[start : start + block])
    return found + reader.finish()


def posts(world: World) -> tuple[Post, Post]:
    """The annexe's end and the prefecture's."""
    annexe = Post("edge", world.edge, world.centre.leaf, world.log, world.at_edge, world)
    prefecture = Post("centre", world.centre, world.edge.leaf, world.feeds, world.at_centre, world)
    return annexe, prefecture
