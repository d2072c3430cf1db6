"""Certificates of before they were blobs (`edge.store.scans`): one row each, sealed whole under the key of their case,
and named by the hash of the sealed bytes. They are read here, and nothing writes them any more."""

from __future__ import annotations

from protocol.errors import PeerError
from protocol.records.hashing import digest
from protocol.records.keys import subkey
from protocol.records.sealing import unseal


def open_older(key: bytes, subject: bytes, name: bytes, sealed: bytes) -> bytes:
    """Open a file; raises PeerError when the bytes are not those that the name is of, CannotOpen under another key."""
    if digest("blob", sealed) != name:
        raise PeerError("a stored file is damaged: restore it from a backup")
    return unseal(subkey(key, "blob"), "blob", subject, sealed)
