"""Somebody who carries sticks between an annexe and the prefecture: they come late, twice, out of order, or never.

A stick is a folder in memory: what a file holds is there once it is whole, and one that runs full keeps what is whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from protocol.errors import OperatorError
from protocol.sync.carrying import NewFile, Outcome, Progress, StickFull
from protocol.sync.packing import SMALLEST, SUFFIX
from tests.simulation.aims import DARK, Aim
from tests.simulation.machine import Machine, PowerCut
from tests.simulation.nodes import AnnexeMachine, CentreMachine

ROOMY = 1 << 30

TRIES = 100
"""Looks whether what a courier waits for has come: some twenty seconds in all."""

EXPECTED = frozenset({"bundle-gap"})
"""How a file may be refused though nobody touched it: an earlier one has not come."""


@dataclass
class MemoryFile:
    """A file of a stick."""

    name: str
    data: bytes

    async def blocks(self) -> AsyncIterator[bytes]:
        """Its bytes; whoever reads gives way after each block."""
        for start in range(0, len(self.data), 50_000):
            await asyncio.sleep(0.01)
            yield self.data[start : start + 50_000]


class _Growing:
    def __init__(self, stick: MemoryStick) -> None:
        self._stick = stick
        self.data = b""

    async def write(self, data: bytes) -> None:
        await asyncio.sleep(0.01)
        self.data += data
        if self._stick.size + len(self.data) > self._stick.room:
            raise StickFull("the stick is full")


@dataclass
class MemoryStick:
    """A stick with room for so many bytes."""

    room: int
    held: list[MemoryFile] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return sum(len(one.data) for one in self.held)

    @asynccontextmanager
    async def new_file(self, name: str) -> AsyncIterator[NewFile]:
        """A file that is there once the block ended."""
        growing = _Growing(self)
        yield growing
        self.held.append(MemoryFile(name, growing.data))

    async def files(self, suffix: str = SUFFIX) -> Sequence[MemoryFile]:
        """What is there."""
        return [one for one in self.held if one.name.endswith(suffix)]


@dataclass
class Desk:
    """What a courier tells: `struck` counts what became of sticks, and in which state; `broken` takes what may not be.
    `restore` tries to restore the prefecture."""

    struck: Callable[[str, AnnexeMachine, str], None]
    broken: list[str]
    restore: Callable[[AnnexeMachine], bool]


class Courier:
    """Carries between an annexe and the prefecture."""

    def __init__(self, annexe: AnnexeMachine, centre: CentreMachine, chance: Random, desk: Desk) -> None:
        self._annexe = annexe
        self._centre = centre
        self._chance = chance
        self._desk = desk
        self._bag: list[MemoryStick] = []

    async def carry(self) -> None:
        """Some journeys, each as it happens to go."""
        for _ in range(self._chance.randrange(1, 5)):
            await self._wait()
            self._bag.append(MemoryStick(self._chance.choice([0, 2 * SMALLEST, ROOMY])))
            await self._export_at_annexe(self._bag[-1])
            await self._wait()
            if self._chance.random() < 0.2:
                self._desk.struck("stick lost", self._annexe, self._annexe.doing())
                self._bag.pop()
            if self._bag:
                await self._at_prefecture(self._chance.choice(self._bag))
                await self._wait()
                await self._import_at_annexe(self._chance.choice(self._bag))

    async def aim(self, aim: Aim) -> None:
        """One journey on which something is to happen while the annexe is in some state."""
        stick = MemoryStick(0 if aim.fault == "stick full" else ROOMY)
        await asyncio.sleep(self._chance.uniform(20.0, 50.0))
        if aim.fault in ("stick early", "stick read by the annexe", "stick read by the prefecture"):
            await self._export_at_annexe(stick)
        if aim.fault == "stick read by the annexe":
            await self._at_prefecture(stick)
        if aim.fault == "stick early" and not await self._lost_at_prefecture(aim.state):
            return
        if not await self._comes_to(aim.state):
            return
        if aim.fault == "stick lost":
            self._desk.struck("stick lost", self._annexe, aim.state)
        elif aim.fault == "stick read by the annexe":
            await self._import_at_annexe(stick)
        elif aim.fault == "stick full" and self._annexe.sticks is not None:
            await self._export_at_annexe(stick)
        else:
            await self._at_prefecture(stick)

    async def _lost_at_prefecture(self, state: str) -> bool:
        """Have the prefecture restored from a backup that lacks what goes before the stick; False if it cannot be."""
        for _ in range(TRIES):
            if self._desk.restore(self._annexe):
                break
            await asyncio.sleep(0.25)
        else:
            return False
        if state in ("waiting", "dialling"):
            self._annexe.line.cut()
        for _ in range(TRIES):
            await asyncio.sleep(0.1)
            if self._centre.sticks is not None:
                break
        if state == DARK:
            self._annexe.cut()
        return True

    async def _comes_to(self, state: str) -> bool:
        for _ in range(TRIES * 5):
            if self._annexe.doing() == state:
                return True
            await asyncio.sleep(0.05)
        return False

    async def _wait(self) -> None:
        await asyncio.sleep(self._chance.expovariate(0.1))

    async def _export_at_annexe(self, stick: MemoryStick) -> None:
        sticks = self._annexe.sticks
        if sticks is not None:
            await self._ask(self._annexe, sticks.export(stick, unseen, file_size=SMALLEST))

    async def _import_at_annexe(self, stick: MemoryStick) -> None:
        sticks = self._annexe.sticks
        if sticks is not None:
            await self._ask(self._annexe, sticks.take(stick, unseen))

    async def _at_prefecture(self, stick: MemoryStick) -> None:
        sticks = self._centre.sticks
        if sticks is not None:
            await self._ask(self._centre, sticks.take(stick, unseen))
        sticks = self._centre.sticks
        if sticks is not None:
            await self._ask(self._centre, sticks.export(self._annexe.annexe, stick, unseen, file_size=SMALLEST))

    async def _ask(self, machine: Machine, work: Coroutine[Any, Any, Outcome]) -> None:
        state = self._annexe.doing()
        try:
            outcome = await machine.ask(work)
        except (PowerCut, OperatorError):
            return  # the machine went dark, or its disk failed: another journey, or the line, brings it
        if outcome.full:
            self._desk.struck("stick full", self._annexe, state)
        elif outcome.progress.of:
            where = "the prefecture" if machine is self._centre else "the annexe"
            self._desk.struck(f"stick read by {where}", self._annexe, state)
        for one in outcome.refused:
            self._desk.struck("stick early", self._annexe, state)
            if one.kind not in EXPECTED:
                self._desk.broken.append(f"a stick's file was refused: {one.kind}: {one.sentence}")


def unseen(_progress: Progress) -> None:
    """Nobody watches."""
