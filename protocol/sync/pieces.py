"""A file sealed to one reader in pieces, so that it is written and read without ever being held whole.

    magic       "mulhaqa/bundle/1" LF       17 bytes
    sealed key  the file's key (32), sealed to the reader's X25519 key: 80 bytes
    pieces      65536 bytes of plain text and a tag of 16, each

- A piece is XChaCha20-Poly1305 under a subkey of the file's key. Its nonce is its number and whether it is the last:
  pieces cannot be moved, repeated, left out or joined with another file's, and a file that was cut has no last piece.
  (The STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizar, 2015.) The key is drawn anew for each file, so no
  nonce ever serves twice.
- All pieces are full: what follows the end of the contents is zeros. So a file's size tells little of what is in it.
- Nothing in the clear names a sender or a reader: `crypto_box_seal` shows neither.
- What was read before a piece that does not open was written by who knew the key; what comes after is not read.
"""

from __future__ import annotations

from typing import Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from protocol.records.keys import SEAL_OVERHEAD, OpeningKey, seal_to, subkey
from protocol.records.refusals import CannotOpen
from protocol.records.sodium import KEY_SIZE, TAG_SIZE
from protocol.sync.refusals import BundleCut, BundleDamaged, NotABundle, NotForUs

MAGIC: Final = b"mulhaqa/bundle/1\n"
SEALED_KEY_SIZE: Final = KEY_SIZE + SEAL_OVERHEAD
HEAD_SIZE: Final = len(MAGIC) + SEALED_KEY_SIZE

PIECE: Final = 64 * 1024
"""Bytes of plain text sealed at once: small beside any memory, large beside the 16 that each costs; also what an empty
bundle takes on the stick."""

SEALED_PIECE: Final = PIECE + TAG_SIZE


class PieceWriter:
    """Takes plain bytes, gives the bytes of the file. `key` and `ephemeral`: 32 fresh random bytes each."""

    def __init__(self, reader: bytes, key: bytes, ephemeral: bytes) -> None:
        self._key = subkey(key, "bundle/piece")
        self._rest = bytearray()
        self._number = 0
        self._head = MAGIC + seal_to(reader, key, ephemeral)
        self._plain = 0

    def size_with(self, plain: int) -> int:
        """Bytes of the file if it ended after so many plain bytes more."""
        return HEAD_SIZE + max(1, -(-(self._plain + plain) // PIECE)) * SEALED_PIECE

    def add(self, plain: bytes) -> bytes:
        """What can be written now; the last full piece is kept back, for it may be the last of all."""
        self._rest += plain
        self._plain += len(plain)
        ready, self._head = self._head, b""
        while len(self._rest) > PIECE:
            ready += self._seal(bytes(self._rest[:PIECE]), last=False)
            del self._rest[:PIECE]
        return ready

    def end(self) -> bytes:
        """The last piece, filled up with zeros."""
        return self._seal(bytes(self._rest).ljust(PIECE, b"\0"), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> bytes:
        nonce = _nonce(self._number, last=last)
        self._number += 1
        return crypto_aead_xchacha20poly1305_ietf_encrypt(piece, MAGIC, nonce, self._key)


class PieceReader:
    """Takes the bytes of a file as they come, gives the plain bytes."""

    def __init__(self, opening: OpeningKey) -> None:
        self._opening = opening
        self._rest = bytearray()
        self._key: bytes | None = None
        self._number = 0
        self.key = b""
        """The file's key, once its head was read."""

    def feed(self, data: bytes) -> bytes:
        """The plain bytes that these complete; raises NotABundle, NotForUs or BundleDamaged."""
        self._rest += data
        if self._key is None:
            self._key = self._read_head()
        plain = bytearray()
        while self._key is not None and len(self._rest) > SEALED_PIECE:
            plain += self._open(self._key, bytes(self._rest[:SEALED_PIECE]))
            del self._rest[:SEALED_PIECE]
        return bytes(plain)

    def finish(self) -> bytes:
        """The plain bytes of the last piece, after the last byte was fed; raises BundleCut as well."""
        if self._key is None:
            raise _no_bundle() if not MAGIC.startswith(bytes(self._rest[: len(MAGIC)])) else _cut()
        if len(self._rest) < SEALED_PIECE:
            raise _cut()
        piece = bytes(self._rest)
        try:
            return self._decrypt(self._key, piece, last=True)
        except CryptoError:
            self._open(self._key, piece)  # damaged, or sound and not the last
            raise _cut() from None

    def _read_head(self) -> bytes | None:
        if not MAGIC.startswith(bytes(self._rest[: len(MAGIC)])):
            raise _no_bundle()
        if len(self._rest) < HEAD_SIZE:
            return None
        sealed = bytes(self._rest[len(MAGIC) : HEAD_SIZE])
        del self._rest[:HEAD_SIZE]
        try:
            self.key = self._opening.open(sealed)
        except CannotOpen as error:
            raise NotForUs("This file is sealed to somebody else, or its beginning is damaged.") from error
        return subkey(self.key, "bundle/piece")

    def _open(self, key: bytes, piece: bytes) -> bytes:
        try:
            plain = self._decrypt(key, piece, last=False)
        except CryptoError as error:
            raise BundleDamaged(
                f"Piece {self._number} of this file is damaged or not in its place: have it exported again."
            ) from error
        self._number += 1
        return plain

    def _decrypt(self, key: bytes, piece: bytes, *, last: bool) -> bytes:
        nonce = _nonce(self._number, last=last)
        return crypto_aead_xchacha20poly1305_ietf_decrypt(piece, MAGIC, nonce, key)


def _nonce(number: int, *, last: bool) -> bytes:
    return bytes(15) + number.to_bytes(8, "big") + bytes([last])


def _cut() -> BundleCut:
    return BundleCut("This file ends before its end: the stick was pulled, or the copy is not whole. Export it again.")


def _no_bundle() -> NotABundle:
    return NotABundle("This file is no bundle: choose one that an export wrote.")
