"""The newest list of void certificates as a file beside the published keys: what papers are checked with, no secret.

The server and the commands are several processes: each looks whether the file changed before it uses what it read, and
checks it as a stranger would.
"""

from __future__ import annotations

from pathlib import Path

from central.revocation_list import RevocationList, read_list
from disk.durable import write_durably
from protocol.records.credentials import Credential

PUBLIC = 0o644


class RevocationFile:
    """The list in a file."""

    def __init__(self, path: Path, root: Credential) -> None:
        self._path = path
        self._root = root
        self._read: tuple[tuple[int, int], bytes, RevocationList] | None = None

    def current(self) -> RevocationList | None:
        """What is published now; None before the first list. PeerError when the file is damaged: publish it again."""
        found = self._looked_at()
        return found[2] if found else None

    def document(self) -> bytes | None:
        """The list's bytes, for whoever asks; None before the first."""
        found = self._looked_at()
        return found[1] if found else None

    def write(self, document: bytes) -> RevocationList:
        """Put a list into the file, in the place of the one before; PeerError when it does not hold."""
        checked = read_list(document, self._root)
        write_durably(self._path, document, mode=PUBLIC)
        return checked

    def _looked_at(self) -> tuple[tuple[int, int], bytes, RevocationList] | None:
        try:
            state = self._path.stat()
            stamp = (state.st_mtime_ns, state.st_ino)
            if self._read is None or self._read[0] != stamp:
                data = self._path.read_bytes()
                self._read = stamp, data, read_list(data, self._root)
        except FileNotFoundError:
            return None
        return self._read
