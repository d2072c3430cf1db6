"""The data keys at hand: unwrapped once, remembered for the next look.

A subject is the hash of its key, so a remembered key is never stale and never the wrong one. A key that a command drew
stays with that command until it committed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from edge.store.connection import Row, SqlValue
from edge.store.vault import Vault

REMEMBERED = 20_000
"""Keys kept unwrapped: the accounts and open cases of one annexe, about 4 MB; the least used goes first."""


class Source(Protocol):
    """Whatever answers a query: a read connection, or the open transaction."""

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query and return its rows."""


class Keyring:
    """The keys of a store, opened by its vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: OrderedDict[bytes, bytes] = OrderedDict()

    async def key(self, source: Source, subject: bytes) -> bytes | None:
        """Return the key of `subject`, None when it is not held; raises PeerError when the disk's copy is damaged."""
        known = self._opened.get(subject)
        if known is not None:
            self._opened.move_to_end(subject)
            return known
        found = await source.rows("SELECT wrapped FROM keys WHERE subject = ?", (subject,))
        if not found:
            return None
        wrapped = found[0][0]
        if not isinstance(wrapped, bytes):
            return None
        key = self._vault.unwrap(wrapped, subject)
        self.remember(subject, key)
        return key

    def remember(self, subject: bytes, key: bytes) -> None:
        """Keep a key that was committed."""
        self._opened[subject] = key
        if len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)
