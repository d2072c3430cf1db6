"""The machines: an annexe's appliance and the prefecture's server, the real code of both on simulated disk and network.

A machine has lives. Its power can be cut at any step; then the next life begins on what its disk kept. People who wait
for an answer of a machine that lost its power hear nothing, and ask again with the same command.
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

from central.centre import Centre, Keys
from central.connections import Connections
from central.sticks import Sticks as CentreSticks
from edge.store.group import Decide
from edge.store.log import Identity
from edge.store.store import Store
from edge.store.tail import Owner
from edge.store.vault import Vault
from edge.sync.source import Source
from edge.sync.sticks import Sticks
from edge.sync.uplink import Uplink
from protocol.errors import MulhaqaError
from protocol.records.credentials import Trust
from protocol.records.encoding import Value
from protocol.records.keys import OpeningKey, SigningKey
from protocol.sync.events import PeerFailed
from protocol.sync.hello import parse_hello
from tests.protocol.sync.support import NOW, Prefecture, seed
from tests.simulation import centre_database, edge_database
from tests.simulation.disk import Disk
from tests.simulation.loop import NODE
from tests.simulation.network import Answer, End, Line, SimulatedDialler
from tests.simulation.scan_files import scans_on

SOFTWARE = "0.1.0"


class PowerCut(Exception):
    """The machine that was asked lost its power before it answered."""


class Machine(ABC):
    """A node. `cut_in`: how many steps from now its power is cut (None: not)."""

    def __init__(self, name: str, folder: Path, chance: Random, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.powered = False
        self.cut_in: int | None = None
        self.offset_ms = 0
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


class CentreMachine(Machine):
    """The prefecture's server."""

    def __init__(self, prefecture: Prefecture, folder: Path, chance: Random, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__("prefecture", folder, chance, loop)
        self._prefecture = prefecture
        self.centre: Centre | None = None
        self.connections: Connections | None = None
        self.sticks: CentreSticks | None = None
        self._sockets: list[End] = []

    async def start(self) -> None:
        """Begin a life; raises PowerCut, or OperatorError when what the disk kept cannot serve."""
        self.powered, self.lives = True, self.lives + 1
        await self.ask(self._open())

    async def _open(self) -> None:
        identity = self._prefecture.identity("centre", "prefecture")
        centre = await Centre.open(
            self.disk.folder,
            keys=Keys(SigningKey(seed("prefecture")), OpeningKey(seed("prefecture/x"))),
            chain=identity.chain,
            roots=[self._prefecture.root],
            now=self.now,
            entropy=self.entropy(),
            software=SOFTWARE,
            connect=centre_database.connect_to(self.disk),
        )
        connections = Connections(centre)
        centre.feeds.on_publish(connections.published)
        self.centre, self.connections = centre, connections
        self.sticks = CentreSticks(centre, OpeningKey(seed("prefecture/x")))

    def cut(self) -> None:
        """Cut the power, now."""
        super().cut()
        self.centre = self.connections = self.sticks = None
        for socket in self._sockets:
            socket.fall_silent()
        self._sockets.clear()

    @property
    def failed(self) -> MulhaqaError | None:
        """Why the database stopped for good, if it did."""
        return None if self.centre is None else self.centre.store.database.failure

    def answering(self) -> Answer | None:
        """What a dialling annexe finds; None while nothing answers."""
        return self._answer if self.powered and self.connections is not None else None

    def _answer(self, hello: bytes, socket: End) -> bool:
        connections = self.connections
        if connections is None:
            return False
        self._sockets.append(socket)
        self.begin(self._serve(connections, hello, socket))
        return True

    async def _serve(self, connections: Connections, hello: bytes, socket: End) -> None:
        session = await connections.session_for(parse_hello(hello).id)
        refused = any(isinstance(event, PeerFailed) for event in session.receive(hello, self.now()))
        if refused:
            await socket.close()
            return
        await connections.serve(session, socket)


class AnnexeMachine(Machine):
    """An annexe's appliance."""

    def __init__(
        self,
        annexe: str,
        prefecture: Prefecture,
        folder: Path,
        chance: Random,
        loop: asyncio.AbstractEventLoop,
        *,
        name: str | None = None,
    ) -> None:
        """`name`: the machine's own, where it is not the annexe's only one."""
        super().__init__(name or annexe, folder, chance, loop)
        self.annexe = annexe
        self.hardware = f"hardware of {self.name}"
        self._prefecture = prefecture
        self.line: Line
        self.answer: Callable[[], Answer | None]
        self.store: Store | None = None
        self.uplink: Uplink | None = None
        self.sticks: Sticks | None = None

    async def start(self) -> None:
        """Begin a life; raises PowerCut, or OperatorError when what the disk kept cannot serve."""
        self.powered, self.lives = True, self.lives + 1
        await self.ask(self._open())

    async def _open(self) -> None:
        folder, entropy = self.disk.folder, self.entropy()
        is_new = not (folder / "vault.key").exists()
        store = await Store.open(
            folder,
            identity=Identity(self.annexe, SigningKey(seed(self.annexe))),
            vault=Vault.create(folder, entropy) if is_new else Vault.open(folder),
            now=self.now,
            entropy=entropy,
            software=SOFTWARE,
            fingerprint=self.hardware,
            connect=edge_database.connect_to(self.disk),
            scratch=edge_database.open_scratch,
            scans=scans_on(self.disk),
        )
        self.store = store
        trust, identity = self._trust(), self._prefecture.identity("annexe", self.annexe)
        opening = OpeningKey(seed(f"{self.annexe}/x"))
        self.uplink = Uplink(
            store,
            SimulatedDialler(self.line, self.answer),
            identity=identity,
            trust=trust,
            opening=opening,
            now=self.now,
            entropy=entropy,
            jitter=self._chance.random,
        )
        self.sticks = Sticks(
            Source(store, Owner(self.annexe, identity.signing.public), trust, opening, entropy),
            identity=identity,
            trust=trust,
            opening=opening,
            now=self.now,
            entropy=entropy,
            believed=self.uplink.learn,
        )
        self.begin(self.uplink.run())

    def _trust(self) -> Trust:
        trust = self._prefecture.trust()
        for credential in reversed(self._prefecture.identity("centre", "prefecture").chain):
            trust.add(credential)
        return trust

    def cut(self) -> None:
        """Cut the power, now."""
        super().cut()
        self.store = self.uplink = self.sticks = None

    async def execute(self, command: bytes, decide: Decide) -> Value:
        """A person's command; raises PowerCut, or what the store says."""
        if self.store is None:
            raise PowerCut(self.name)
        result: Value = await self.ask(self.store.execute(command, decide))
        return result

    @property
    def is_at_rest(self) -> bool:
        """Whether it and the prefecture have nothing more for each other."""
        status = None if self.uplink is None else self.uplink.status
        return status is not None and status.heard and not (status.left or status.holes or status.behind)

    def doing(self) -> str:
        """What its uplink is doing now, in one word: the state in which a fault strikes."""
        if self.uplink is None:
            return "dark"
        status = self.uplink.status
        if not status.connected:
            return "waiting" if status.next_try_ms is not None else "dialling"
        return "sending" if status.in_flight else "behind" if status.left else "idle"

    @property
    def failed(self) -> MulhaqaError | None:
        """Why the store stopped for good, if it did."""
        return None if self.store is None else self.store.failure
