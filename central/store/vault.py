"""The centre's vault: data keys at rest, and the centre's own secrets, sealed by a key file of its own.

`centre.key` is 32 random bytes, readable by the service alone. Whoever has the database without it reads no body, no
view and no login; whoever has the folder without it, no key of the centre. Stronger custody (a token, a passphrase)
comes behind the same class.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from disk.durable import sync_folder
from protocol.errors import OperatorError
from protocol.records.hashing import digest
from protocol.records.keys import subkey
from protocol.records.sealing import Sealer, seal, unseal

NAME = "centre.key"
SIZE = 32


class CentreVault:
    """Seals and opens data keys, each bound to its annexe and subject."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._data_keys = Sealer(key, "centre-data-key")

    @classmethod
    def open(cls, folder: Path, entropy: Callable[[int], bytes]) -> CentreVault:
        """The vault of a data folder, made at its first start; raises OperatorError if others may read the key."""
        path = folder / NAME
        if not path.exists():
            return cls._create(path, entropy(SIZE))
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise OperatorError(
                f"{path} can be read by others (mode {mode:o}): run chmod 600 on it, and ask who read it."
            )
        key = path.read_bytes()
        if len(key) != SIZE:
            raise OperatorError(
                f"{path} is damaged: it must hold {SIZE} bytes. Restore it from the backup of the keys."
            )
        return cls(key)

    @classmethod
    def _create(cls, path: Path, key: bytes) -> CentreVault:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)  # the name itself must survive: keys sealed by a lost vault are lost
        return cls(key)

    def seal_local(self, place: bytes, plain: bytes) -> bytes:
        """A secret of the centre itself, sealed and bound to the place where it is kept."""
        return seal(self._key, "centre-local", place, plain)

    def open_local(self, place: bytes, sealed: bytes) -> bytes:
        """What `seal_local` sealed for this place; raises CannotOpen."""
        return unseal(self._key, "centre-local", place, sealed)

    def blind(self, kind: str, text: str) -> bytes:
        """16 bytes by which a row is found again without the text standing in it."""
        return digest(f"blind-{kind}", text.encode(), size=16, key=subkey(self._key, f"centre-blind-{kind}"))

    def wrap(self, annexe: str, subject: bytes, key: bytes) -> bytes:
        """A data key, sealed for the database."""
        return self._data_keys.seal(_place(annexe, subject), key)

    def unwrap(self, annexe: str, subject: bytes, sealed: bytes) -> bytes:
        """The data key; raises CannotOpen if the row was moved or changed."""
        return self._data_keys.unseal(_place(annexe, subject), sealed)


def _place(annexe: str, subject: bytes) -> bytes:
    return annexe.encode() + b"\0" + subject
