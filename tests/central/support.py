"""What the tests of the centre share: a prefecture in a folder, and annexes that its issuer vouches for."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from central.centre import Centre, Keys
from protocol.records.keys import OpeningKey, SigningKey
from tests.edge.store.support import Chance, Clock
from tests.protocol.sync.support import make_prefecture, seed

PREFECTURE = make_prefecture()


def drawn(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


async def open_centre(folder: Path, *, clock: Clock | None = None, software: str = "0.1.0") -> Centre:
    identity = PREFECTURE.identity("centre", "prefecture")
    return await Centre.open(
        folder,
        keys=Keys(SigningKey(seed("prefecture")), OpeningKey(seed("prefecture/x"))),
        chain=identity.chain,
        roots=[PREFECTURE.root],
        now=clock or Clock(),
        entropy=Chance(),
        software=software,
    )


@asynccontextmanager
async def centre_in(folder: Path) -> AsyncIterator[Centre]:
    centre = await open_centre(folder)
    try:
        yield centre
    finally:
        await centre.close()
