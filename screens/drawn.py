"""Random bytes drawn in advance, for the ids of forms: a page has several, and a system call costs more than one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 4096
"""Bytes: the ids of a few dozen pages."""


class Drawn:
    """Ids tell commands apart and are no secret: what is one (a session's token) is drawn by itself."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._bytes = b""
        self._used = 0

    def take(self, size: int) -> bytes:
        """Return `size` bytes that were never returned before."""
        begin, end = self._used, self._used + size
        if end > len(self._bytes):
            self._bytes, begin, end = self._entropy(max(AT_ONCE, size)), 0, size
        self._used = end
        return self._bytes[begin:end]
