"""From an installed folder to a running centre: the one place where the commands and the server open it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from central.centre import Centre, Keys
from central.installation import Installation

Now = Callable[[], int]
Entropy = Callable[[int], bytes]


def now_ms() -> int:
    """The wall clock in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def software_version() -> str:
    """The version of this software, as records and screens name it."""
    try:
        return version("mulhaqa")
    except PackageNotFoundError:
        return "0.1.0+source"


@asynccontextmanager
async def opened_centre(
    installation: Installation, now: Now, entropy: Entropy, *, database_url: str | None = None
) -> AsyncIterator[Centre]:
    """The centre of an installed folder while the context lasts; OperatorError when its store cannot serve."""
    centre = await Centre.open(
        installation.folder,
        keys=Keys(installation.signing, installation.opening),
        chain=installation.chain,
        roots=[installation.root],
        now=now,
        entropy=entropy,
        software=software_version(),
        database_url=database_url,
    )
    try:
        yield centre
    finally:
        await centre.close()
