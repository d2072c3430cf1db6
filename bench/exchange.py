"""The conversation that the figures of sync are read from, between two real processes with a relay between them.

Accounts are opened, sent and confirmed first. Then the annexe writes its requests, a key of its own for each, while it
stands still; each round begins from copies of both folders as they are then. The clock starts when the relay opens,
before the first byte of the hello, and stops with the last byte of the last signed checkpoint; both stores keep
`synchronous=FULL`, and the prefecture folds meanwhile.

After that the line is cut, with nothing new to say (`noop`), and again while somebody at the kiosk sends one request
(`one`); he has sent another before, for the first one after a start opens a segment, with a record of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import nacl.bindings as sodium
from aiohttp import ClientSession, WSMsgType, web
from zstandard import ZstdCompressor

from bench import filling
from bench.figure import Effort
from bench.pair import QUIET_S, Pair, pair, staged
from bench.place import Place, settle
from bench.relay import Passed, relay
from bench.requests import Workload, workload
from bench.visits import Visit, visits
from edge.installation import open_installation
from launcher.stage import ANNEXE, HOST
from protocol.office.synthetic import Person

MESSAGE = 320
"""Bytes that the bare verification is over: a record's size."""

BATCH = 200
"""Documents that the floor of `sync.bytes` compresses together: as many as one of our batches carries."""

ZSTD_LEVEL = 10
BESIDE = 64 + 40 + 32
"""Bytes that no signed and sealed record can do without: signature, nonce and tag, key."""

ROUNDS = 3
"""An exchange is thousands of records long: more rounds than these tell nothing more."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One round. Rates are records per second, `wire` and `bare` bytes per record."""

    records: float
    folded: float
    verified: float
    wire: float
    bare: float
    noop: Passed
    one: Passed
    bare_link: Passed


@dataclass(frozen=True, slots=True)
class Ready:
    """Two folders that stand still: everything is confirmed but the requests."""

    folder: Path
    requests: Workload
    accounts: dict[str, bytes]
    visitor: Person


def exchanges(place: Place, effort: Effort) -> list[Exchange]:
    """Measure each round."""
    return asyncio.run(_exchanges(place, effort))


async def _exchanges(place: Place, effort: Effort) -> list[Exchange]:
    ready = await _ready(place, effort)
    bare_bytes = _compressed(ready.requests.lines) + BESIDE
    rounds = []
    for number in range(min(ROUNDS, effort.rounds)):
        async with pair(ready.folder, place.folder / f"round-{number}") as two:
            rounds.append(await _round(two, ready, effort, bare_bytes))
    return rounds


async def _ready(place: Place, effort: Effort) -> Ready:
    asked = workload(place.requests, effort.records)
    made = staged(place.folder / "pair", place.say)
    place.say(f"opening {len(asked.citizens())} accounts")
    async with filling.opened(made / ANNEXE) as store:
        accounts = await filling.open_accounts(store, asked.citizens())
    await settle(open_installation(made / ANNEXE), place.people[:1])
    folder = place.folder / "ready"
    async with pair(made, place.folder / "before") as two:
        await two.start()
        await two.confirmed()
        await two.stop()
        (place.folder / "before").rename(folder)
        (place.folder / "before").mkdir()
    place.say(f"submitting {len(asked.documents)} requests")
    async with filling.opened(folder / ANNEXE) as store:
        await filling.submit(store, asked.documents, accounts)
    return Ready(folder, asked, accounts, place.people[0])


async def _round(two: Pair, ready: Ready, effort: Effort, bare: float) -> Exchange:
    count = len(ready.requests.documents)
    await two.start()
    before = verified(effort.seconds / 2)
    folding = asyncio.create_task(two.folded(count))
    carried = await two.confirmed()
    folded = await folding - carried.began
    rate = (before + verified(effort.seconds / 2)) / 2
    noop = await _noop(two)
    one = await _one(two, ready.visitor)
    link = await bare_link()
    took = carried.last - carried.began
    return Exchange(count / took, count / folded, rate, carried.total / count, bare, noop, one, link)


async def _noop(two: Pair) -> Passed:
    await two.way.close()
    await two.way.called()
    return await two.confirmed()


async def _one(two: Pair, person: Person) -> Passed:
    with visits(two.stage, 1) as (visit,):
        await asyncio.to_thread(visit.sign_in, person)
        await asyncio.to_thread(_send, visit)
        await two.confirmed()
        await two.way.close()
        await asyncio.to_thread(_send, visit)
        await two.way.called()
        return await two.confirmed()


def _send(visit: Visit) -> None:
    visit.answer_questions()
    visit.submit()


def verified(seconds: float) -> float:
    """Bare Ed25519 verifications per second on one core, by the same library."""
    public, secret = sodium.crypto_sign_seed_keypair(os.urandom(32))
    signed = sodium.crypto_sign(os.urandom(MESSAGE), secret)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        sodium.crypto_sign_open(signed, public)
        count += 1
    return count / (time.perf_counter() - began)


def _compressed(lines: tuple[bytes, ...]) -> float:
    """Bytes that each document takes when it is compressed with its neighbours."""
    zstd = ZstdCompressor(level=ZSTD_LEVEL)
    batches = (lines[first : first + BATCH] for first in range(0, len(lines), BATCH))
    return sum(len(zstd.compress(b"\n".join(batch))) for batch in batches) / len(lines)


async def bare_link() -> Passed:
    """What a bare WebSocket of the same library costs, with one byte each way: no hello, no signature."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/uplink", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        async with relay(runner.addresses[0][1]) as way, ClientSession() as client:
            way.open()
            async with client.ws_connect(f"http://{HOST}:{way.port}/uplink") as socket:
                await socket.send_bytes(b"\0")
                await socket.receive_bytes()
                await way.quiet(QUIET_S)
                return replace(way.passed)
    finally:
        await runner.cleanup()
