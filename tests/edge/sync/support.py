"""An annexe with a real store, a prefecture with a real server, and between them a line that can be cut anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import sqlite3
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from central.centre import Centre
from central.connections import PROOF_S, Connections
from central.uplinks import routes
from edge.store.log import Identity
from edge.store.schema import DATABASE
from edge.store.store import Store
from edge.sync.link import PATIENCE_S, Dialler, Dials
from edge.sync.uplink import Uplink
from protocol.records.keys import OpeningKey, SigningKey
from protocol.sync.hello import LocalIdentity
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE, Chance, Clock, vault_of
from tests.protocol.sync.support import seed


@asynccontextmanager
async def annexe_in(folder: Path, annexe: str = ANNEXE) -> AsyncIterator[Store]:
    store = await Store.open(
        folder,
        identity=Identity(annexe, SigningKey(seed(annexe))),
        vault=vault_of(folder),
        now=Clock(),
        entropy=Chance(),
        software="0.1.0",
        fingerprint="test",
    )
    try:
        yield store
    finally:
        await store.close()


class Line:
    """A TCP line to a port. It breaks after `cut_after` bytes in either direction, each time it was opened."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.cut_after: int | None = None
        self.is_up = True
        self.opened = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        if not self.is_up:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        left = [self.cut_after if self.cut_after is not None else 1 << 60]
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back, left), self._carry(there, writer, left))
        except (ConnectionError, EOFError):
            pass
        finally:
            for one in (writer, back):
                one.transport.abort()
                self._open.discard(one)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[int]) -> None:
        while data := await reader.read(1024):
            passed = data[: max(0, left[0])]
            left[0] -= len(data)
            writer.write(passed)
            await writer.drain()
            if left[0] <= 0:
                raise ConnectionResetError
        raise EOFError


@asynccontextmanager
async def served(centre: Centre, *, proof_s: float = PROOF_S) -> AsyncIterator[tuple[Line, Connections]]:
    async with listening(centre, loopback(), proof_s=proof_s) as (runner, uplinks):
        line = Line(runner.addresses[0][1])
        await line.start()
        try:
            yield line, uplinks
        finally:
            await uplinks.close()
            await line.stop()


def loopback() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@asynccontextmanager
async def listening(
    centre: Centre, at: socket.socket, *, proof_s: float = PROOF_S, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[web.AppRunner, Connections]]:
    """A prefecture's server behind an open socket."""
    uplinks = Connections(centre, proof_s=proof_s)
    app = web.Application()
    app.add_routes(routes(uplinks))
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, at, ssl_context=tls).start()
    try:
        yield runner, uplinks
    finally:
        await uplinks.close()
        await runner.cleanup()


def make_uplink(
    store: Store,
    line: Line | Dials,
    *,
    annexe: str = ANNEXE,
    identity: LocalIdentity | None = None,
    seed_: int = 1,
    patience_s: float = PATIENCE_S,
    now: Callable[[], int] | None = None,
    jitter: Callable[[], float] | None = None,
) -> Uplink:
    """`line`: to the prefecture on this machine, or how else it is dialled; `now` where the line's speed matters,
    `jitter` where the wait does."""
    over = Dialler(f"http://127.0.0.1:{line.port}/uplink", patience_s=patience_s) if isinstance(line, Line) else line
    return Uplink(
        store,
        over,
        identity=identity or PREFECTURE.identity("annexe", annexe),
        trust=PREFECTURE.trust(),
        opening=OpeningKey(seed(f"{annexe}/x")),
        now=now or Clock(),
        entropy=Chance(),
        jitter=jitter or random.Random(seed_).random,
    )


@asynccontextmanager
async def running(uplink: Uplink) -> AsyncIterator[Uplink]:
    task = asyncio.create_task(uplink.run())
    try:
        yield uplink
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(
    holds: Callable[[], bool], changes: Callable[[Callable[[object], None]], None], within_s: float = 20
) -> None:
    """Wait for a change after which `holds()`; no sleeping."""
    changed = asyncio.Event()
    changes(lambda _: changed.set())
    async with asyncio.timeout(within_s):
        while not holds():
            await changed.wait()
            changed.clear()


async def until_sent(uplink: Uplink, within_s: float = 20) -> None:
    """Wait until the prefecture has confirmed everything."""
    await until(
        lambda: uplink.status.left == 0 and uplink.status.last_checkpoint_ms is not None, uplink.on_change, within_s
    )


async def eventually(holds: Callable[[], Awaitable[bool]], uplinks: Connections, within_s: float = 20) -> None:
    """Wait for something that came and was folded at the prefecture, after which `holds()`."""
    changed = asyncio.Event()
    uplinks.on_change(lambda _: changed.set())
    async with asyncio.timeout(within_s):
        while not await holds():
            await changed.wait()
            changed.clear()


def records_in(database: Path, table: str = "records", column: str = "bytes") -> dict[str, list[bytes]]:
    """Every stream's records as a database file holds them, in order of segment of arrival and seq."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(f"SELECT stream, {column} FROM {table} ORDER BY stream, segment, seq").fetchall()  # noqa: S608 - our own
    found: dict[str, list[bytes]] = {}
    for stream, encoded in rows:
        found.setdefault(stream, []).append(encoded)
    return found


def at_edge(folder: Path) -> dict[str, list[bytes]]:
    return records_in(folder / DATABASE)


def at_centre(folder: Path) -> dict[str, list[bytes]]:
    return records_in(folder / "central.sqlite", column="encoded")


@asynccontextmanager
async def prefecture(folder: Path) -> AsyncIterator[Line]:
    """A prefecture in `folder`, and the line to it."""
    async with centre_in(folder) as centre, served(centre) as (line, _):
        yield line
