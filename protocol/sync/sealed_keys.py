"""Data keys on their way to one reader, ahead of the records that need them.

    alone     each key in a sealed box of its own: 80 bytes, and an agreement of X25519 at both ends
    together  all keys of a batch in one box, in the order of their subjects: 48 bytes, and 32 for each key
    boxed     in one box with the records that they open (`protocol.sync.boxed`): 32 for each key

- Boxed is how a conversation carries them since version 3; together is how version 2 did, alone how version 1 did, and
  how bundles do: what is in a bundle may be read long after, by an older release.
- A box is opened once for all its keys. That each key is the one that its subject names is for the reader to check;
  of one that came boxed the subject was never said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocol.records.keys import DATA_KEY_SIZE, OpeningKey, seal_to
from protocol.sync.batches import ArrivedKey, OpenedKey, SealedKey

TOGETHER_SINCE = 2
"""The version of the protocol in which keys travel together."""

Held = Sequence[tuple[bytes, bytes]]
"""Subjects and their data keys."""


def seal_alone(reader: bytes, held: Held, entropy: Callable[[int], bytes]) -> list[SealedKey]:
    """Each key sealed to the X25519 key of a reader, in a box of its own."""
    return [SealedKey(subject, seal_to(reader, key, entropy(32))) for subject, key in held]


def seal_together(reader: bytes, held: Held, entropy: Callable[[int], bytes]) -> list[SealedKey]:
    """All keys sealed to the X25519 key of a reader in one box; none for none."""
    if not held:
        return []
    box = seal_to(reader, b"".join(key for _, key in held), entropy(32))
    return [SealedKey(subject, box, place) for place, (subject, _) in enumerate(held)]


class Opener:
    """Opens the keys of one batch: each box once."""

    def __init__(self, opening: OpeningKey) -> None:
        self._opening = opening
        self._box = b""
        self._keys = b""

    def open(self, sealed: ArrivedKey) -> bytes:
        """The key; raises CannotOpen."""
        if isinstance(sealed, OpenedKey):
            return sealed.key
        if sealed.place is None:
            return self._opening.open(sealed.sealed)
        if sealed.sealed is not self._box:
            self._keys = self._opening.open(sealed.sealed)
            self._box = sealed.sealed
        first = sealed.place * DATA_KEY_SIZE
        return self._keys[first : first + DATA_KEY_SIZE]
