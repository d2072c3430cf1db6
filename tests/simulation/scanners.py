"""A clerk who scans at one annexe, and an officer at the prefecture who looks whether what he sees is whole.

Drawn apart from everybody else, and in half of the runs, so that the other half plays as ever.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from random import Random

from edge.store.store import Transaction
from protocol.errors import OperatorError
from protocol.office import references
from protocol.office.events import PieceScanned
from protocol.records.blobs import CHUNK
from protocol.records.encoding import Value
from tests.edge.store.support import CLERK, account_opened, request_submitted
from tests.simulation.machine import PowerCut
from tests.simulation.nodes import AnnexeMachine, CentreMachine
from tests.simulation.oracle import Oracle
from tests.simulation.people import AGAIN_S, NotHere

LOOK_S = 7.0
SIZES = (1, 900, CHUNK, 3 * CHUNK + 5, 11 * CHUNK)


class Scanner:
    """Opens accounts and requests of his own, scans for them, and tells the oracle what he saw confirmed."""

    def __init__(self, annexe: AnnexeMachine, oracle: Oracle, chance: Random) -> None:
        self._annexe = annexe
        self._oracle = oracle
        self._chance = chance
        self._commands = 0

    async def work(self) -> None:
        """A request or two, some scans each."""
        for _ in range(self._chance.randrange(1, 3)):
            await self._pause()
            case = await self._filed()
            for _ in range(self._chance.randrange(1, 4)):
                await self._pause()
                await self._scan(case, self._chance.randbytes(16) * (self._chance.choice(SIZES) // 16 + 1))

    async def _filed(self) -> bytes:
        name = self._annexe.annexe
        phone = f"+2126{self._chance.randrange(10**8):08d}"
        account = await self._told(_opens(f"S{self._chance.randrange(10**6):06d}", phone))
        self._oracle.account(name, account)
        reference = references.draw("B05", self._chance.randbytes)
        case = await self._told(_submits(account, reference))
        self._oracle.submitted(name, case, reference)
        return case

    async def _scan(self, case: bytes, data: bytes) -> None:
        command = self._command()
        while True:
            try:
                address = await self._annexe.ask(self._attach(command, case, data))
            except (PowerCut, OperatorError, NotHere):
                await asyncio.sleep(AGAIN_S)
            else:
                self._oracle.scanned(case, address, data)
                return

    async def _attach(self, command: bytes, case: bytes, data: bytes) -> bytes:
        """As `edge.services.scans.attach` does it: durable first, then named."""
        store = self._annexe.store
        if store is None:
            raise PowerCut(self._annexe.name)
        async with store.reading() as reader:
            key = await reader.data_key(case)
        if key is None:
            raise NotHere
        async with store.scans.sealing(key, _coming(data)) as sealed, store.scans.naming(sealed.address):
            await store.scans.keep(sealed)

            async def decide(tx: Transaction) -> Value:
                found = await tx.case(case)
                if found is None:
                    raise NotHere
                event = PieceScanned(
                    follows=list(found.heads),
                    piece="bill",
                    blob=sealed.address,
                    size=sealed.size,
                    media="image/png",
                    by=CLERK,
                )
                await tx.append("cases", event, key_of=case)
                return None

            await store.execute(command, decide)
        return sealed.address

    async def _told(self, decide: object) -> bytes:
        command = self._command()
        while True:
            try:
                result = await self._annexe.execute(command, decide)  # type: ignore[arg-type]  # made below
            except (PowerCut, OperatorError):
                await asyncio.sleep(AGAIN_S)
            else:
                assert isinstance(result, bytes)
                return result

    def _command(self) -> bytes:
        self._commands += 1
        return hashlib.sha256(f"scans of {self._annexe.name}/{self._commands}".encode()).digest()[:16]

    async def _pause(self) -> None:
        await asyncio.sleep(self._chance.expovariate(0.2))


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
                seen = await self._centre.ask(seen_at(self._centre, scan.annexe, scan.case, scan.address))
            except (PowerCut, OperatorError):
                continue
            if seen is not None and hashlib.sha256(seen).digest() != scan.digest:
                self._broken.append("somebody at the prefecture saw a scan that was not the whole file")


async def seen_at(machine: CentreMachine, annexe: str, case: bytes, address: bytes) -> bytes | None:
    """What the prefecture shows of a scan: all of it, or None."""
    if machine.centre is None:
        raise PowerCut(machine.name)
    content = await machine.centre.blobs.open(annexe, case, address)
    return None if content is None else b"".join([piece async for piece in content])


async def unseen(oracle: Oracle, machine: CentreMachine, annexes: Iterable[AnnexeMachine]) -> AsyncIterator[str]:
    """Yield a sentence for each scan that was confirmed and is not whole at the prefecture, or at its annexe."""
    stores = {one.annexe: one.store for one in annexes}
    for scan in oracle.scans:
        seen = await machine.ask(seen_at(machine, scan.annexe, scan.case, scan.address))
        if seen is None or hashlib.sha256(seen).digest() != scan.digest:
            yield f"{scan.annexe}: a scan that a clerk saw confirmed is not whole at the prefecture"
        store = stores[scan.annexe]
        if store is None or not await store.scans.is_whole(scan.address):
            yield f"{scan.annexe}: a scan that a clerk saw confirmed is not whole where he scanned it"


async def _coming(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 5000):
        await asyncio.sleep(0.01)
        yield data[start : start + 5000]


def _opens(card: str, phone: str) -> object:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        await tx.append("cases", account_opened(cnie=card, phone=phone), key_of=subject)
        return subject

    return decide


def _submits(account: bytes, reference: str) -> object:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        await tx.append("cases", request_submitted(account, reference), key_of=subject)
        return subject

    return decide
