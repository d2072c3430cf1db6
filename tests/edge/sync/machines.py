"""An annexe's machines, each with a real store and keys of its own, joined by a mirror that can be cut or made slow."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.store.connection import Connect, open_sqlite
from edge.store.log import Identity
from edge.store.post import Post, load_colleagues
from edge.store.promotion import promote
from edge.store.store import Store
from edge.store.tail import Owner
from edge.sync.answers import Refused, Unreachable
from edge.sync.follower import Follower
from edge.sync.link import Cut
from edge.sync.mirror import Mirror
from protocol.records.credentials import Trust
from protocol.records.keys import OpeningKey, SigningKey
from protocol.sync.events import PeerFailed
from protocol.sync.hello import LocalIdentity
from tests.central.support import PREFECTURE
from tests.edge.store.support import ANNEXE, Chance, Clock, vault_of
from tests.protocol.sync.support import seed

STREAMS = (f"{ANNEXE}/cases", f"{ANNEXE}/office")


@dataclass(frozen=True)
class Keys:
    """A machine's own: its name draws its keys."""

    name: str
    epoch: int
    annexe: str = ANNEXE

    @property
    def identity(self) -> LocalIdentity:
        return PREFECTURE.identity("annexe", self.annexe, self.name, epoch=self.epoch)

    @property
    def opening(self) -> OpeningKey:
        return OpeningKey(seed(f"{self.name}/x"))

    @property
    def owner(self) -> Owner:
        return Owner(self.annexe, self.identity.signing.public, self.epoch)


FIRST, STANDBY = Keys(ANNEXE, 1), Keys("standby", 2)


@asynccontextmanager
async def store_of(
    folder: Path,
    keys: Keys = FIRST,
    *,
    post: Post = Post.ANNEXE,
    connect: Connect = open_sqlite,
    clock: Clock | None = None,
) -> AsyncIterator[Store]:
    store = await Store.open(
        folder,
        identity=Identity(keys.annexe, SigningKey(seed(keys.name))),
        vault=vault_of(folder),
        now=clock or Clock(),
        entropy=Chance(),
        software="0.1.0",
        fingerprint=f"hardware of {keys.name}",
        post=post,
        connect=connect,
    )
    try:
        yield store
    finally:
        await store.close()


async def trust_in(store: Store) -> Trust:
    """Whom a machine believes after a start: the root, and those of its own that it has met."""
    trust = PREFECTURE.trust()
    async with store.reading() as reader:
        for credential in await load_colleagues(reader):
            trust.add(credential)
    return trust


async def promoted(store: Store, keys: Keys = STANDBY) -> bool:
    return await promote(store, keys.owner, await trust_in(store))


class Way:
    """The LAN between a standby and the annexe's appliance. While `heard` is not set, what the standby says is not."""

    def __init__(self, mirror: Mirror | None = None) -> None:
        self.mirror = mirror
        self.patience_s = 30.0
        self.heard = asyncio.Event()
        self.heard.set()
        self.ends: list[Pipe] = []

    @asynccontextmanager
    async def dial(self, hello: bytes) -> AsyncIterator[Pipe]:
        if self.mirror is None:
            raise Unreachable("nobody answers")
        session = await self.mirror.session()
        refusal = [one for one in session.receive(hello, 0) if isinstance(one, PeerFailed)]
        if refusal:
            raise Refused(refusal[0].sentence)
        here, there = Pipe(self), Pipe(None)
        here.other, there.other = there, here
        self.ends = [here, there]
        serving = asyncio.create_task(self.mirror.serve(session, there))
        try:
            yield here
        finally:
            await here.close()
            await serving

    async def carries(self, _frame: bytes) -> bool:
        """Whether what the annexe sent reaches the standby; if not, the connection ends."""
        return True

    async def cut(self) -> None:
        for end in self.ends:
            await end.close()


class Pipe:
    """One end of a connection in memory."""

    def __init__(self, way: Way | None) -> None:
        self._way = way
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.other: Pipe
        self.closed = False

    async def send_frame(self, frame: bytes) -> None:
        if self._way is not None:
            await self._way.heard.wait()
        if self.closed or self.other.closed:
            raise Cut("closed")
        self.other._arrived.put_nowait(frame)

    async def receive_frame(self) -> bytes | None:
        frame = None if self.closed else await self._arrived.get()
        if frame is None or self._way is None or await self._way.carries(frame):
            return frame
        return None

    async def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._arrived.put_nowait(None)
            self.other._arrived.put_nowait(None)


def mirror_of(
    store: Store, keys: Keys = FIRST, trust: Trust | None = None, *, made: type[Mirror] = Mirror
) -> Mirror:
    return made(
        store,
        identity=keys.identity,
        trust=trust or PREFECTURE.trust(),
        opening=keys.opening,
        now=Clock(),
        entropy=Chance(),
    )


def follower_of(
    store: Store, way: Way, keys: Keys = STANDBY, trust: Trust | None = None, *, made: type[Follower] = Follower
) -> Follower:
    return made(
        store,
        way,
        identity=keys.identity,
        trust=trust or PREFECTURE.trust(),
        opening=keys.opening,
        now=Clock(),
        entropy=Chance(),
        jitter=random.Random(1).random,
    )


@asynccontextmanager
async def following(follower: Follower) -> AsyncIterator[Follower]:
    task = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def in_step(mirror: Mirror) -> None:
    """Wait until the standby holds all that was written."""
    await _until(mirror, lambda: mirror.state.in_step)


async def given(mirror: Mirror) -> None:
    """Wait until the standby holds every record of this log, whichever branch it is on."""
    changed = asyncio.Event()
    mirror.on_change(lambda _: changed.set())
    async with asyncio.timeout(20):
        while (lag := await mirror.lag()) is None or lag.records:
            await changed.wait()
            changed.clear()


async def detached(mirror: Mirror) -> None:
    """Wait until the standby is gone."""
    await _until(mirror, lambda: not mirror.state.attached)


async def _until(mirror: Mirror, holds: Callable[[], bool]) -> None:
    changed = asyncio.Event()
    mirror.on_change(lambda _: changed.set())
    async with asyncio.timeout(20):
        while not holds():
            await changed.wait()
            changed.clear()


@contextmanager
def told(follower: Follower) -> Iterator[asyncio.Event]:
    """An event that is set at each change of the follower's status."""
    changed = asyncio.Event()
    follower.on_change(lambda _: changed.set())
    yield changed
