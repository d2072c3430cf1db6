"""A clerk who scans at one annexe and seals certificates, and an officer at the prefecture who looks at them.

What he sees must be whole; that he looked is noted before he sees anything, and told to the citizen at his annexe.

Drawn apart from everybody else, and in half of the runs, so that the other half plays as ever.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from random import Random
from typing import Any

from sqlalchemy import select

from central.centre import Centre
from central.store.looks import Look, note_look
from central.store.schema import look_days
from central.telling_looks import PutOff, tell_looks
from protocol.errors import OperatorError
from protocol.records.blobs import CHUNK
from tests.edge.store.scanning import attach, seal
from tests.simulation.machine import PowerCut
from tests.simulation.nodes import AnnexeMachine, CentreMachine
from tests.simulation.oracle import Oracle, ToldLook
from tests.simulation.people import People

LOOK_S = 12.0
"""Seconds between two looks, at most: a scan takes some to come."""

SEALED = 0.5
"""Of the requests that are scanned for: their certificates are sealed."""

GRANTED = 3
"""Steps from the request to its grant (`people.STEPS`)."""

SIZES = (1, 900, CHUNK, 3 * CHUNK + 5, 11 * CHUNK)

Keeping = Callable[..., Coroutine[Any, Any, bytes]]
"""`attach` or `seal`: keeps a file and names it in a case."""


class Scanner:
    """Opens accounts and requests of his own, scans for them, and tells the oracle what he saw confirmed."""

    def __init__(self, annexe: AnnexeMachine, oracle: Oracle, chance: Random) -> None:
        self.people = People(annexe, oracle, Random(chance.getrandbits(64)), "scans of ")
        self._annexe = annexe
        self._oracle = oracle
        self._chance = chance

    async def work(self) -> None:
        """A request or two, some scans each."""
        for _ in range(self._chance.randrange(1, 3)):
            case = await self.people.files(f"S{self._chance.randrange(10**6):06d}")
            for _ in range(self._chance.randrange(1, 4)):
                await self.people.pause()
                await self._keep(case, attach)
            if self._chance.random() < SEALED:
                for step in range(GRANTED):
                    await self.people.step(case, step)
                await self._keep(case, seal)
                self._oracle.stepped(case, "certificate.sealed")

    async def _keep(self, case: bytes, how: Keeping) -> None:
        data = self._chance.randbytes(16) * (self._chance.choice(SIZES) // 16 + 1)
        address = await self.people.insist(lambda command: self._kept(command, case, data, how))
        self._oracle.scanned(case, address, data)

    async def _kept(self, command: bytes, case: bytes, data: bytes, how: Keeping) -> object:
        store = self._annexe.store
        if store is None:
            raise PowerCut(self._annexe.name)
        return await self._annexe.ask(how(store, case, data, command.hex(), coming=_coming))


class Looker:
    """Opens scans at the prefecture while they come; notes in `broken` what he saw that was not the whole file."""

    def __init__(self, centre: CentreMachine, oracle: Oracle, chance: Random, broken: list[str]) -> None:
        self._centre = centre
        self._oracle = oracle
        self._chance = chance
        self._broken = broken

    async def watch(self) -> None:
        """Look until he is sent home."""
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, LOOK_S))
            centre = self._centre.centre
            if centre is None or not self._oracle.scans:
                continue
            scan = self._chance.choice(self._oracle.scans)
            try:
                self._oracle.looks |= await self._centre.ask(_noted(centre, scan.annexe, scan.case))
                seen = await self._centre.ask(seen_at(self._centre, scan.annexe, scan.case, scan.address))
            except (PowerCut, OperatorError):
                continue
            if seen is not None and hashlib.sha256(seen).digest() != scan.digest:
                self._broken.append("somebody at the prefecture saw a scan that was not the whole file")


async def _noted(centre: Centre, annexe: str, case: bytes) -> set[ToldLook]:
    """Note a look at a request, and tell its annexe; returns what it was told, now or before."""
    if await centre.queries.request(annexe, case) is None:
        return set()  # nothing to be seen yet
    now = centre.now()
    if await note_look(centre.store, annexe, case, Look("", "officer", "Officier", "ضابط", now)):
        await tell_looks(centre, PutOff())
    table = look_days
    query = select(table.c.day).where(table.c.annexe == annexe, table.c.subject == case, table.c.told)
    async with centre.store.database.read() as connection:
        days = (await connection.execute(query)).scalars()
        return {ToldLook(annexe, case, day) for day in days}


async def seen_at(machine: CentreMachine, annexe: str, case: bytes, address: bytes) -> bytes | None:
    """What the prefecture shows of a scan: all of it, or None."""
    if machine.centre is None:
        raise PowerCut(machine.name)
    content = await machine.centre.blobs.open(annexe, case, address)
    return None if content is None else b"".join([piece async for piece in content])


async def unseen(oracle: Oracle, machine: CentreMachine, annexes: Iterable[AnnexeMachine]) -> AsyncIterator[str]:
    """Yield a sentence for each file that was confirmed and is not whole at the prefecture, or at its annexe."""
    stores = {one.annexe: one.store for one in annexes}
    for scan in oracle.scans:
        seen = await machine.ask(seen_at(machine, scan.annexe, scan.case, scan.address))
        if seen is None or hashlib.sha256(seen).digest() != scan.digest:
            yield f"{scan.annexe}: a scan or certificate that a clerk saw confirmed is not whole at the prefecture"
        store = stores[scan.annexe]
        if store is None or not await store.scans.is_whole(scan.address):
            yield f"{scan.annexe}: a scan or certificate that a clerk saw confirmed is not whole where he scanned it"


async def _coming(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 5000):
        await asyncio.sleep(0.01)
        yield data[start : start + 5000]
