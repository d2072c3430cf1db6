"""Columns as the schema declares them; a damaged file may hold anything, so each is checked as it is read."""

from __future__ import annotations

from edge.store.connection import SqlValue
from protocol.errors import PeerError


def blob(value: SqlValue) -> bytes:
    """Return a column that the schema says is a BLOB."""
    if not isinstance(value, bytes):
        raise PeerError("a row of the store is damaged: run `mulhaqa-edge verify-log`")
    return value


def text(value: SqlValue) -> str:
    """Return a column that the schema says is TEXT."""
    if not isinstance(value, str):
        raise PeerError("a row of the store is damaged: run `mulhaqa-edge verify-log`")
    return value


def number(value: SqlValue) -> int:
    """Return a column that the schema says is INTEGER."""
    if not isinstance(value, int):
        raise PeerError("a row of the store is damaged: run `mulhaqa-edge verify-log`")
    return value
