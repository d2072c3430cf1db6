"""BLAKE2b (RFC 7693), one purpose a hash.

    digest(THING, parts) = BLAKE2b( "mulhaqa/THING/1" NUL, then each part after its length in 8 bytes, big-endian )

The prefix keeps a hash made for one purpose from ever passing for another; the lengths tell (ab, c) from (a, bc).
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from binascii import Error as Base32Error
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from protocol.errors import CallerError
from protocol.records.refusals import NotASubject

HASH_SIZE: Final = 32
SUBJECT_SIZE: Final = 16
"""128 bits: nobody finds two keys with one subject, and an id stays short enough for an address."""

SUBJECT_TEXT: Final = 26
"""Characters of base 32 for 16 bytes, without padding."""


@lru_cache(maxsize=256)
def prefix(thing: str) -> bytes:
    """What stands before everything that is hashed or signed as THING."""
    if not thing or "\0" in thing or not thing.isascii():
        raise CallerError("The purpose of a hash or signature is a short ASCII word without NUL.")
    return f"mulhaqa/{thing}/1\0".encode()


def digest(thing: str, *parts: bytes, size: int = HASH_SIZE, key: bytes = b"") -> bytes:
    """BLAKE2b of `size` bytes (1 to 64) over the parts, for the purpose THING; `key`: up to 64 bytes, or none."""
    return blake2b(message(thing, *parts), digest_size=size, key=key).digest()


def message(thing: str, *parts: bytes) -> bytes:
    """What `digest` hashes, in one piece: most of it is small, and cheaper so."""
    if len(parts) == 1:
        return prefix(thing) + len(parts[0]).to_bytes(8, "big") + parts[0]
    pieces = [prefix(thing)]
    for part in parts:
        pieces += (len(part).to_bytes(8, "big"), part)
    return b"".join(pieces)


def record_hash(encoded: bytes) -> bytes:
    """The 32 bytes by which a record is named: by `prev`, by checkpoints, by the heads of a case."""
    return digest("record-hash", encoded)


def text_of(subject: bytes) -> str:
    """An account's or case's id as text: lower-case base 32 without padding, 26 characters."""
    if len(subject) != SUBJECT_SIZE:
        raise CallerError(f"A subject has {SUBJECT_SIZE} bytes.")
    return b32encode(subject).decode().rstrip("=").lower()


def subject_from_text(text: str) -> bytes:
    """The id in a text of `text_of`; raises NotASubject for any other text."""
    if len(text) != SUBJECT_TEXT or not text.isascii():
        raise NotASubject("An id of an account or a case has 26 characters of lower-case base 32.")
    try:
        subject = b32decode(text.upper() + "======")
    except Base32Error as error:
        raise NotASubject("An id of an account or a case is lower-case base 32.") from error
    if text_of(subject) != text:
        raise NotASubject("An id of an account or a case is lower-case base 32 in its one form.")
    return subject
