"""One run: a prefecture, some annexes, people who work there, and everything that goes wrong, all from one seed.

For `TROUBLE_S` seconds faults strike; then all is mended, and the run must come to rest with every invariant holding.
Each fault is counted with what the annexe's uplink was doing when it struck.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from central.centre import Centre
from protocol.errors import OperatorError
from tests.edge.web.support import PROCEDURES
from tests.protocol.sync.support import Prefecture, make_prefecture
from tests.simulation.aims import STICK, drawn
from tests.simulation.backups import Backups, has_all_feeds, scans_awaited
from tests.simulation.clones import Clones
from tests.simulation.couriers import Courier, Desk
from tests.simulation.invariants import broken, unsound
from tests.simulation.loop import SimulatedLoop
from tests.simulation.machine import THIS, Machine, PowerCut
from tests.simulation.network import Line, Weather
from tests.simulation.nodes import AnnexeMachine, CentreMachine
from tests.simulation.oracle import Oracle
from tests.simulation.people import People
from tests.simulation.publishing import MISTAKEN, publish, publish_mistake
from tests.simulation.rivals import Dispute, Rival
from tests.simulation.scanners import Looker, Scanner, unseen
from tests.simulation.second import Second, wanted
from tests.simulation.trouble import Trouble

TROUBLE_S = 90.0
"""Seconds of simulated time in which faults strike: by then most people have what they came for."""

REST_S = 3600.0
"""Seconds of simulated time in which everything must have come to rest once all is mended: a working hour."""

NOBODY = ("dark", "waiting")
"""States in which no frame is for the annexe."""

MEMORY = Path("/dev/shm")  # noqa: S108 - the disks are simulated: they lie in memory, in a folder of the run's own


@dataclass
class Report:
    """What came of a run. `broken`: a sentence for each thing that does not hold."""

    seed: int
    broken: list[str] = field(default_factory=list)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    confirmed: int = 0
    seconds: float = 0.0


class World:
    """Made for one run, and used up by it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.report = Report(seed)
        self._chance = Random(seed)
        self._loop = SimulatedLoop(self._fork())
        self._oracle = Oracle()
        self._mended = False
        self._backups = Backups(folder, self._fork())
        self._folder = folder
        prefecture = make_prefecture()
        self._centre = CentreMachine(prefecture, folder, self._fork(), self._loop)
        names = [f"berkane-{number:02d}" for number in range(1, 2 + self._chance.randrange(2))]
        self._annexes = [AnnexeMachine(name, prefecture, folder, self._fork(), self._loop) for name in names]
        for annexe in self._annexes:
            annexe.line = Line(self._fork(), self._loop, _Struck(self, annexe), self._weather())
            annexe.answer = self._centre.answering
            annexe.on_cut = self._counter("power cut", annexe)
        self._centre.on_cut = self._counter("power cut at the prefecture", self._annexes[0])
        self._prefecture = prefecture
        self._at_work: dict[str, list[People]] = {}
        self._working: list[asyncio.Future[None]] = []
        self._keepers: list[asyncio.Future[None]] = []
        self._second = self._make_second(prefecture, folder)
        self._clones = Clones(self._make_clone, self._fork())
        self._aims = drawn(Random(f"aims of {seed}"), has_second=self._second is not None)
        self._trouble = Trouble(self, self._centre, self._second, self._backups, self._aims, self._fork())
        for annexe in self.all_annexes:
            annexe.stepping, annexe.darkening = self._trouble.stepped, self._trouble.went_dark

    def _make_second(self, prefecture: Prefecture, folder: Path) -> Second | None:
        chance = wanted(self.report.seed)
        if chance is None:
            return None
        first, apart = self._annexes[0], [Random(chance.getrandbits(64)) for _ in range(4)]
        standby = AnnexeMachine(
            first.annexe, prefecture, folder, apart[0], self._loop, name=f"{first.name}-standby",
            keys=f"{first.name}-standby", epoch=2,
        )  # fmt: skip
        standby.line = Line(apart[1], self._loop, _Struck(self, standby), self._annexes[0].line.weather)
        standby.answer = self._centre.answering
        standby.on_cut = self._counter("power cut", standby)
        return Second(first, standby, apart[2], _StruckOnLan(self, standby))

    def _make_clone(self, annexe: AnnexeMachine) -> AnnexeMachine:
        clone = AnnexeMachine(
            annexe.annexe, self._prefecture, self._folder, self._fork(), self._loop, name=f"{annexe.name}-clone"
        )
        clone.take_in(annexe.disk.copy(clone.new_folder()))
        clone.line = Line(self._fork(), self._loop, _Struck(self, clone), annexe.line.weather)
        clone.answer = self._centre.answering
        clone.on_cut = self._counter("power cut", clone)
        clone.stepping, clone.darkening = self._trouble.stepped, self._trouble.went_dark
        return clone

    def run(self) -> Report:
        """Run to the end; everything that does not hold is in the report."""
        try:
            self._loop.run_until_complete(self._story())
        except Exception as error:  # whatever it is, the seed that shows it is worth more than the traceback
            self.report.broken.append(f"{type(error).__name__}: {error}")
        for annexe in self.all_annexes:
            self.report.broken += SimulatedLoop(self._fork()).run_until_complete(unsound(annexe))
        self.report.broken += self._loop.errors
        self.report.seconds = self._loop.time()
        for machine in self._machines:
            machine.powered = False
            machine.disk.leave()
        return self.report

    @property
    def _machines(self) -> list[Machine]:
        return [self._centre, *self.all_annexes]

    @property
    def all_annexes(self) -> list[AnnexeMachine]:
        """Standbys and clones too."""
        second = [] if self._second is None else [self._second.standby]
        return [*self._annexes, *second, *self._clones.of.values()]

    @property
    def annexes(self) -> list[AnnexeMachine]:
        """Each annexe's first appliance."""
        return self._annexes

    @property
    def serving(self) -> list[AnnexeMachine]:
        """The machines at which people work, one an annexe."""
        second = self._second
        return self._annexes if second is None else [second.serving, *self._annexes[1:]]

    async def _story(self) -> None:
        for machine in self._machines:
            await self._begin(machine)
        await self._admit_second()
        self._working += [asyncio.ensure_future(one) for one in self._people()]
        self._keepers += [asyncio.ensure_future(self._keep(machine)) for machine in self._machines]
        trouble = asyncio.ensure_future(self._trouble.run())
        lookers = [asyncio.ensure_future(one) for one in self._lookers()]
        await asyncio.sleep(TROUBLE_S)
        trouble.cancel()
        self._mend()
        await asyncio.gather(*self._working)
        self.report.broken += await self._clones.find()
        await self._rest()
        for looker in lookers:
            looker.cancel()
        for keeper in self._keepers:
            keeper.cancel()
        centre = self._centre.centre
        if centre is None:
            self.report.broken.append("the prefecture is not running")
            return
        lost = [one for one in self.all_annexes if one not in self.serving]
        self.report.broken += [sentence async for sentence in broken(self._oracle, centre, self.serving, lost)]
        self.report.broken += [] if self._second is None else self._second.broken()
        self.report.broken += [sentence async for sentence in unseen(self._oracle, self._centre, self.serving)]
        self.report.confirmed = len(self._oracle.cases) + len(self._oracle.accounts) + len(self._oracle.staff)

    async def _admit_second(self) -> None:
        if self._second is not None:
            standby = self._second.standby
            first = self._prefecture.credential("annexe", standby.annexe)
            second = self._prefecture.credential("annexe", standby.annexe, standby.keys, epoch=standby.epoch)
            await self._second.admit(self._centre, [self._prefecture.issuer, first, second])

    def _people(self) -> list[Awaitable[None]]:
        working: list[Awaitable[None]] = [self._publisher()]
        for annexe in self._annexes:
            people = People(annexe, self._oracle, self._fork())
            self._at_work[annexe.name] = [people]
            working += [people.citizen(number) for number in range(self._chance.randrange(1, 6))]
            working.append(people.clumsy())
            working += [people.administrator() for _ in range(self._chance.randrange(3))]
        return working + self._couriers() + self._scanners()

    def _couriers(self) -> list[Awaitable[None]]:
        """In half of the runs somebody carries sticks as well, and in those that have set out for it; drawn apart, so
        that the others play as ever."""
        chance = Random(f"couriers of {self.report.seed}")
        desk = Desk(self.struck, self.report.broken, lambda one: self._trouble.strike("prefecture restored", one))
        aims = [one for one in self._aims if one.fault in STICK]
        often = chance.random() < 0.5
        couriers = [Courier(one, self._centre, Random(chance.getrandbits(64)), desk) for one in self._annexes]
        return [*(one.carry() for one in couriers if often), *(chance.choice(couriers).aim(aim) for aim in aims)]

    def _scanners(self) -> list[Awaitable[None]]:
        """In half of the runs somebody scans, where no standby takes over: scans do not follow to one.

        Drawn apart, so that the other half plays as ever.
        """
        chance = Random(f"scanners of {self.report.seed}")
        if chance.random() < 0.5:
            return []
        alone = [one for one in self._annexes if self._second is None or one is not self._second.first]
        scanners = [Scanner(one, self._oracle, Random(chance.getrandbits(64))) for one in alone]
        for one, scanner in zip(alone, scanners, strict=True):
            self._at_work[one.name].append(scanner.people)
        return [scanner.work() for scanner in scanners]

    def _lookers(self) -> list[Awaitable[None]]:
        """Who looks at scans while they come; it changes nothing where there are none."""
        chance = Random(f"scanners of {self.report.seed}")
        if chance.random() < 0.5:
            return []
        return [Looker(self._centre, self._oracle, chance, self.report.broken).watch()]

    async def _publisher(self) -> None:
        mistakes = Random(f"mistakes of {self.report.seed}")
        for version in range(1, 1 + self._chance.randrange(4)):
            await asyncio.sleep(self._chance.expovariate(0.1))
            if mistakes.random() < MISTAKEN:
                await publish_mistake(self._centre, self._prefecture, version)
            document = {**self._chance.choice(PROCEDURES), "version": version}
            await publish(self._centre, partial(_publish_procedure, document))

    async def _begin(self, machine: Machine) -> None:
        """Start a machine, as the service manager does: again and again; why it would not is told at the end."""
        try:
            await machine.start()
        except PowerCut:
            return
        except OperatorError as error:
            machine.refused = str(error)
            machine.cut()
        else:
            machine.refused = ""

    async def _keep(self, machine: Machine) -> None:
        """Start a machine again whenever it is dark, or its store has stopped."""
        while True:
            await asyncio.sleep(1.0)
            if machine.failed is not None:
                machine.cut()
            is_off = self._second is not None and machine in self._second.off
            if not machine.powered and not is_off and machine not in self._clones.off:
                await self._begin(machine)

    def may_wait(self, annexe: AnnexeMachine) -> bool:
        """Whether somebody at this annexe has asked for something and knows of no answer."""
        return any(one.is_waiting for one in self._at_work.get(annexe.name, []))

    def promote(self) -> bool:
        """Let the standby take over, if nobody waits for an answer; the old machine's backups are of another time."""
        second = self._second
        if second is None or not second.may_be_promoted(people := self._at_work[second.first.name]):
            return False
        for machine in (second.first, second.standby):
            self._backups.forget(machine)
        self._promoting = asyncio.ensure_future(second.promote(people))
        return True

    def clone(self, annexe: AnnexeMachine) -> bool:
        """Copy an annexe's card into another machine, at which people work too; not where there is a standby."""
        if self._mended or annexe not in self._annexes or (self._second is not None and annexe is self._second.first):
            return False
        clone = self._clones.clone(annexe)
        if clone is None:
            return False
        people = People(clone, self._oracle, self._fork())
        self._at_work[clone.name] = [people]
        self._working += [asyncio.ensure_future(one) for one in (people.citizen(7), people.administrator())]
        self._keepers.append(asyncio.ensure_future(self._keep(clone)))
        self._rival(annexe, clone)
        return True

    def _rival(self, *machines: AnnexeMachine) -> None:
        """Let somebody work at each of them on the same people."""
        chance = Random(f"rivals of {self.report.seed} at {machines[0].name}")
        accounts = [account for account, where in self._oracle.accounts.items() if where == machines[0].annexe]
        dispute = Dispute.about(accounts, chance)
        for machine in machines:
            rival = Rival(machine, self._oracle, dispute, Random(chance.getrandbits(64)))
            self._at_work[machine.name].append(rival.people)
            self._working.append(asyncio.ensure_future(rival.work()))

    def _mend(self) -> None:
        self._mended = True
        self._trouble.end()
        for machine in self._machines:
            machine.cut_in = None
            machine.disk.mend()
        for annexe in self.all_annexes:
            annexe.line.is_up = True
            annexe.line.weather = Weather()
            annexe.cap = None
            annexe.dial_now()
        for machine in self._machines:
            machine.release = THIS
            if machine.runs != THIS:
                machine.cut()
        if self._second is not None:
            self._second.mend()

    async def _rest(self) -> None:
        """Wait until nothing is left to send."""
        until = self._loop.time() + REST_S
        while self._loop.time() < until:
            await asyncio.sleep(5.0)
            if self._is_at_rest() and not scans_awaited(self._centre):
                await asyncio.sleep(60.0)
                return
        self.report.broken.append("it does not come to rest")
        self.report.broken += [f"{one.name} would not start: {one.refused}" for one in self._machines if one.refused]

    def _is_at_rest(self) -> bool:
        if self._second is not None and not self._second.is_at_rest:
            return False
        delivered = [*self._annexes, *(one for one in self.serving if one not in self._annexes)]
        return all(annexe.is_at_rest and has_all_feeds(annexe, self._centre) for annexe in delivered)

    def _weather(self) -> Weather:
        bad = self._chance.random() < 0.5
        odds = (0.0, 0.01, 0.05) if bad else (0.0,)
        return Weather(
            delay_s=self._chance.choice([0.001, 0.05, 0.6]),
            rate=self._chance.choice([8_000.0, 100_000.0, 10_000_000.0]),
            drop=self._chance.choice(odds),
            duplicate=self._chance.choice(odds),
            swap=self._chance.choice(odds),
            cut=self._chance.choice(odds),
        )

    def struck(self, fault: str, annexe: AnnexeMachine, state: str | None = None) -> None:
        """Count a fault with what the annexe's uplink was doing, is doing where it is not said."""
        self.report.faults[fault, state or annexe.doing()] += 1

    def _counter(self, fault: str, annexe: AnnexeMachine) -> Callable[[], None]:
        return lambda: self.struck(fault, annexe)

    def frame_fault(self, state: str) -> str | None:
        """What the next frame is to suffer, of what the run has set out for."""
        return self._trouble.frame_fault(state)

    def _fork(self) -> Random:
        return Random(self._chance.getrandbits(64))


@dataclass
class _Struck:
    """A line's faults, counted for its annexe."""

    world: World
    annexe: AnnexeMachine

    def struck(self, fault: str) -> None:
        """Count it."""
        self.world.struck(fault, self.annexe, self.state)

    def wanted(self) -> str | None:
        """What the run has set out for."""
        return self.world.frame_fault(self.state)

    @property
    def may_strike(self) -> bool:
        """Nobody is there while the machine is off, or has closed its end."""
        return self.state not in NOBODY

    @property
    def state(self) -> str:
        """In which state a fault strikes now."""
        return self.annexe.doing()


class _StruckOnLan(_Struck):
    """The same for the LAN between an appliance and its standby."""

    @property
    def state(self) -> str:
        """Whether the standby follows."""
        return self.annexe.on_lan()


async def _publish_procedure(document: dict[str, Any], centre: Centre) -> None:
    await centre.feeds.publish_procedure(document)


def play(seed: int) -> Report:
    """Play one seed from beginning to end."""
    folder = Path(tempfile.mkdtemp(prefix="mulhaqa-simulation-", dir=MEMORY))
    try:
        return World(seed, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
