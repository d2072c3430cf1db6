"""The plain way: a secret in a file of mode 0600 on the card, for demonstrations and machines that are locked away.

It protects from a look at a copied database, not from a stolen card. Where there is no `vault.slots`, as in
installations of before there were slots, the file's bytes are the vault's key itself.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from disk.durable import sync_folder
from protocol.errors import OperatorError

KEY_SIZE = 32
KEY_NAME = "vault.key"


class KeyFile:
    """A secret of 32 bytes in a file of mode 0600, owned by the service."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, entropy: Callable[[int], bytes]) -> None:
        """Draw the key and write it durably; raises OperatorError when there is one already."""
        try:
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        except FileExistsError as error:
            raise OperatorError(f"{self._path} exists already: a vault is made once") from error
        except OSError as error:
            raise OperatorError(f"the vault's key cannot be written to {self._path}: {error.strerror}") from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(entropy(KEY_SIZE))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._path.parent)

    def load(self) -> bytes:
        """Return the key; refuses a file that anyone else may read, or that is not a key."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise OperatorError(f"the vault's key {self._path} cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            self._check(os.fstat(file.fileno()))
            key = file.read(KEY_SIZE + 1)
        if len(key) != KEY_SIZE:
            raise OperatorError(f"{self._path} is no vault key: restore the file from the annexe's backup")
        return key

    def _check(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise OperatorError(f"{self._path} is no plain file: restore the vault's key")
        if status.st_mode & 0o077:
            raise OperatorError(f"others may read the vault's key: run `chmod 600 {self._path}`, then start again")
        if status.st_uid not in {os.geteuid(), 0}:
            raise OperatorError(f"the vault's key belongs to another user: run `chown` on {self._path}")


class PlainFile:
    """The way of the kind "file"."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def prepare(self, _slot: str, entropy: Callable[[int], bytes]) -> None:
        """Write a secret there, unless there is one."""
        if not self._path.exists():
            KeyFile(self._path).create(entropy)

    def secret(self, _slot: str) -> bytes:
        """The 32 bytes of the file."""
        return KeyFile(self._path).load()

    def forget(self, _slot: str) -> None:
        """Delete the file. On flash what was deleted may be found again for a while (docs/custody.md)."""
        self._path.unlink(missing_ok=True)
        sync_folder(self._path.parent)
