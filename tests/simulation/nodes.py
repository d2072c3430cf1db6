"""The machines: an annexe's appliance and the prefecture's server, the real code on simulated disk and network."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

from central.centre import Centre, Keys
from central.connections import Connections
from central.sticks import Sticks as CentreSticks
from edge.store.group import Decide
from edge.store.log import Identity
from edge.store.months import Month
from edge.store.post import Post, load_colleagues
from edge.store.promotion import promote
from edge.store.rotation import Rotation
from edge.store.schema import DATABASE
from edge.store.store import Store
from edge.store.tail import Owner
from edge.store.vault import Vault
from edge.sync.follower import Follower
from edge.sync.ledger import Ledger
from edge.sync.mirror import Mirror
from edge.sync.shaping import ShapedDialler
from edge.sync.source import Source
from edge.sync.sticks import Sticks
from edge.sync.uplink import Uplink
from protocol.errors import MulhaqaError
from protocol.records.credentials import Trust
from protocol.records.encoding import Value
from protocol.records.keys import OpeningKey, SigningKey
from protocol.records.vouching import believe
from protocol.sync.events import PeerFailed
from protocol.sync.hello import VERSIONS, LocalIdentity, parse_hello
from tests.protocol.sync.support import Prefecture, seed
from tests.simulation import centre_database, edge_database
from tests.simulation.machine import EARLIER, LATER, THIS, Machine, PowerCut
from tests.simulation.network import Answer, End, Line, SimulatedDialler
from tests.simulation.scan_files import scans_on

SOFTWARE = {EARLIER: "0.0.9", THIS: "0.1.0", LATER: "0.2.0"}
SPOKEN = {EARLIER: VERSIONS[:-1], THIS: VERSIONS, LATER: (*VERSIONS, VERSIONS[-1] + 1)}
"""The versions of the protocol that each release speaks: the newest is what a release brings."""

BEHIND = 3
"""In every so manieth life an appliance speaks as the release before: it knows of no records that travel boxed."""

MONTH_MS = 5 * 60 * 1000
"""How long a month lasts: some change in each run, and half of a change in each life that is short."""

STEP_S = 10.0
"""Between two steps of changing it."""


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
        self.powered, self.lives, self.runs = True, self.lives + 1, self.release
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
            software=SOFTWARE[self.runs],
            database_url=centre_database.url_of(self.disk.folder),
            connect=centre_database.connect_to(self.disk),
        )
        connections = Connections(centre, versions=SPOKEN[self.runs])
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
        keys: str | None = None,
        epoch: int = 1,
    ) -> None:
        """`name`: the machine's own, where it is not the annexe's only one; `keys` draws its keys, where they are not
        those of the annexe's first; `epoch`: above 1 it begins as a standby."""
        super().__init__(name or annexe, folder, chance, loop)
        self.annexe = annexe
        self.keys = keys or annexe
        self.epoch = epoch
        self.hardware = f"hardware of {self.name}"
        self.cap: int | None = None
        self.stepping: Callable[[AnnexeMachine], None] = lambda _machine: None
        self.darkening: Callable[[AnnexeMachine], None] = lambda _machine: None
        self._dialler: SimulatedDialler | None = None
        self._prefecture = prefecture
        self.line: Line
        self.answer: Callable[[], Answer | None]
        self.lan: Line | None = None
        self.followed: Callable[[], Answer | None] = lambda: None
        self.store: Store | None = None
        self.uplink: Uplink | None = None
        self.mirror: Mirror | None = None
        self.follower: Follower | None = None
        self.sticks: Sticks | None = None

    async def start(self) -> None:
        """Begin a life; raises PowerCut, or OperatorError when what the disk kept cannot serve."""
        self.powered, self.lives, self.runs = True, self.lives + 1, self.release
        await self.ask(self._open())

    @property
    def public(self) -> bytes:
        """Its public key."""
        return SigningKey(seed(self.keys)).public

    async def promote(self) -> bool:
        """Type `mulhaqa-edge promote` at a machine whose service was stopped; it is off again afterwards."""
        self.cut()
        self.powered, self.lives = True, self.lives + 1
        promoted: bool = await self.ask(self._promote())
        self.cut()
        return promoted

    async def _promote(self) -> bool:
        store = await self._open_store(self.entropy())
        promoted = await promote(store, self._owner, await self._trust_now(store))
        await store.close()
        return promoted

    @property
    def _owner(self) -> Owner:
        return Owner(self.annexe, self.public, self.epoch)

    async def _open_store(self, entropy: Callable[[int], bytes]) -> Store:
        folder = self.disk.folder
        is_new = not (folder / "vault.key").exists()
        return await Store.open(
            folder,
            identity=Identity(self.annexe, SigningKey(seed(self.keys))),
            post=Post.ANNEXE if self.epoch == 1 else Post.STANDBY,
            vault=Vault.create(folder, entropy) if is_new else Vault.open(folder),
            now=self.now,
            entropy=entropy,
            software=SOFTWARE[self.runs],
            fingerprint=self.hardware,
            connect=edge_database.connect_to(self.disk),
            scratch=edge_database.open_scratch,
            scans=scans_on(self.disk),
        )

    async def _open(self) -> None:
        entropy = self.entropy()
        store = self.store = await self._open_store(entropy)
        identity = self._prefecture.identity("annexe", self.annexe, self.keys, epoch=self.epoch)
        if self.lives % BEHIND == 0:
            identity = replace(identity, opening=None)
        trust, opening = await self._trust_now(store), OpeningKey(seed(f"{self.keys}/x"))
        self.begin(self._keep_months(store))
        self._join_mirror(store, identity, trust, opening, entropy)
        if store.post is Post.STANDBY:
            return
        self._dialler = SimulatedDialler(self.line, self.answer)
        self.uplink = Uplink(
            store,
            self._capped(self._dialler, store),
            identity=identity,
            trust=trust,
            opening=opening,
            now=self.now,
            entropy=entropy,
            jitter=self._chance.random,
            versions=SPOKEN[self.runs],
        )
        self.sticks = Sticks(
            Source(store, self._owner, trust, opening, entropy),
            identity=identity,
            trust=trust,
            opening=opening,
            now=self.now,
            entropy=entropy,
            believed=self.uplink.learn,
        )
        self.begin(self.uplink.run())

    async def _keep_months(self, store: Store) -> None:
        """Change the key of the month, a step at a time: the power may go between any two."""
        drawn = itertools.count()
        rotation = Rotation(
            store,
            lambda _size: seed(f"{self.keys}/month/{self.lives}/{next(drawn)}"),
            month_ms=MONTH_MS,
            apart=_at_once,
        )
        with suppress(MulhaqaError):  # a disk that failed: the next life goes on with what is half done
            while True:
                await rotation.step(self.now())
                await asyncio.sleep(STEP_S)

    def dial_now(self) -> None:
        """Somebody plugged the cable in."""
        if self.uplink is not None:
            self.uplink.try_now()

    def _capped(self, dialler: SimulatedDialler, store: Store) -> ShapedDialler:
        ledger = Ledger(store, lambda: "2026-11-27")
        return ShapedDialler(dialler, ledger, lambda: self.cap, self._loop.time)

    def _join_mirror(
        self,
        store: Store,
        identity: LocalIdentity,
        trust: Trust,
        opening: OpeningKey,
        entropy: Callable[[int], bytes],
    ) -> None:
        self.mirror = Mirror(store, identity=identity, trust=trust, opening=opening, now=self.now, entropy=entropy)
        if self.lan is not None:
            self.follower = Follower(
                store,
                SimulatedDialler(self.lan, self.followed),
                identity=identity,
                trust=trust,
                opening=opening,
                now=self.now,
                entropy=entropy,
                jitter=self._chance.random,
            )
            self.begin(self.follower.run())

    def following(self) -> Answer | None:
        """What a standby finds that dials this machine; None while nothing answers."""
        return self._take_standby if self.powered and self.mirror is not None else None

    def _take_standby(self, hello: bytes, socket: End) -> bool:
        mirror = self.mirror
        if mirror is None or not mirror.takes_standbys:
            return False
        self.begin(self._serve_standby(mirror, hello, socket))
        return True

    async def _serve_standby(self, mirror: Mirror, hello: bytes, socket: End) -> None:
        session = await mirror.session()
        if any(isinstance(event, PeerFailed) for event in session.receive(hello, self.now())):
            await socket.close()
            return
        await mirror.serve(session, socket)
        await socket.close()  # as aiohttp does where a handler returns

    def trust(self) -> Trust:
        """Whom its seed names."""
        trust = self._prefecture.trust()
        for credential in reversed(self._prefecture.identity("centre", "prefecture").chain):
            trust.add(credential)
        return trust

    async def _trust_now(self, store: Store) -> Trust:
        trust = self.trust()
        async with store.reading() as reader:
            believe(trust, [*await reader.credentials(), *await load_colleagues(reader)])
        return trust

    def cut(self) -> None:
        """Cut the power, now."""
        had_power = self.powered
        super().cut()
        self.store = self.uplink = self.sticks = self.mirror = self.follower = self._dialler = None
        if had_power:
            self.darkening(self)

    def stepped(self) -> None:
        """See `Machine`; whoever has set out to strike it at a step is told."""
        self.stepping(self)
        super().stepped()

    @property
    def has_database(self) -> bool:
        """Whether its disk has been written to."""
        return (self.disk.folder / DATABASE).exists()

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
        if status is None or not status.heard:
            return False
        return not (status.left or status.holes or status.behind or status.scans)

    def doing(self) -> str:
        """What its uplink is doing now, in one word: the state in which a fault strikes. Dark is also who starts."""
        if self.uplink is None or self._dialler is None:
            return self.on_lan() if self.follower is not None else "dark"
        status = self.uplink.status
        if not status.connected:
            return "dialling" if self._dialler.is_dialling else "waiting"
        return "sending" if status.in_flight else "behind" if status.left else "idle"

    def on_lan(self) -> str:
        """Whether a standby follows, in one word."""
        if self.follower is None:
            return "dark"
        return "following" if self.follower.status.connected else "away"

    @property
    def failed(self) -> MulhaqaError | None:
        """Why the store stopped for good, if it did."""
        return None if self.store is None else self.store.failure


async def _at_once(save: Callable[[Sequence[Month]], None], months: Sequence[Month]) -> None:
    """Write the file of months without a thread, of which a run has none."""
    save(months)
