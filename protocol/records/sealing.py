"""Sealing under a data key: XChaCha20-Poly1305 with a synthetic nonce.

    sealed = nonce(24) || XChaCha20-Poly1305(key = subkey "THING/seal", nonce, associated data = place, plain)
    nonce  = digest("nonce", place, plain), 24 bytes, keyed with subkey "THING/nonce"

- The nonce is a function of what is sealed and where. A power cut, a cloned card or a restored backup that repeats the
  writer's randomness never repeats a nonce for two plaintexts; equal plaintexts at one place are equal bytes.
- It is recomputed on opening: bytes whose nonce is not the one that a writer makes are refused, so each plaintext has
  one sealed form under its key and place, and no second key opens it to something else, as Poly1305 alone would let.
- `place` binds the bytes to where they stand. Moved elsewhere they do not open.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from protocol.records.hashing import digest
from protocol.records.keys import subkey
from protocol.records.refusals import CannotOpen
from protocol.records.sodium import NONCE_SIZE, SODIUM, TAG_SIZE

OVERHEAD: Final = NONCE_SIZE + TAG_SIZE


class Sealer:
    """A key of 32 bytes in its one use, THING: both subkeys, derived once. For a key that seals more than one thing."""

    __slots__ = ("_nonce_key", "_seal_key")

    def __init__(self, key: bytes, thing: str) -> None:
        self._seal_key = subkey(key, f"{thing}/seal")
        self._nonce_key = subkey(key, f"{thing}/nonce")

    def seal(self, place: bytes, plain: bytes) -> bytes:
        """Seal `plain` at `place`; OVERHEAD bytes longer."""
        nonce = self._nonce(place, plain)
        return nonce + SODIUM.seal(plain, place, nonce, self._seal_key)

    def unseal(self, place: bytes, sealed: bytes) -> bytes:
        """What `seal` sealed at the same place; raises CannotOpen."""
        if len(sealed) < OVERHEAD:
            raise CannotOpen(f"Sealed bytes are at least {OVERHEAD}; these are cut short.")
        nonce, ciphertext = sealed[:NONCE_SIZE], sealed[NONCE_SIZE:]
        plain = SODIUM.open(ciphertext, place, nonce, self._seal_key)
        if plain is None:
            raise CannotOpen("The bytes were not sealed under this key at this place, or were changed since.")
        if not compare_digest(nonce, self._nonce(place, plain)):
            raise CannotOpen("The nonce is not the one that belongs to these bytes: no writer of ours sealed them.")
        return plain

    def _nonce(self, place: bytes, plain: bytes) -> bytes:
        return digest("nonce", place, plain, size=NONCE_SIZE, key=self._nonce_key)


def seal(key: bytes, thing: str, place: bytes, plain: bytes) -> bytes:
    """Seal `plain` for the purpose THING at `place` under a key of 32 bytes; OVERHEAD bytes longer."""
    return Sealer(key, thing).seal(place, plain)


def unseal(key: bytes, thing: str, place: bytes, sealed: bytes) -> bytes:
    """What `seal` sealed with the same key, purpose and place; raises CannotOpen."""
    return Sealer(key, thing).unseal(place, sealed)
