"""Keys: Ed25519 to sign, X25519 to be sealed to, 32 random bytes to seal with. One key has one use.

- Signatures are Ed25519 (RFC 8032) as libsodium verifies it: S below the group's order, R and key not of small order,
  the key in its canonical encoding. The message begins with its purpose's prefix: no signature serves two purposes.
- `check_public` is stricter, for the moment a key is accepted: it must be a point of the prime-order subgroup.
- A message sealed to an X25519 key is libsodium's crypto_box_seal; the ephemeral key's seed is an argument.
- A data key is never used itself: `subkey` derives one for each purpose, `subject_of` the public id of what it seals.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Final

from nacl.bindings import (
    crypto_box,
    crypto_box_seal_open,
    crypto_box_seed_keypair,
    crypto_core_ed25519_is_valid_point,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import CryptoError

from protocol.errors import CallerError
from protocol.records.hashing import SUBJECT_SIZE, digest, message, prefix
from protocol.records.refusals import BadKey, BadSignature, CannotOpen
from protocol.records.sodium import KEY_SIZE, NONCE_SIZE, PUBLIC_SIZE, SIGNATURE_SIZE, SODIUM, TAG_SIZE

SEED_SIZE: Final = 32
KEY_ID_SIZE: Final = 16
DATA_KEY_SIZE: Final = KEY_SIZE
SEAL_OVERHEAD: Final = PUBLIC_SIZE + TAG_SIZE
"""What `seal_to` adds: an ephemeral public key, and a tag."""


class SigningKey:
    """An Ed25519 key made from a seed of 32 random bytes."""

    __slots__ = ("_secret", "id", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        _check_size(seed, SEED_SIZE, "A signing key's seed")
        self.seed = seed
        self.public, self._secret = crypto_sign_seed_keypair(seed)
        self.id = key_id(self.public)

    def __repr__(self) -> str:
        return f"SigningKey(id={self.id.hex()})"

    def sign(self, thing: str, message: bytes) -> bytes:
        """The 64 bytes of signature over the message for the purpose THING."""
        return SODIUM.sign(prefix(thing) + message, self._secret)


class OpeningKey:
    """An X25519 key made from a seed of 32 random bytes (libsodium's crypto_box_seed_keypair)."""

    __slots__ = ("_secret", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        _check_size(seed, SEED_SIZE, "An opening key's seed")
        self.seed = seed
        self.public, self._secret = crypto_box_seed_keypair(seed)

    def __repr__(self) -> str:
        return f"OpeningKey(public={self.public.hex()})"

    def open(self, sealed: bytes) -> bytes:
        """What was sealed to this key; raises CannotOpen."""
        if len(sealed) < SEAL_OVERHEAD:
            raise CannotOpen(f"Bytes sealed to a key are at least {SEAL_OVERHEAD}.")
        try:
            return crypto_box_seal_open(sealed, self.public, self._secret)
        except CryptoError as error:
            raise CannotOpen("The bytes were not sealed to this key, or were changed since.") from error


def seal_to(public: bytes, message: bytes, entropy: bytes) -> bytes:
    """Seal a message so that only the holder of an X25519 key reads it.

    `entropy`: 32 fresh random bytes, the ephemeral key's seed; the same ones never serve twice. Raises BadKey when the
    public key is one of those with which no secret can be agreed.
    """
    _check_size(entropy, SEED_SIZE, "The ephemeral seed")
    if len(public) != PUBLIC_SIZE:
        raise BadKey(f"An X25519 key has {PUBLIC_SIZE} bytes.")
    ephemeral_public, ephemeral_secret = crypto_box_seed_keypair(entropy)
    try:
        boxed = crypto_box(message, _box_nonce(ephemeral_public, public), public, ephemeral_secret)
    except CryptoError as error:
        raise BadKey("The X25519 key is one of the points with which no secret can be agreed.") from error
    return ephemeral_public + boxed


def _box_nonce(ephemeral_public: bytes, public: bytes) -> bytes:
    """libsodium's nonce of a sealed box: BLAKE2b-192 of both public keys, with no prefix of ours."""
    return blake2b(ephemeral_public + public, digest_size=NONCE_SIZE).digest()


def verify_signature(public: bytes, thing: str, message: bytes, signature: bytes) -> None:
    """Raises BadSignature unless the holder of `public` signed the message for the purpose THING."""
    if len(public) != PUBLIC_SIZE or len(signature) != SIGNATURE_SIZE:
        raise BadSignature("A signature has 64 bytes and a public key 32.")
    if not SODIUM.is_signed(prefix(thing) + message, signature, public):
        raise BadSignature(f"The signature is not one by this key over these bytes as a {thing}.")


def check_public(public: bytes) -> None:
    """Raises BadKey unless these are the canonical bytes of a point of Ed25519's prime-order subgroup.

    Small-order and mixed-order points fall away: with them one signature could fit several messages or keys.
    """
    if len(public) != PUBLIC_SIZE or not crypto_core_ed25519_is_valid_point(public):
        raise BadKey("The bytes are no Ed25519 public key that can be relied upon.")


@lru_cache(maxsize=1024)
def key_id(public: bytes) -> bytes:
    """The 16 bytes by which records and credentials name a public key."""
    return digest("key-id", public, size=KEY_ID_SIZE)


def subkey(key: bytes, thing: str) -> bytes:
    """The key for one purpose, derived from a key that is used for nothing else but deriving."""
    _check_size(key, DATA_KEY_SIZE, "A data key")
    return blake2b(_subkey_message(thing), digest_size=DATA_KEY_SIZE, key=key).digest()


@lru_cache(maxsize=256)
def _subkey_message(thing: str) -> bytes:
    """What `digest("subkey", THING)` hashes."""
    return message("subkey", thing.encode())


def subject_of(key: bytes) -> bytes:
    """The 16 bytes that name, in the clear, what a data key seals: the id of an account or a case."""
    _check_size(key, DATA_KEY_SIZE, "A data key")
    return digest("subject", key, size=SUBJECT_SIZE)


def _check_size(value: bytes, size: int, name: str) -> None:
    if len(value) != size:
        raise CallerError(f"{name} has {size} bytes, not {len(value)}.")
