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
from protocol.errors import PeerError

REMEMBERED = 20_000
"""Keys kept unwrapped: the accounts and open cases of one annexe, about 4 MB; the least used goes first."""

TOGETHER = 500
"""Keys of one question: a batch or two on their way to a reader; SQLite takes 32,766 parameters."""


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

    async def sound_keys(self, source: Source, subjects: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the keys of these subjects, in their order; one that is not held or damaged on the disk is left out.

        They are asked for together, and none is remembered for it: an annexe's whole log may be on its way to a reader.
        """
        missing = [subject for subject in subjects if subject not in self._opened]
        wrapped: dict[SqlValue, SqlValue] = {}
        for first in range(0, len(missing), TOGETHER):
            some = missing[first : first + TOGETHER]
            marks = ", ".join("?" for _ in some)
            rows = await source.rows(f"SELECT subject, wrapped FROM keys WHERE subject IN ({marks})", some)  # noqa: S608 - marks
            wrapped.update((subject, sealed) for subject, sealed in rows)
        found = {}
        for subject in subjects:
            sealed = wrapped.get(subject)
            key = self._sound(subject, sealed) if isinstance(sealed, bytes) else self._opened.get(subject)
            if key is not None:
                found[subject] = key
        return found

    def _sound(self, subject: bytes, wrapped: bytes) -> bytes | None:
        try:
            return self._vault.unwrap(wrapped, subject)
        except PeerError:
            return None

    def remember(self, subject: bytes, key: bytes) -> None:
        """Keep a key that was committed."""
        self._opened[subject] = key
        if len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)
