"""One writer a store: a lock file that a second process finds taken.

The kernel releases the lock when its holder dies, however it dies, so a power cut leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from protocol.errors import OperatorError

LOCK_NAME = "store.lock"


class StoreBusy(OperatorError):
    """Another process writes here: the service runs."""


class WriterLock:
    """Held from construction to `release`; raises OperatorError when another process (or store) holds it."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(folder / LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OperatorError(f"the data folder {folder} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise StoreBusy(
                f"another process already writes to {folder}: stop it first, a store has one writer"
            ) from error

    def release(self) -> None:
        """Let another writer in; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
