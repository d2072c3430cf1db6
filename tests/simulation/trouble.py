"""What strikes the machines, lines and disks of a run: by chance, and where a run has set out for it (`aims`).

Each fault is counted with the state that the machine was in when it struck.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

from tests.simulation.aims import DARK, DISK, FRAME, LAN, STICK, Aim
from tests.simulation.backups import Backups
from tests.simulation.machine import EARLIER, LATER, Machine
from tests.simulation.nodes import AnnexeMachine, CentreMachine
from tests.simulation.second import Second

EVERY_S = 10.0
"""Seconds between two strikes of chance, on the average; what a run sets out for comes on top."""

BY_CHANCE = (
    "power cut", "power cut", "line cut", "line down", "clock jump", "disk full", "write fails", "fsync fails",
    "power cut at the prefecture", "disk full at the prefecture", "write fails at the prefecture",
    "fsync fails at the prefecture", "back up", "card restored", "prefecture restored",
)  # fmt: skip
ON_LAN = ("LAN cut", "LAN down", "standby promoted", "standby promoted")


class Scene(Protocol):
    """The run, as far as it is struck."""

    @property
    def annexes(self) -> list[AnnexeMachine]:
        """Each annexe's first appliance."""

    @property
    def all_annexes(self) -> list[AnnexeMachine]:
        """Standbys too."""

    @property
    def serving(self) -> list[AnnexeMachine]:
        """The machines at which people work, one an annexe."""

    def struck(self, fault: str, annexe: AnnexeMachine, state: str | None = None) -> None:
        """Count a fault."""

    def may_wait(self, annexe: AnnexeMachine) -> bool:
        """Whether somebody at this annexe has asked for something and knows of no answer."""

    def promote(self) -> bool:
        """Let the standby take over; False where it cannot now."""

    def clone(self, annexe: AnnexeMachine) -> bool:
        """Copy an annexe's card into another machine; False where that cannot be now."""


