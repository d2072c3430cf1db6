"""A backup's outer shell: everything after the first 40 bytes is sealed under a passphrase, in order and to its end.

    "mulhaqa/backup/1\\n"   17 bytes
    salt                    16 bytes, of Argon2id (RFC 9106) with libsodium's "moderate" limits: 256 MiB, three passes
    header                  24 bytes, of libsodium's secretstream (XChaCha20-Poly1305)
    pieces                  64 KiB of plain text each, and 17 bytes more; the last is marked final

The stream cannot be cut, reordered or joined with another unnoticed: what is read before the final piece came is not
believed by whoever restores (`central.backup`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from nacl import bindings, pwhash
from nacl.exceptions import CryptoError

from protocol.errors import OperatorError

MAGIC: Final = b"mulhaqa/backup/1\n"
PIECE: Final = 64 * 1024
"""Bytes of plain text sealed at once: small beside any memory, large beside the 17 bytes that each costs."""

SEALED_PIECE: Final = PIECE + bindings.crypto_secretstream_xchacha20poly1305_ABYTES
SHORTEST_PASSPHRASE: Final = 12
"""Characters: a backup lies about for years, and whoever finds it may guess for as long as he likes."""

FINAL: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
MORE: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE


class BackupRefused(OperatorError):
    """The file is no backup, is damaged, or the passphrase is another."""


def _key(passphrase: str, salt: bytes) -> bytes:
    return pwhash.argon2id.kdf(
        bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES,
        passphrase.encode(),
        salt,
        opslimit=pwhash.argon2id.OPSLIMIT_MODERATE,
        memlimit=pwhash.argon2id.MEMLIMIT_MODERATE,
    )


class SealingWriter:
    """Takes plain bytes, writes sealed pieces; `finish` seals the last."""

    def __init__(self, file: BinaryIO, passphrase: str, entropy: Callable[[int], bytes]) -> None:
        """Begin the file; raises OperatorError for a passphrase that is too short to protect anything."""
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise OperatorError(f"The passphrase is too short: {SHORTEST_PASSPHRASE} characters at least.")
        salt = entropy(pwhash.argon2id.SALTBYTES)
        self._file = file
        self._rest = bytearray()
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        header = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, _key(passphrase, salt))
        file.write(MAGIC + salt + header)

    def write(self, data: bytes) -> int:
        """Take more plain bytes."""
        self._rest += data
        while len(self._rest) > PIECE:
            self._seal(bytes(self._rest[:PIECE]), MORE)
            del self._rest[:PIECE]
        return len(data)

    def finish(self) -> None:
        """Seal what is left as the final piece."""
        self._seal(bytes(self._rest), FINAL)
        self._rest.clear()

    def _seal(self, piece: bytes, tag: int) -> None:
        self._file.write(bindings.crypto_secretstream_xchacha20poly1305_push(self._state, piece, MAGIC, tag))


class OpeningReader:
    """Gives the plain bytes of a backup; raises BackupRefused where a piece does not open, or the end is missing."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        """Open the shell; the passphrase is judged by the first piece."""
        if file.read(len(MAGIC)) != MAGIC:
            raise BackupRefused("This file is no backup of a prefecture: look for the one that `backup` wrote.")
        salt = file.read(pwhash.argon2id.SALTBYTES)
        header = file.read(bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
        if len(header) != bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES:
            raise BackupRefused("This backup ends before it begins: take another copy.")
        self._file = file
        self._rest = b""
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, _key(passphrase, salt))
        self._pieces = 0
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` plain bytes; fewer only at the end."""
        while not self.ended and (size < 0 or len(self._rest) < size):
            self._rest += self._piece()
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    def _piece(self) -> bytes:
        sealed = self._file.read(SEALED_PIECE)
        if not sealed:
            raise BackupRefused("This backup is cut off before its end: take another copy.")
        try:
            plain, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(self._state, sealed, MAGIC)
        except (CryptoError, ValueError) as error:
            if self._pieces == 0:
                raise BackupRefused("The passphrase is not this backup's, or its beginning is damaged.") from error
            raise BackupRefused("This backup is damaged: take another copy.") from error
        self._pieces += 1
        self.ended = tag == FINAL
        if self.ended and self._file.read(1):
            raise BackupRefused("Something was added to this backup: take another copy.")
        return bytes(plain)
