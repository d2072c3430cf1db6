"""The store of an appliance whose service does not run, for a command that writes."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge.custody_typing import terminal
from edge.installation import Installation, open_installation
from edge.opening import open_store
from edge.store.lock import StoreBusy
from edge.store.store import Store
from protocol.errors import OperatorError


def now_ms() -> int:
    """Return the wall clock in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def sole_writer(folder: Path, *, busy: str) -> AsyncIterator[tuple[Installation, Store]]:
    """Open the store of a data folder; OperatorError, which says `busy`, while the appliance's service writes there."""
    installation = open_installation(folder, terminal())
    try:
        store = await open_store(installation, now_ms, os.urandom)
    except StoreBusy as error:
        raise OperatorError(busy) from error
    try:
        yield installation, store
    finally:
        await store.close()