class Trouble:
    """Of one run."""

    def __init__(
        self,
        scene: Scene,
        centre: CentreMachine,
        second: Second | None,
        backups: Backups,
        aims: list[Aim],
        chance: Random,
    ) -> None:
        self._scene = scene
        self._centre = centre
        self._second = second
        self._backups = backups
        self._chance = chance
        self._loop = centre.loop
        self._is_on = False
        self._aims = [one for one in aims if one.fault not in (*FRAME, *STICK)]
        self._frames = [one for one in aims if one.fault in FRAME]
        self._all = aims
        self._strikes: Mapping[str, Callable[[AnnexeMachine], bool]] = {
            "power cut": self._cut_power,
            "clock jump": self._jump,
            "card restored": self._restore_card,
            "card cloned": scene.clone,
            "prefecture restored": self._restore_prefecture,
            "standby promoted": lambda _annexe: scene.promote(),
            "line cut": self._cut_line,
            "line down": self._take_line_down,
            "line capped": self._cap_line,
            "LAN cut": self._cut_lan,
            "LAN down": self._take_lan_down,
            "power cut at the prefecture": self._cut_prefecture,
            "earlier release": lambda annexe: self._install(annexe, annexe, EARLIER),
            "later release": lambda annexe: self._install(annexe, annexe, LATER),
            "earlier release at the prefecture": lambda annexe: self._install(centre, annexe, EARLIER),
            "later release at the prefecture": lambda annexe: self._install(centre, annexe, LATER),
            "back up": self._back_up,
        }

    def end(self) -> None:
        """Nothing strikes any more."""
        self._is_on = False
        self._aims.clear()
        self._frames.clear()

    async def run(self) -> None:
        """Strike by chance, until cancelled."""
        faults = BY_CHANCE if self._second is None else BY_CHANCE + ON_LAN
        self._is_on = True
        self._prepare()
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / EVERY_S))
            fault, annexe = self._chance.choice(faults), self._chance.choice(self._scene.all_annexes)
            if fault == "power cut":
                annexe.cut_in = self._chance.randrange(1, 400)
            elif fault == "power cut at the prefecture":
                self._centre.cut_in = self._chance.randrange(1, 400)
            elif not self._off_line(fault, annexe):
                self.strike(fault, annexe)

    def strike(self, fault: str, annexe: AnnexeMachine) -> bool:
        """Let a fault strike; False where it cannot now."""
        if not self._is_on:
            return False
        state = annexe.on_lan() if fault in LAN else annexe.doing()
        strike = self._strikes.get(fault)
        if strike is None:
            self._fail_disk(fault, annexe)
        elif not strike(annexe):
            return False
        if fault not in ("power cut", "power cut at the prefecture", "back up"):  # counted where the power goes
            self._scene.struck(fault, annexe, state)
        return True

    # What a run has set out for

    def stepped(self, annexe: AnnexeMachine) -> None:
        """A machine is about to take a step: the one at which a fault should strike may have come."""
        if not (self._is_on and self._aims):
            return
        state, on_lan = annexe.doing(), annexe.on_lan()
        for aim in self._aims:
            if aim.state == (on_lan if aim.fault in LAN else state) and self._fits(aim, annexe):
                aim.steps -= 1
                if aim.steps <= 0:
                    self._try(aim, annexe)
                    return

    def went_dark(self, annexe: AnnexeMachine) -> None:
        """A machine has lost its power, and is started again within a second."""
        self._loop.call_later(self._chance.uniform(0.01, 0.9), self._while_dark, annexe)

    def _while_dark(self, annexe: AnnexeMachine) -> None:
        aim = next((one for one in self._aims if one.state == DARK and self._fits(one, annexe)), None)
        if aim is not None and not annexe.powered and aim.fault != "power cut":
            self._try(aim, annexe)

    def _try(self, aim: Aim, annexe: AnnexeMachine) -> None:
        self._aims.remove(aim)
        aim.tries -= 1
        if not self.strike(aim.fault, annexe) and aim.tries:
            aim.steps = 5
            self._aims.append(aim)

    def frame_fault(self, state: str) -> str | None:
        """What the next frame on a line is to suffer whose annexe is in this state."""
        aim = next((one for one in self._frames if one.state == state), None) if self._is_on else None
        if aim is None:
            return None
        aim.steps -= 10  # frames are fewer than steps
        if aim.steps > 0:
            return None
        self._frames.remove(aim)
        return aim.fault

    def _fits(self, aim: Aim, annexe: AnnexeMachine) -> bool:
        if aim.fault in LAN:
            return self._second is not None and annexe is self._second.standby
        if aim.fault == "standby promoted":
            return self._second is not None and annexe is self._second.first
        return not self._off_line(aim.fault, annexe)

    def _off_line(self, fault: str, annexe: AnnexeMachine) -> bool:
        """Whether this fault is not one of a machine that serves nobody."""
        return annexe not in self._scene.serving and fault not in (
            "power cut", "clock jump", *DISK, "card restored", "back up", *LAN,
        )  # fmt: skip

    def _prepare(self) -> None:
        """Bring about the states that would not come by themselves, and make the backups that will be restored."""
        for aim in self._all:
            at = self._chance.uniform(10.0, 70.0)
            if aim.state == DARK:
                self._loop.call_later(at, self._darken)
            elif aim.state in ("dialling", "waiting"):
                self._loop.call_later(at, self._redial)
            elif aim.state == "away" and self._second is not None:
                self._loop.call_later(at, self._second.lan.take_down)
                self._loop.call_later(at + 20.0, setattr, self._second.lan, "is_up", True)
            if aim.fault in ("card restored", "prefecture restored", "stick early"):
                for machine in (self._centre, *self._scene.all_annexes):
                    self._loop.call_later(self._chance.uniform(5.0, 30.0), self._backups.make, machine)

    def _darken(self) -> None:
        if self._is_on:
            self._chance.choice(self._scene.serving).cut_in = self._chance.randrange(1, 40)

    def _redial(self) -> None:
        if self._is_on:
            self._chance.choice(self._scene.serving).line.cut()

    # What strikes

    def _cut_power(self, annexe: AnnexeMachine) -> bool:
        annexe.cut_in = 1
        return True

    def _cut_prefecture(self, _annexe: AnnexeMachine) -> bool:
        if not self._centre.powered:
            return False
        self._centre.on_cut()
        self._centre.cut()
        return True

    def _cut_line(self, annexe: AnnexeMachine) -> bool:
        annexe.line.cut()
        return True

    def _take_line_down(self, annexe: AnnexeMachine) -> bool:
        annexe.line.take_down()
        self._loop.call_later(self._chance.uniform(1, 60), setattr, annexe.line, "is_up", True)
        return True

    def _cap_line(self, annexe: AnnexeMachine) -> bool:
        annexe.cap = self._chance.choice((2_000, 8_000, 30_000))
        self._loop.call_later(self._chance.uniform(5, 60), setattr, annexe, "cap", None)
        return True

    def _cut_lan(self, _annexe: AnnexeMachine) -> bool:
        if self._second is not None:
            self._second.lan.cut()
        return self._second is not None

    def _take_lan_down(self, _annexe: AnnexeMachine) -> bool:
        second = self._second
        if second is not None:
            second.lan.take_down()
            self._loop.call_later(self._chance.uniform(1, 60), setattr, second.lan, "is_up", True)
        return second is not None

    def _jump(self, annexe: AnnexeMachine) -> bool:
        annexe.offset_ms += self._chance.randrange(-3_600_000, 3_600_000)
        return True

    def _install(self, machine: Machine, _annexe: AnnexeMachine, release: int) -> bool:
        """Install the release before or after this one for a while: the machine starts anew."""
        if machine.release == release:
            return False
        machine.release = release
        machine.cut()
        self._loop.call_later(self._chance.uniform(5, 60), setattr, machine, "release", 0)
        return True

    def _back_up(self, annexe: AnnexeMachine) -> bool:
        return self._backups.make(self._chance.choice((annexe, self._centre)))

    def _restore_card(self, annexe: AnnexeMachine) -> bool:
        return not self._scene.may_wait(annexe) and self._backups.restore_annexe(annexe, self._centre)

    def _restore_prefecture(self, _annexe: AnnexeMachine) -> bool:
        return self._backups.restore_centre(self._centre, self._scene.serving)

    def _fail_disk(self, fault: str, annexe: AnnexeMachine) -> None:
        machine: Machine = self._centre if fault.endswith("at the prefecture") else annexe
        if fault.startswith("disk full"):
            machine.disk.full = True
            self._loop.call_later(self._chance.uniform(1, 30), machine.disk.make_room)
        elif fault.startswith("write fails"):
            machine.disk.fail_write = self._chance.randrange(1, 60)
        else:
            machine.disk.fail_sync = self._chance.randrange(1, 10)
