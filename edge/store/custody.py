"""Who keeps the vault's master key.

The vault asks its custodian once, at opening. Today that is a plain file that the service alone can read: it protects
from a look at a copied database, not from a stolen card. Stronger custody (the Pi's one-time-programmable secret, a
passphrase, a USB key, a systemd credential) is another class of the same shape.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from disk.durable import sync_folder
from protocol.errors import OperatorError

KEY_SIZE = 32
KEY_NAME = "vault.key"


class Custody(Protocol):
    """What keeps the master key while the appliance is off."""

    def load(self) -> bytes:
        """Return the 32 bytes; raises OperatorError when they cannot be had, saying what to do."""


class KeyFile:
    """The master key in a file of mode 0600, owned by the service."""

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
