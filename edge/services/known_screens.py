"""Which devices are screens of this annexe, in memory: every request asks, a commit that concerns a screen changes it.

A machine that does not write in the annexe's name (a standby) knows the annexe's screens too; one that is paired at
its own console is known until its service ends, for it may write nothing down. When a screen was seen last is kept
here alone: it is worth no record, and no wear of the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from edge.services.elapsed import passed
from edge.store.rows import Committed, ScreenView
from edge.store.store import Store
from protocol.records.hashing import digest

OF_SCREENS: Final = "screen."
"""How the kinds of events begin that change which screens there are."""

RENEWED_MS: Final = 24 * 3600 * 1000


def token_hash(secret: str) -> bytes:
    """Return what the log keeps of a device's secret (32 bytes)."""
    return digest("screen secret", secret.encode())


def screen_id(hash_: bytes) -> bytes:
    """Return the id (16 bytes) of the screen whose secret has this hash."""
    return digest("screen", hash_, size=16)


def topic_of(screen: bytes) -> str:
    """Return the topic that ends a screen's own streams."""
    return f"screen:{screen.hex()}"


class Screens:
    """Which devices are screens of this annexe, in memory."""

    def __init__(self) -> None:
        self._paired: Mapping[bytes, ScreenView] | None = None
        self._at_hand: dict[str, ScreenView] = {}
        self._guests: dict[bytes, ScreenView] = {}
        self._edition = 0
        self._listens = False
        self._seen: dict[bytes, int] = {}
        self._renewed: dict[bytes, int] = {}

    async def known(self, store: Store) -> Mapping[bytes, ScreenView]:
        """Return the paired screens by the hash of their secret."""
        if not self._listens:
            store.on_commit(self._committed)
            self._listens = True
        if self._paired is not None:
            return self._paired
        edition = self._edition
        async with store.reading() as reader:
            found = {one.token_hash: one for one in await reader.screens() if not one.removed}
        paired = {**found, **self._guests}
        if edition == self._edition:
            self._paired = paired
        return paired

    def _committed(self, changes: Sequence[Committed]) -> None:
        if any(change.kind.startswith(OF_SCREENS) for change in changes):
            self._forget()

    def at_hand(self, secret: str) -> ScreenView | None:
        """Return the screen that holds this secret and was let in with it before; None for one to be looked for."""
        return self._at_hand.get(secret)

    async def with_secret(self, store: Store, secret: str) -> ScreenView | None:
        """Return the paired screen that holds this secret, and have it at hand from now on."""
        known = await self.known(store)
        found = known.get(token_hash(secret))
        if found is not None and known is self._paired:
            self._at_hand[secret] = found
        return found

    def _forget(self) -> None:
        self._paired = None
        self._at_hand.clear()
        self._edition += 1

    def welcome(self, screen: ScreenView) -> None:
        """Know a screen until the service ends."""
        self._guests[screen.token_hash] = screen
        self._forget()

    def dismiss(self, screen: bytes) -> bool:
        """Know a screen of `welcome` no more; whether it was one."""
        left = {hash_: one for hash_, one in self._guests.items() if one.screen != screen}
        was_guest = len(left) < len(self._guests)
        self._guests = left
        self._forget()
        return was_guest

    def see(self, screen: bytes, now_ms: int) -> None:
        """Note that a screen asked for something."""
        self._seen[screen] = now_ms

    def renew(self, screen: bytes, now_ms: int) -> bool:
        """Say whether a screen is to be given its secret again now: once a day."""
        last = self._renewed.get(screen)
        if last is not None and not passed(last, RENEWED_MS, now_ms):
            return False
        self._renewed[screen] = now_ms
        return True

    def seen_ms(self, screen: bytes) -> int | None:
        """Return when a screen was seen last, None if not since the service began."""
        return self._seen.get(screen)
