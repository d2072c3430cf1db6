"""A machine of a run: it has lives, a clock and a disk, and its power can be cut at any step.

The next life begins on what its disk kept. People who wait for an answer of a machine that lost its power hear nothing,
and ask again with the same command.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from pathlib import Path
from random import Random
from typing import Any

from protocol.errors import MulhaqaError
from tests.protocol.sync.support import NOW
from tests.simulation.disk import Disk
from tests.simulation.loop import NODE

EARLIER, THIS, LATER = -1, 0, 1
"""Releases, counted from this one."""


class PowerCut(Exception):
    """The machine that was asked lost its power before it answered."""


class Machine(ABC):
    """A node. `cut_in`: how many steps from now its power is cut (None: not)."""

    def __init__(self, name: str, folder: Path, chance: Random, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.powered = False
        self.cut_in: int | None = None
        self.offset_ms = 0
        self.release = self.runs = THIS  # what is installed, and what runs since the last start
        self.lives = 0
        self.refused = ""
        self.disk = Disk(folder / f"{name}.0")
        self.disk.folder.mkdir(parents=True)
        self.on_cut: Callable[[], None] = lambda: None
        self._folder = folder
        self._folders = itertools.count(1)
        self._chance = chance
        self._loop = loop
        self._asked: dict[asyncio.Future[Any], None] = {}  # in order, as a set of futures is not

    def now(self) -> int:
        """Its own clock, milliseconds since the epoch."""
        return NOW + int(self._loop.time() * 1000) + self.offset_ms

    def entropy(self) -> Callable[[int], bytes]:
        """Random bytes, others in each life."""
        drawn, life = itertools.count(), self.lives

        def draw(size: int) -> bytes:
            text = f"{self._chance.getrandbits(64)}/{self.name}/{life}/{next(drawn)}"
            return hashlib.shake_256(text.encode()).digest(size)

        return draw

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """What it runs on."""
        return self._loop

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for its answer."""
        return bool(self._asked)

    def stepped(self) -> None:
        """Count towards the power cut that was asked for."""
        if self.cut_in is not None:
            self.cut_in -= 1
            if self.cut_in <= 0:
                self.cut_in = None
                self.on_cut()
                self.cut()

    @abstractmethod
    async def start(self) -> None:
        """Begin a life; raises PowerCut, or OperatorError when what the disk kept cannot serve."""

    @property
    @abstractmethod
    def failed(self) -> MulhaqaError | None:
        """Why it stopped by itself, if it did: its disk failed, and only a new start may trust it again."""

    def cut(self) -> None:
        """Cut the power, now."""
        if not self.powered:
            return
        self.powered = False
        self.disk = self.disk.cut(self._chance, self.new_folder())
        for asked in list(self._asked):
            if not asked.done():
                asked.set_exception(PowerCut(self.name))
        self._asked.clear()

    def take_in(self, disk: Disk) -> None:
        """Put another disk into the machine, whose power is off: a backup that was restored, a copy of a card."""
        if self.powered:
            raise AssertionError("a disk is changed without power")
        self.disk.leave()
        self.disk = disk

    def new_folder(self) -> Path:
        """A folder for the next life, or for another machine's first."""
        return self._folder / f"{self.name}.{next(self._folders)}"

    def begin(self, life: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something as this machine."""
        context = copy_context()
        context.run(NODE.set, self)
        return context.run(self._loop.create_task, life)

    async def ask(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Have the machine do something and wait for its answer; raises PowerCut, or what the work raised."""
        if not self.powered:
            work.close()
            raise PowerCut(self.name)
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._asked[answer] = None

        async def doing() -> None:
            try:
                result = await work
            except Exception as error:
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(result)

        self.begin(doing())
        try:
            return await answer
        finally:
            self._asked.pop(answer, None)
