"""The names of everybody, opened once after a start, some at a time between the pages that are served.

A town's accounts take a second to open, on a slow machine several: no screen waits for that but a search by name, and
it waits until all can be found. What is committed meanwhile is newer than what is read of the same account, so it
stands; a rebuild names everybody anew, and nothing is read after it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from edge.store.columns import blob
from edge.store.connection import Row
from edge.store.names import NameIndex
from edge.store.reader import Reader
from edge.store.transaction import Changes
from edge.store.vault import Vault
from edge.store.views.accounts import names_of, open_account
from protocol.errors import PeerError

logger = logging.getLogger(__name__)

PAGE = 100
"""Accounts opened at a time: a hundredth of a second, some hundredths on a Pi, which the next page waits at most."""

ACCOUNTS = (
    "SELECT subject, details, wrapped FROM accounts JOIN keys USING (subject)"
    " WHERE subject > ? ORDER BY subject LIMIT ?"
)

Look = Callable[[], AbstractAsyncContextManager[Reader]]


class Names:
    """Who is called what; `look` reads what is committed. Made by the store, and closed by it."""

    def __init__(self, look: Look, vault: Vault) -> None:
        self._look = look
        self._vault = vault
        self._index = NameIndex()
        self._loading: asyncio.Task[None] | None = None
        self._rebuilt = False

    def begin(self) -> None:
        """Read everybody's names now, not only when somebody searches."""
        self._begun()

    async def search(self, text: str, limit: int) -> list[bytes]:
        """Return the accounts whose names resemble `text`, the likeliest first, at most `limit`.

        Not to be asked by who holds a reader: one is needed to read the names. Raises OperatorError when the disk
        cannot be read; the next search tries again.
        """
        await asyncio.shield(self._begun())  # who gives up searching does not stop it for the next
        return self._index.search(text, limit)

    def take_over(self, changes: Changes) -> None:
        """Know what was just committed."""
        if changes.rebuilt:
            self._rebuilt = True
            self._index.clear()
        for named in changes.named:
            self._index.put(named.subject, named.names)

    async def close(self) -> None:
        """Read no more."""
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)

    def _begun(self) -> asyncio.Task[None]:
        if self._loading is None or _failed(self._loading):
            self._loading = asyncio.create_task(self._load(), name="names")
        return self._loading

    async def _load(self) -> None:
        last: bytes | None = b""
        while last is not None:
            rows = await self._page(last)
            if self._rebuilt:
                return
            for subject, details, wrapped in rows:
                self._know(blob(subject), blob(details), blob(wrapped))
            last = blob(rows[-1][0]) if len(rows) == PAGE else None

    async def _page(self, last: bytes) -> Sequence[Row]:
        async with self._look() as reader:
            return await reader.rows(ACCOUNTS, (last, PAGE))

    def _know(self, subject: bytes, details: bytes, wrapped: bytes) -> None:
        if subject in self._index:
            return
        try:
            account = open_account(self._vault.unwrap(wrapped, subject), subject, details)
        except PeerError as error:  # one damaged row hides one person from this search, and nobody else
            logger.warning("an account cannot be found by its name: %s", error)
            return
        self._index.put(subject, names_of(account))


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
