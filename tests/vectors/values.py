"""Values in JSON, and the fixed keys that all vectors are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

from protocol.records.encoding import Value
from protocol.records.keys import OpeningKey, SigningKey

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

EXACT = 1 << 53


def fixed(name: str, size: int = 32) -> bytes:
    """The same bytes for the same name, for ever."""
    return sha256(f"mulhaqa test vectors: {name}".encode()).digest()[:size]


SIGNER = SigningKey(fixed("signer"))
STRANGER = SigningKey(fixed("stranger"))
READER = OpeningKey(fixed("reader"))
DATA_KEY = fixed("data key")
OTHER_KEY = fixed("another data key")


def to_json(value: Value) -> Json:
    """A value as JSON holds it without loss."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"map": [[key, to_json(item)] for key, item in value.items()]}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, int) and abs(value) >= EXACT:
        return {"int": str(value)}
    return value


def from_json(value: Json) -> Value:
    """The value in JSON of `to_json`."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    if not isinstance(value, dict):
        raise TypeError("JSON holds arrays and objects.")
    [(tag, inner)] = value.items()
    if tag == "bytes" and isinstance(inner, str):
        return bytes.fromhex(inner)
    if tag == "int" and isinstance(inner, str):
        return int(inner)
    if tag == "map" and isinstance(inner, list):
        pairs = [pair for pair in inner if isinstance(pair, list)]
        return {str(key): from_json(item) for key, item in pairs}
    raise ValueError(f"No value is written as {tag}.")
