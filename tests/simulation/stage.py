"""Where a story is played: a prefecture, the machines of one annexe, and what a story lets happen to them.

Nothing goes wrong by chance here; the seed only decides what people type, and in which order ready callbacks run.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from central.store import branches as at_centre
from central.store import schema
from central.store.database import SQLITE
from central.store.machines import SUPERSEDED, machines_of
from central.store.restoration import mark
from central.store.setbacks import standing
from edge.store import branches as at_edge
from edge.store.post import NotTheWriter
from edge.sync.link import Cut
from protocol.errors import OperatorError
from protocol.sync.branches import Branch
from tests.edge.web.support import PROCEDURES
from tests.protocol.sync.support import make_prefecture
from tests.simulation.disk import Disk
from tests.simulation.invariants import broken, unsound
from tests.simulation.loop import SimulatedLoop
from tests.simulation.machine import Machine
from tests.simulation.network import Line
from tests.simulation.nodes import AnnexeMachine, CentreMachine
from tests.simulation.oracle import Oracle
from tests.simulation.people import People

ANNEXE = "berkane-05"
REST_S = 1800.0
"""Seconds of simulated time in which two machines must have told each other everything."""


@dataclass
class Told:
    """What came of a story: its steps in words, and a sentence for each thing that does not hold."""

    steps: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Nobody:
    """Who is told of faults where none are played."""

    may_strike = False

    def struck(self, fault: str) -> None:
        """Count it."""

    def wanted(self) -> None:
        """Nothing is."""


class Stage:
    """Made for one story. Every step says what it did."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.told = Told()
        self._chance = Random(seed)
        self._loop = SimulatedLoop(self._fork())
        self._oracle = Oracle()
        self._folder = folder
        self._prefecture = make_prefecture()
        self._backups = 0
        self._versions = 0
        self.centre = CentreMachine(self._prefecture, folder, self._fork(), self._loop)
        self.machines: list[AnnexeMachine] = []
        self._people: dict[str, People] = {}

    def play(self, story: Callable[[Stage], Awaitable[None]]) -> Told:
        """Play a story to its end, and check what must hold."""
        try:
            self._loop.run_until_complete(self._play(story))
        except Exception as error:  # whatever it is, it is what the story shows
            self.told.broken.append(f"{type(error).__name__}: {error}")
        for machine in self.machines:
            if machine.powered:
                self.told.broken += asyncio.run(unsound(machine))
        self.told.broken += self._loop.errors
        for one in (self.centre, *self.machines):
            one.powered = False
            one.disk.leave()
        return self.told

    async def _play(self, story: Callable[[Stage], Awaitable[None]]) -> None:
        await self.centre.start()
        await story(self)
        centre = self.centre.centre
        if centre is None:
            self.told.broken.append("the prefecture is not running")
            return
        at_work = [machine for machine in self.machines if machine.powered]
        lost = [machine for machine in self.machines if not machine.powered]
        self.told.broken += [sentence async for sentence in broken(self._oracle, centre, at_work, lost)]

    def say(self, step: str) -> None:
        """Tell a step."""
        self.told.steps.append(step)

    def expect(self, holds: bool, sentence: str) -> None:
        """Check something; `sentence` says what should hold."""
        self.told.steps.append(f"  {'holds' if holds else 'DOES NOT HOLD'}: {sentence}")
        if not holds:
            self.told.broken.append(sentence)

    async def machine(self, name: str, *, card: Disk | None = None) -> AnnexeMachine:
        """Put an appliance with the annexe's identity to work, on an empty card or the one given; its cable is out."""
        made = AnnexeMachine(ANNEXE, self._prefecture, self._folder, self._fork(), self._loop, name=name)
        made.line = Line(self._fork(), self._loop, Nobody(), is_up=False)
        made.answer = self.centre.answering
        if card is not None:
            made.take_in(card)
        self.machines.append(made)
        self._people[name] = People(made, self._oracle, self._fork())
        await made.start()
        return made

    async def standby(self, name: str, followed: AnnexeMachine) -> AnnexeMachine:
        """Put a standby with keys of its own and the next epoch to work, which the prefecture has admitted; the LAN to
        the machine that it follows is up, its cable to the prefecture is out."""
        centre, epoch = self.centre.centre, followed.epoch + 1
        assert centre is not None
        leaf = self._prefecture.credential("annexe", ANNEXE, name, epoch=epoch)
        await self.centre.ask(centre.publish_credentials([self._prefecture.issuer, leaf]))
        made = AnnexeMachine(
            ANNEXE, self._prefecture, self._folder, self._fork(), self._loop, name=name, keys=name, epoch=epoch
        )
        made.line = Line(self._fork(), self._loop, Nobody(), is_up=False)
        made.answer = self.centre.answering
        made.lan, made.followed = Line(self._fork(), self._loop, Nobody(), dead=Cut), followed.following
        self.machines.append(made)
        self._people[name] = People(made, self._oracle, self._fork())
        await made.start()
        return made

    async def in_step(self, machine: AnnexeMachine) -> None:
        """Wait until a machine's standby holds all that it wrote."""
        until = self._loop.time() + REST_S
        while self._loop.time() < until:
            await asyncio.sleep(1.0)
            if machine.mirror is not None and machine.mirror.state.in_step:
                return
        self.told.broken.append(f"the standby of {machine.name} does not catch up")

    async def may_write(self, machine: AnnexeMachine) -> bool:
        """Try to write at a machine."""
        try:
            await self._people[machine.name].once()
        except NotTheWriter:
            return False
        return True

    async def epochs(self) -> list[int]:
        """The epochs of the annexe's machines as the prefecture knows them, the one in force first."""
        centre = self.centre.centre
        assert centre is not None
        async with centre.store.database.read() as connection:
            return [one.epoch for one in await machines_of(connection, ANNEXE)]

    async def superseded(self) -> int:
        """How many records the prefecture flags for they came from who was replaced."""
        centre = self.centre.centre
        assert centre is not None
        table = schema.records
        query = select(func.count()).where(table.c.annexe == ANNEXE, table.c.flags.contains(SUPERSEDED))
        async with centre.store.database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    def copy(self, machine: Machine) -> Disk:
        """Copy a machine's disk, as it is now, whether it runs or not."""
        self._backups += 1
        return machine.disk.copy(self._folder / f"backup.{self._backups}")

    async def restore(self, machine: Machine, backup: Disk) -> None:
        """Cut a machine's power, put the backup in, and start it."""
        machine.cut()
        machine.take_in(backup)
        await machine.start()

    async def restore_centre(self, backup: Disk) -> None:
        """Restore the prefecture as `mulhaqa-central restore` does: an annexe must be heard first."""
        database = sqlite3.connect(backup.folder / SQLITE)
        mark(database, "prefecture")
        database.close()
        await self.restore(self.centre, backup)

    async def may_publish(self) -> bool:
        """Try to publish; the version that is tried is the next one again if it may not."""
        try:
            await self.publish()
        except OperatorError:
            self._versions -= 1
            return False
        return True

    async def work(self, machine: AnnexeMachine, citizens: int = 2) -> None:
        """Let citizens come, and an agent be added."""
        people = self._people[machine.name]
        await asyncio.gather(people.administrator(), *(people.citizen(number) for number in range(citizens)))

    async def publish(self) -> None:
        """Publish the next version of a procedure."""
        centre = self.centre.centre
        assert centre is not None
        self._versions += 1
        await self.centre.ask(centre.feeds.publish_procedure({**PROCEDURES[0], "version": self._versions}))

    async def meet(self, machine: AnnexeMachine) -> None:
        """Plug the cable in until both have told each other everything, and pull it again."""
        await self.plug_in(machine)
        await self.rest(machine)
        await self.unplug(machine)

    async def work_and_meet(self, machine: AnnexeMachine) -> None:
        """Let people come, then tell the prefecture of it."""
        await self.work(machine)
        await self.meet(machine)

    async def plug_in(self, machine: AnnexeMachine) -> None:
        """Plug the cable in."""
        machine.line.is_up = True
        machine.dial_now()

    async def unplug(self, machine: AnnexeMachine) -> None:
        """Pull the cable, and give both ends a moment to notice."""
        machine.line.take_down()
        await asyncio.sleep(1.0)

    async def rest(self, machine: AnnexeMachine) -> None:
        """Wait until a machine and the prefecture have nothing more for each other."""
        until = self._loop.time() + REST_S
        while self._loop.time() < until:
            await asyncio.sleep(5.0)
            if machine.is_at_rest:
                await asyncio.sleep(60.0)
                return
        self.told.broken.append(f"{machine.name} and the prefecture do not come to rest")

    async def branches(self, machine: AnnexeMachine) -> list[Branch]:
        """The branches of the annexe's streams that a machine reports."""
        store = machine.store
        assert store is not None
        async with store.reading() as reader:
            return await at_edge.branches_of(reader, (f"{ANNEXE}/cases", f"{ANNEXE}/office"))

    async def branches_at_centre(self) -> list[Branch]:
        """The branches of the annexe's streams that the prefecture reports."""
        centre = self.centre.centre
        assert centre is not None
        async with centre.store.database.read() as connection:
            streams = (f"{ANNEXE}/cases", f"{ANNEXE}/office")
            return await at_centre.branches_of(connection, ANNEXE, streams)

    async def feed_branches(self) -> list[Branch]:
        """The branches of the prefecture's own feed."""
        centre = self.centre.centre
        assert centre is not None
        async with centre.store.database.read() as connection:
            return await at_centre.branches_of(connection, centre.identity.id, ("all",))

    async def told_put_back(self) -> tuple[bool, int]:
        """Whether the prefecture's page tells that it was put back, and how often its feed has parted."""
        centre = self.centre.centre
        assert centre is not None
        found = await standing(centre.store, centre.identity.id, centre.now())
        return found.setback is not None, found.parted

    def _fork(self) -> Random:
        return Random(self._chance.getrandbits(64))
