"""Scans in the tests of store and sync: attached and removed as the services do it, without an office."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from edge.store.store import Store, Transaction
from protocol.office.events import CertificateSealed, PieceScanned, ScanRemoved
from protocol.records import sealing
from protocol.records.encoding import Value
from protocol.records.hashing import digest
from protocol.records.keys import subkey
from tests.edge.store.life import LIFE, SYSTEM, live
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


PAPER = b"%PDF-1.7 a sealed certificate " + bytes(range(256)) * 400
"""Some 100 KB, as a certificate with its fonts has: 13 chunks."""


async def grant(store: Store, case: bytes) -> None:
    """Lead a request to its grant."""
    for number, step in enumerate(LIFE[:3]):
        await live(store, case, step, f"grants {case.hex()} {number}")


async def seal(
    store: Store,
    case: bytes,
    pdf: bytes = PAPER,
    serial: str = "abcdefghijklmnop",
    *,
    coming: Callable[[bytes], AsyncIterator[bytes]] = pieces,
) -> bytes:
    """Seal the certificate of a case that was granted as `edge.services.settling` does, without a press; returns its
    address. Raises NotHere."""
    async with store.reading() as reader:
        key = await reader.data_key(case)
    if key is None:
        raise NotHere
    async with store.scans.sealing(key, coming(pdf)) as sealed, store.scans.naming(sealed.address):
        await store.scans.keep(sealed)

        async def decide(tx: Transaction) -> Value:
            found = await tx.case(case)
            if found is None:
                raise NotHere
            event = CertificateSealed(
                follows=list(found.heads),
                serial=serial,
                pdf_hash=digest("pdf", pdf),
                blob=sealed.address,
                size=sealed.size,
                token="MLQ1:TEST",
                template="residence",
                by=SYSTEM,
            )
            await tx.append("cases", event, key_of=case)
            return None

        await store.execute(command(f"seals {case.hex()} {serial}"), decide)
    return sealed.address


async def printed(store: Store, case: bytes) -> bytes | None:
    """The certificate's PDF as the counter prints it; None while its file is not here."""
    async with store.reading() as reader:
        found, key = await reader.case(case), await reader.data_key(case)
    assert found is not None
    assert found.certificate is not None
    assert key is not None
    content = await store.scans.open(key, found.certificate.blob, found.certificate.size)
    return None if content is None else b"".join([piece async for piece in content])


async def older(store: Store, case: bytes, pdf: bytes) -> bytes:
    """Put a certificate where earlier releases kept it; returns its name."""
    async with store.reading() as reader:
        key = await reader.data_key(case)
    assert key is not None
    sealed = sealing.seal(subkey(key, "blob"), "blob", case, pdf)
    name = digest("blob", sealed)

    async def work(tx: Transaction) -> Value:
        tx.write("INSERT INTO blobs (hash, subject, bytes) VALUES (?, ?, ?)", (name, case, sealed))
        return None

    await store.perform(work)
    return name


async def remove(store: Store, case: bytes, address: bytes) -> None:
    """Write that a scan was a mistake; its file is left to the next start."""

    async def decide(tx: Transaction) -> Value:
        found = await tx.case(case)
        assert found is not None
        event = ScanRemoved(follows=list(found.heads), piece="bill", blob=address, by=CLERK)
        await tx.append("cases", event, key_of=case)
        return None

    await store.execute(command(f"removes {address.hex()}"), decide)
