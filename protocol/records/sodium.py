"""The four calls of libsodium that every record needs, without what PyNaCl's wrappers add to each.

- Messages go to libsodium directly, in the copy that PyNaCl has loaded: for a record of 400 bytes the wrapper costs as
  much as the cipher. Where PyNaCl was built so that its libsodium can't be reached, all go through the wrappers.
- The interpreter's lock is let go for each call, as the wrappers do: the thread of the database waits for it, and would
  else wait milliseconds for the end of a turn.
- C reads as many bytes as it was told: so whatever has a fixed size is measured here, in this one place.
"""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from typing import Any, Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_sign,
    crypto_sign_open,
)
from nacl.exceptions import CryptoError

from protocol.errors import CallerError

# Bytes of what libsodium takes and gives; whoever measures one elsewhere takes its size from here.
KEY_SIZE: Final = 32
NONCE_SIZE: Final = 24
TAG_SIZE: Final = 16
PUBLIC_SIZE: Final = 32
SECRET_SIZE: Final = 64
SIGNATURE_SIZE: Final = 64

STEP: Final = 256
"""Bytes by which a buffer grows: records have a few dozen sizes then, and pieces of blobs one."""

_BYTES, _SIZE, _NOTHING = ctypes.c_char_p, ctypes.c_ulonglong, ctypes.c_void_p
_SEALING: Final = (_BYTES, _NOTHING, _BYTES, _SIZE, _BYTES, _SIZE, _NOTHING, _BYTES, _BYTES)
_OPENING: Final = (_BYTES, _NOTHING, _NOTHING, _BYTES, _SIZE, _BYTES, _SIZE, _BYTES, _BYTES)
_SIGNING: Final = (_BYTES, _NOTHING, _BYTES, _SIZE, _BYTES)
_VERIFYING: Final = (_BYTES, _BYTES, _SIZE, _BYTES)


class Sodium:
    """Made once, as `SODIUM`; `library` is the loaded libsodium, or None to use the wrappers alone."""

    def __init__(self, library: ctypes.CDLL | None) -> None:
        self._seal = _function(library, "crypto_aead_xchacha20poly1305_ietf_encrypt", _SEALING)
        self._open = _function(library, "crypto_aead_xchacha20poly1305_ietf_decrypt", _OPENING)
        self._sign = _function(library, "crypto_sign_detached", _SIGNING)
        self._verify = _function(library, "crypto_sign_verify_detached", _VERIFYING)

    def seal(self, plain: bytes, place: bytes, nonce: bytes, key: bytes) -> bytes:
        """XChaCha20-Poly1305 (libsodium's ietf variant) of `plain`, `place` being the associated data; a tag longer."""
        _measure(nonce, NONCE_SIZE)
        _measure(key, KEY_SIZE)
        if self._seal is None:
            return crypto_aead_xchacha20poly1305_ietf_encrypt(plain, place, nonce, key)
        sealed = _room(len(plain) + TAG_SIZE)
        self._seal(sealed, None, plain, len(plain), place, len(place), None, nonce, key)
        return sealed.raw[: len(plain) + TAG_SIZE]

    def open(self, sealed: bytes, place: bytes, nonce: bytes, key: bytes) -> bytes | None:
        """What `seal` sealed with the same place, nonce and key; None for anything else."""
        _measure(nonce, NONCE_SIZE)
        _measure(key, KEY_SIZE)
        size = len(sealed) - TAG_SIZE
        if size < 0:
            return None
        if self._open is None:
            return _opened(sealed, place, nonce, key)
        plain = _room(size)
        refused = self._open(plain, None, None, sealed, len(sealed), place, len(place), nonce, key)
        return None if refused else plain.raw[:size]

    def sign(self, message: bytes, secret: bytes) -> bytes:
        """Ed25519's 64 bytes over the message; `secret`: seed and public key, as libsodium keeps them."""
        _measure(secret, SECRET_SIZE)
        if self._sign is None:
            return crypto_sign(message, secret)[:SIGNATURE_SIZE]
        signature = ctypes.create_string_buffer(SIGNATURE_SIZE)
        self._sign(signature, None, message, len(message), secret)
        return signature.raw

    def is_signed(self, message: bytes, signature: bytes, public: bytes) -> bool:
        """Whether it is one, as libsodium verifies: S below the order, R and key canonical and not of small order."""
        _measure(signature, SIGNATURE_SIZE)
        _measure(public, PUBLIC_SIZE)
        if self._verify is None:
            return _holds(message, signature, public)
        return bool(self._verify(signature, message, len(message), public) == 0)


def _room(size: int) -> ctypes.Array[ctypes.c_char]:
    """At least so many bytes to write to. Each size that ctypes is asked for is a type of its own, which stays until
    somebody looks for rings of objects: so only multiples are asked for."""
    return ctypes.create_string_buffer(size + -size % STEP)


def _function(library: ctypes.CDLL | None, name: str, takes: tuple[Any, ...]) -> Any:
    """A function of the library; None where it has none of this name."""
    found = getattr(library, name, None)
    if found is not None:
        found.argtypes, found.restype = takes, ctypes.c_int
    return found


def _measure(value: bytes, size: int) -> None:
    if len(value) != size:
        raise CallerError(f"libsodium takes {size} bytes here, not {len(value)}.")


def _opened(sealed: bytes, place: bytes, nonce: bytes, key: bytes) -> bytes | None:
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, place, nonce, key)
    except CryptoError:
        return None


def _holds(message: bytes, signature: bytes, public: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, public)
    except CryptoError:
        return False
    return True


def loaded() -> ctypes.CDLL | None:
    """The libsodium that PyNaCl has loaded and initialised, if it can be reached."""
    spec = find_spec("nacl._sodium")
    try:
        return ctypes.CDLL(spec.origin) if spec is not None and spec.origin else None
    except OSError:
        return None


SODIUM: Final = Sodium(loaded())
