"""Secrets at rest under a passphrase: Argon2id (RFC 9106) and XChaCha20-Poly1305.

    box     encode([1, thing, passes, memory (KiB), salt(16), sealed])
    key     Argon2id(passphrase in NFC, salt, passes, memory, one lane), 32 bytes
    sealed  XChaCha20-Poly1305 under the key, nonce 24 zeros, associated data
            "mulhaqa/strongbox/1" NUL + encode(first five fields)

Why it is safe:

- The salt is drawn for each box, so each key seals one message: the nonce need not vary.
- The cost stands in the box: an old one opens after a new release has raised it. It is bounded before it is paid, so a
  box made by somebody else takes neither all memory nor the day.
- `thing` is what is inside ("roots", "authority"): a box of one kind never opens as another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from protocol.errors import OperatorError, PeerError
from protocol.records.encoding import Value, decode, encode
from protocol.records.hashing import prefix
from protocol.records.sodium import KEY_SIZE, NONCE_SIZE, SODIUM

VERSION: Final = 1
SALT: Final = 16
MAX_BOX: Final = 16 * 1024 * 1024
"""Bytes: an authority's folder is some ten small files; its log grows by 300 bytes for each credential."""

MAX_PASSES: Final = 32
MAX_MEMORY_KIB: Final = 4 * 1024 * 1024
"""What a box may ask for: four times the memory and eight times the passes that this release asks for."""

NO_NONCE: Final = bytes(NONCE_SIZE)
NO_BOX: Final = "This is nothing that Mulhaqa sealed with a passphrase."


class BoxRefused(PeerError):
    """The bytes are no box of this kind, or were changed since, or the passphrase is another."""

    kind = "box-refused"


@dataclass(frozen=True, slots=True)
class Cost:
    """What trying one passphrase costs: passes over the memory, and its size in KiB."""

    passes: int
    memory_kib: int


SENSITIVE: Final = Cost(argon2id.OPSLIMIT_SENSITIVE, argon2id.MEMLIMIT_SENSITIVE // 1024)
"""libsodium's parameters for highly sensitive data: 4 passes over 1 GiB, some five seconds, and that once a year."""

MODERATE: Final = Cost(argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE // 1024)
"""libsodium's parameters for sensitive data: 3 passes over 256 MiB, a second or two of an appliance at each start."""

DEMO: Final = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN // 1024)
"""The least that there is, for demonstrations and tests, whose passphrase lies beside the box anyway."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a box is sealed with. `repr` shows no passphrase."""

    passphrase: str
    cost: Cost = SENSITIVE

    def __repr__(self) -> str:
        return f"Lock(cost={self.cost})"


def seal(thing: str, secret: bytes, lock: Lock, entropy: Callable[[int], bytes]) -> bytes:
    """The box of `secret`; OperatorError when the machine has too little memory."""
    head: list[Value] = [VERSION, thing, lock.cost.passes, lock.cost.memory_kib, entropy(SALT)]
    return encode([*head, SODIUM.seal(secret, _place(head), NO_NONCE, _key(lock.passphrase, head))])


def open_box(thing: str, box: bytes, passphrase: str) -> bytes:
    """What is in the box; raises BoxRefused, or OperatorError when the machine has too little memory."""
    *head, sealed = _fields(box)
    if head[1] != thing:
        raise BoxRefused(f"This holds {head[1]!r}, not {thing!r}: give the other file.")
    secret = SODIUM.open(sealed, _place(head), NO_NONCE, _key(passphrase, head)) if isinstance(sealed, bytes) else None
    if secret is None:
        raise BoxRefused("The passphrase does not open it, or it was changed since it was made. Type it again.")
    return secret


def cost_of(box: bytes) -> Cost:
    """What trying a passphrase on this box costs; raises BoxRefused."""
    match _fields(box):
        case [_, _, int(passes), int(memory), *_]:
            return Cost(passes, memory)
    raise BoxRefused(NO_BOX)


def _fields(box: bytes) -> list[Value]:
    match decode(box, max_size=MAX_BOX):
        case [int(version), str(thing), int(passes), int(memory), bytes(salt), bytes(sealed)]:
            good = version == VERSION and len(salt) == SALT
            if good and 1 <= passes <= MAX_PASSES and 8 <= memory <= MAX_MEMORY_KIB:
                return [version, thing, passes, memory, salt, sealed]
    raise BoxRefused(NO_BOX)


def _place(head: list[Value]) -> bytes:
    return prefix("strongbox") + encode(head)


def _key(passphrase: str, head: list[Value]) -> bytes:
    _, _, passes, memory, salt = head
    typed = unicodedata.normalize("NFC", passphrase).encode()  # é has two spellings, and keyboards differ
    if not isinstance(passes, int) or not isinstance(memory, int) or not isinstance(salt, bytes):
        raise BoxRefused(NO_BOX)
    try:
        return bytes(argon2id.kdf(KEY_SIZE, typed, salt, opslimit=passes, memlimit=memory * 1024))
    except CryptoError as error:
        raise OperatorError(
            f"This needs {memory // 1024} MiB of free memory for a moment: close other programs, or use another one."
        ) from error
