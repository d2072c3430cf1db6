"""Events that ingest has opened, kept until they are folded a moment later, so that they need not be opened twice.

A convenience of memory and nothing more: whatever is not here is read from the disk. It is given out once, and only
for a row that still holds the bytes that were taken in: what the disk has damaged meanwhile is found as ever.
"""

from __future__ import annotations

# Some 10 MB. Beyond that the later ones are read from the disk: folding begins with the earlier.
ROOM = 8_192


class Fresh:
    """By record hash."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._opened: dict[bytes, tuple[bytes, bytes]] = {}

    def keep(self, hash_: bytes, encoded: bytes, plain: bytes) -> None:
        """A record that is committed, and the bytes of its event."""
        if len(self._opened) < self._room:
            self._opened[hash_] = (encoded, plain)

    def take(self, hash_: bytes, encoded: bytes) -> bytes | None:
        """The bytes of the event in a record, as its row has it now; None if that is not known."""
        kept, plain = self._opened.pop(hash_, (None, None))
        return plain if kept == encoded else None
