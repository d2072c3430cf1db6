"""Scans in the tests of store and sync: attached and removed as the services do it, without an office."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from edge.store.store import Store, Transaction
from protocol.office.events import PieceScanned, ScanRemoved
from protocol.records.encoding import Value
from tests.edge.store.support import CLERK, command

PAGE = b"%PDF-" + bytes(range(251)) * 200


class NotHere(Exception):
    """The request that somebody works on is not on this appliance: its card was restored, and the tail has not come."""


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """A file as it comes."""
    yield data[:10]
    yield data[10:]


async def attach(
    store: Store,
    case: bytes,
    data: bytes = PAGE,
    number: str = "one",
    *,
    coming: Callable[[bytes], AsyncIterator[bytes]] = pieces,
) -> bytes:
    """Attach a scan to a case, as `edge.services.scans` does it: durable first, then named; returns its address.

    `number` makes the command's id. Raises NotHere.
    """
    async with store.reading() as reader:
        key = await reader.data_key(case)
    if key is None:
        raise NotHere
    async with store.scans.sealing(key, coming(data)) as sealed, store.scans.naming(sealed.address):
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
                media="application/pdf",
                by=CLERK,
            )
            await tx.append("cases", event, key_of=case)
            return None

        await store.execute(command(f"scan {number}"), decide)
    return sealed.address


async def remove(store: Store, case: bytes, address: bytes) -> None:
    """Write that a scan was a mistake; its file is left to the next start."""

    async def decide(tx: Transaction) -> Value:
        found = await tx.case(case)
        assert found is not None
        event = ScanRemoved(follows=list(found.heads), piece="bill", blob=address, by=CLERK)
        await tx.append("cases", event, key_of=case)
        return None

    await store.execute(command(f"removes {address.hex()}"), decide)
