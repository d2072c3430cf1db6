"""The published keys as a file: read by whoever checks papers, added to when an annexe is admitted.

The server and the commands are several processes: each looks whether the file changed before it uses what it read. The
file holds nothing secret, and is checked as a whole each time it is read.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central.published_keys import PublishedKeys
from disk.durable import write_durably
from protocol.errors import OperatorError
from protocol.records.encoding import decode, encode

PUBLIC = 0o644
LARGEST = 64 * 1024 * 1024
"""Bytes: ten thousand certificates of some 700 bytes, with room."""


class PaperKeys:
    """The published keys in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], PublishedKeys] | None = None

    def current(self) -> PublishedKeys:
        """What is published now; OperatorError when the file is not there, PeerError when it is damaged."""
        try:
            state = self._path.stat()
            stamp = (state.st_mtime_ns, state.st_ino)
            if self._read is None or self._read[0] != stamp:
                self._read = stamp, PublishedKeys.from_value(decode(self._path.read_bytes(), max_size=LARGEST))
        except FileNotFoundError as error:
            raise OperatorError(
                f"{self._path} is missing: restore it from a backup of the data folder; it holds nothing secret."
            ) from error
        return self._read[1]

    def publish(self, keys: PublishedKeys) -> None:
        """Write them, for the first time or anew."""
        write_durably(self._path, encode(keys.to_value()), mode=PUBLIC)

    def admit(self, seal: bytes) -> bool:
        """Add the certificate (DER) of an annexe's seal of codes; False if it is there. PublishedKeysRefused."""
        with self._locked():
            known = self.current()
            if seal in known.seals.values():
                return False
            self.publish(known.with_seal(seal))
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two commands at once add one after the other."""
        with self._path.with_name(f"{self._path.name}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
