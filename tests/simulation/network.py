"""Lines between annexes and their prefecture: frames that take their time, come twice, or never.

A WebSocket keeps frames whole and in order, so most of this never happens on a healthy one. It is played for what lies
between two ends: proxies that buffer, lines that only look alive, ends of which one was restarted. A session may refuse
what comes and dial again; nothing may be lost or doubled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from central.sockets import LineDead
from edge.sync.answers import Refused, Unreachable
from edge.sync.link import HEARTBEAT_S, Cut
from edge.sync.meter import Carried
from tests.simulation.loop import NODE

NOTICED_S = 1.5 * HEARTBEAT_S
"""Until a ping that nobody answers has ended a connection (aiohttp waits half a heartbeat for the pong)."""


@dataclass
class Weather:
    """How a line behaves: seconds of delay, bytes a second, and the chances of each frame to suffer."""

    delay_s: float = 0.02
    rate: float = 1_000_000.0
    drop: float = 0.0
    duplicate: float = 0.0
    swap: float = 0.0
    cut: float = 0.0


class Faults(Protocol):
    """Who is told of each fault that struck, and may ask for one."""

    def struck(self, fault: str) -> None:
        """Count it."""

    def wanted(self) -> str | None:
        """What the next frame is to suffer, beside what the weather does."""

    @property
    def may_strike(self) -> bool:
        """Whether somebody is there whom a frame is for."""


@dataclass
class Line:
    """The way between one annexe and the prefecture. `is_up`: whether it can be dialled now."""

    chance: Random
    loop: asyncio.AbstractEventLoop
    faults: Faults
    weather: Weather = field(default_factory=Weather)
    is_up: bool = True
    dead: Callable[[str], Exception] = LineDead
    """What whoever answers hears of a dead line: the prefecture another word than an annexe that is followed."""
    lives: Callable[[], object] | None = None
    """What tells the lives of both ends apart, where they ask each other for a sign of life: a connection of which an
    end lost its power is cut after `HEARTBEAT_S`. None: nobody notices before something is sent."""
    loses: Callable[[bytes], bool] = lambda _frame: False
    """Frames that a story has lost on their way; weather is chance."""
    bytes_carried: int = 0
    _open: list[Pair] = field(default_factory=list)

    def join(self) -> Pair:
        """A new connection over this line."""
        pair = Pair(self)
        self._open.append(pair)
        return pair

    def cut(self) -> None:
        """Break what is open now; both ends notice, each when it next looks."""
        for pair in self._open:
            pair.cut()
        self._open.clear()

    def take_down(self) -> None:
        """Break it, and let nobody dial."""
        self.is_up = False
        self.cut()


class End:
    """One end of a connection: the `Socket` of either side, which differ in the error for a dead line alone."""

    def __init__(self, pair: Pair, dead: Callable[[str], Exception]) -> None:
        self._pair = pair
        self._dead = dead
        self._arrived: deque[bytes] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._sent = self._came = 0
        self.other: End
        self.closed = False

    def carried(self) -> Carried:
        """What it has cost so far."""
        return Carried(self._sent, self._came)

    async def send_frame(self, frame: bytes) -> None:
        """Put a frame on the line."""
        await asyncio.sleep(0)
        if self.closed or self._pair.is_cut:
            raise self._dead("the line is cut")
        self._sent += len(frame)
        self._pair.carry(self.other, frame)
        await asyncio.sleep(0)

    async def receive_frame(self) -> bytes | None:
        """The next frame; None once the other end has closed or the line is cut."""
        while not self._arrived:
            if self.closed or self._pair.is_cut:
                return None
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        frame = self._arrived.popleft()
        self._came += len(frame)
        return frame

    async def close(self) -> None:
        """Close; the other end sees it a moment later."""
        self.closed = True
        self._pair.later(self.other.hang_up)

    def fall_silent(self) -> None:
        """The machine behind this end has lost its power: its peer's heartbeat finds that out."""
        self._pair.later(self.other.hang_up, NOTICED_S)

    def hang_up(self) -> None:
        """The other end is gone."""
        self.closed = True
        self.wake()

    def arrive(self, frame: bytes) -> None:
        """A frame came."""
        if not self.closed:
            self._arrived.append(frame)
            self.wake()

    def wake(self) -> None:
        """Let whoever waits look again."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)


class Pair:
    """One connection over a line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._free_at = {True: 0.0, False: 0.0}
        self.is_cut = False
        self.edge = End(self, Cut)
        self.centre = End(self, line.dead)
        self.edge.other, self.centre.other = self.centre, self.edge
        if line.lives is not None:
            self._beat(line.lives, line.lives())

    def _beat(self, lives: Callable[[], object], began: object) -> None:
        if not self.is_cut and lives() != began:
            self.cut()
        if not (self.is_cut or self.edge.closed):
            self._at(self._line.loop.time() + HEARTBEAT_S, lambda: self._beat(lives, began))

    def cut(self) -> None:
        """Break it: what is under way never comes."""
        self.is_cut = True
        for end in (self.edge, self.centre):
            self.later(end.wake)

    def carry(self, to: End, frame: bytes) -> None:
        """Let a frame travel, and suffer."""
        line, weather, chance = self._line, self._line.weather, self._line.chance
        line.bytes_carried += len(frame)
        if line.loses(frame):
            return
        suffers = self._suffers(weather, chance) if line.faults.may_strike else ()
        for fault in suffers:
            line.faults.struck(fault)
        if "cut in a frame" in suffers:
            self.cut()
            return
        if "drop" in suffers:
            return
        times = 2 if "duplicate" in suffers else 1
        late = 2 * weather.delay_s if "reorder" in suffers else 0.0
        inward = to is self.centre
        begins = max(line.loop.time(), self._free_at[inward])
        self._free_at[inward] = begins + len(frame) / weather.rate
        for _ in range(times):
            self._at(self._free_at[inward] + weather.delay_s + late, lambda: self._arrive(to, frame))

    def _suffers(self, weather: Weather, chance: Random) -> tuple[str, ...]:
        """What a frame suffers: of those after which it never comes, one alone."""
        wanted = self._line.faults.wanted()
        for fault, odds in (("cut in a frame", weather.cut), ("drop", weather.drop)):
            if fault == wanted or chance.random() < odds:
                return (fault,)
        often = (("duplicate", weather.duplicate), ("reorder", weather.swap))
        return tuple(fault for fault, odds in often if fault == wanted or chance.random() < odds)

    def later(self, what: Callable[[], None], after_s: float = 0.0) -> None:
        """Do something after the line's delay, or later."""
        self._at(self._line.loop.time() + self._line.weather.delay_s + after_s, what)

    def _arrive(self, to: End, frame: bytes) -> None:
        if not self.is_cut:
            to.arrive(frame)

    def _at(self, when: float, what: Callable[[], None]) -> None:
        """In nobody's name: what is on the line travels on when its sender loses power."""
        context = Context()
        context.run(NODE.set, None)
        self._line.loop.call_at(when, what, context=context)


Answer = Callable[[bytes, End], bool]
"""What answers at the prefecture: given a hello and a socket it serves, or says that it does not want this annexe."""


class SimulatedDialler:
    """The uplink's way out (`edge.sync.link.Dials`) over a line; `answer` gives what answers there now, if anything."""

    patience_s = 30.0

    def __init__(self, line: Line, answer: Callable[[], Answer | None]) -> None:
        self._line = line
        self._answer = answer
        self.is_dialling = False
        """Whether a call is under way, or what came of it."""

    @asynccontextmanager
    async def dial(self, hello: bytes) -> AsyncIterator[End]:
        """A connection, closed at the end of the block; raises Unreachable or Refused."""
        self.is_dialling = True
        try:
            await asyncio.sleep(self._line.weather.delay_s)
            answer = self._answer()
            if not self._line.is_up or answer is None:
                raise Unreachable("nobody answers")
            pair = self._line.join()
            if not answer(hello, pair.centre):
                raise Refused("HTTP 401")
            try:
                yield pair.edge
            finally:
                await pair.edge.close()
        finally:
            self.is_dialling = False
