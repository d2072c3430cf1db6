"""Files that belong to someone (a certificate's PDF): sealed under his key, named by the hash of the sealed bytes."""

from __future__ import annotations

from protocol.errors import PeerError
from protocol.records.hashing import digest
from protocol.records.keys import subkey
from protocol.records.sealing import seal, unseal

MAX_BLOB = 16 * 1024 * 1024
"""Bytes: a scanned A4 page in colour is 1 to 3 MB; sixteen keep a slip of the upload out of one SQLite row."""


def seal_blob(key: bytes, subject: bytes, plain: bytes) -> tuple[bytes, bytes]:
    """Return the hash and the sealed bytes of a file."""
    sealed = seal(subkey(key, "blob"), "blob", subject, plain)
    return digest("blob", sealed), sealed


def open_blob(key: bytes, subject: bytes, hash_: bytes, sealed: bytes) -> bytes:
    """Open a file; raises PeerError when the bytes are not those that the hash names, CannotOpen under another key."""
    if digest("blob", sealed) != hash_:
        raise PeerError("a stored file is damaged: restore it from the mirror")
    return unseal(subkey(key, "blob"), "blob", subject, sealed)
