"""Filling an annexe's log, through the store's own writer: accounts, requests, and years of them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from bench.place import now_ms
from bench.requests import Citizen, Document, account_opened, submitted
from edge.installation import open_installation
from edge.opening import open_store
from edge.store.store import Store, Transaction
from protocol.office.events import RequestWithdrawn
from protocol.records.encoding import Value

AT_ONCE = 100
"""Cases of one commit where years are written: as many as a full group of the writer has commands."""

OPEN = 200
"""Requests that are still open in an office of any age: nobody lets a hundred thousand wait."""

TELL_S = 5.0
"""Between two words of progress."""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Store]:
    """The store of an installed annexe that is not running."""
    store = await open_store(open_installation(folder), now_ms, os.urandom)
    try:
        yield store
    finally:
        await store.close()


async def open_accounts(store: Store, citizens: Sequence[Citizen]) -> dict[str, bytes]:
    """Open everybody's account; returns its subject by the number of the card."""
    opened_accounts: dict[str, bytes] = {}
    for first in range(0, len(citizens), AT_ONCE):
        group = citizens[first : first + AT_ONCE]

        async def work(tx: Transaction, group: Sequence[Citizen] = group) -> Value:
            for one in group:
                account = await tx.new_key()
                await tx.append("cases", account_opened(one), key_of=account)
                opened_accounts[one.cnie] = account
            return None

        await store.perform(work)
    return opened_accounts


async def submit(store: Store, documents: Sequence[Document], accounts: Mapping[str, bytes]) -> None:
    """Submit each request as a screen does: a command of its own, a key of its own."""
    chance = Random(len(documents))  # noqa: S311 - references of people who do not exist

    async def one(document: Document) -> None:
        async def decide(tx: Transaction) -> Value:
            account = accounts[document.citizen.cnie]
            case = await tx.new_key()
            await tx.append("cases", submitted(document, account, chance, tx.now_ms), key_of=case)
            return case

        await store.execute(document.id.bytes, decide)

    await asyncio.gather(*(one(document) for document in documents))


async def live(
    store: Store,
    documents: Sequence[Document],
    accounts: Mapping[str, bytes],
    records: int,
    say: Callable[[str], None],
) -> None:
    """Write `records` records: requests of these people, each with a key of its own, withdrawn but for the last few."""
    chance, written, told = Random(records), 0, time.monotonic()  # noqa: S311 - as above
    while written < records:

        async def work(tx: Transaction, written: int = written) -> Value:
            return await _some(tx, documents, accounts, chance, written, records)

        count = await store.perform(work)
        written += count if isinstance(count, int) else 0
        if time.monotonic() - told > TELL_S:
            told = time.monotonic()
            say(f"{written:,} of {records:,} records written")


async def _some(
    tx: Transaction,
    documents: Sequence[Document],
    accounts: Mapping[str, bytes],
    chance: Random,
    written: int,
    records: int,
) -> int:
    count = 0
    for _ in range(AT_ONCE):
        document = documents[chance.randrange(len(documents))]
        event = submitted(document, accounts[document.citizen.cnie], chance, tx.now_ms)
        case = await tx.new_key()
        head = await tx.append("cases", event, key_of=case)
        count += 1
        if written + count + OPEN < records:
            await tx.append("cases", RequestWithdrawn(follows=[head], by=event.by), key_of=case)
            count += 1
        if written + count >= records:
            break
    return count
