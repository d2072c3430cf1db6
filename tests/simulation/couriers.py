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
from tests.simulation.machine import Machine, PowerCut
from tests.simulation.nodes import AnnexeMachine, CentreMachine

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


class Courier:
    """Carries between an annexe and the prefecture; `struck` counts what became of sticks, `broken` what may not."""

    def __init__(
        self,
        annexe: AnnexeMachine,
        centre: CentreMachine,
        chance: Random,
        *,
        struck: Callable[[str, AnnexeMachine], None],
        broken: list[str],
    ) -> None:
        self._annexe = annexe
        self._centre = centre
        self._chance = chance
        self._struck = struck
        self._broken = broken
        self._bag: list[MemoryStick] = []

    async def carry(self) -> None:
        """Some journeys, each as it happens to go."""
        for _ in range(self._chance.randrange(1, 5)):
            await self._wait()
            self._bag.append(MemoryStick(self._chance.choice([0, 2 * SMALLEST, 1 << 30])))
            await self._export_at_annexe(self._bag[-1])
            await self._wait()
            if self._chance.random() < 0.2:
                self._struck("stick lost", self._annexe)
                self._bag.pop()
            if self._bag:
                await self._at_prefecture(self._chance.choice(self._bag))
                await self._wait()
                await self._import_at_annexe(self._chance.choice(self._bag))

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
        try:
            outcome = await machine.ask(work)
        except (PowerCut, OperatorError):
            return  # the machine went dark, or its disk failed: another journey, or the line, brings it
        if outcome.full:
            self._struck("stick full", self._annexe)
        elif outcome.progress.of:
            self._struck(f"stick read by {'the prefecture' if machine is self._centre else 'the annexe'}", self._annexe)
        for one in outcome.refused:
            self._struck("stick early", self._annexe)
            if one.kind not in EXPECTED:
                self._broken.append(f"a stick's file was refused: {one.kind}: {one.sentence}")


def unseen(_progress: Progress) -> None:
    """Nobody watches."""
