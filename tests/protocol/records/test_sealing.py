"""Sealed bytes: where they open, and that there is one sealed form of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.records.refusals import CannotOpen
from protocol.records.sealing import OVERHEAD, seal, unseal
from protocol.records.sodium import NONCE_SIZE

KEYS = st.binary(min_size=32, max_size=32)
BYTES = st.binary(max_size=200)


@given(KEYS, BYTES, BYTES)
def test_what_is_sealed_opens_at_its_place(key: bytes, place: bytes, plain: bytes) -> None:
    sealed = seal(key, "example", place, plain)
    assert unseal(key, "example", place, sealed) == plain
    assert len(sealed) == len(plain) + OVERHEAD


@given(KEYS, BYTES, BYTES, BYTES)
def test_what_is_sealed_opens_nowhere_else(key: bytes, place: bytes, elsewhere: bytes, plain: bytes) -> None:
    if place == elsewhere:
        elsewhere += b"!"
    sealed = seal(key, "example", place, plain)
    for changed in ((key, "example", elsewhere), (key, "other", place), (key[::-1] + b"", "example", place + b"!")):
        with pytest.raises(CannotOpen):
            unseal(*changed, sealed)


def test_every_bit_of_sealed_bytes_counts() -> None:
    key = b"k" * 32
    sealed = seal(key, "example", b"here", b"plain")
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            unseal(key, "example", b"here", bytes(flipped))


def test_the_nonce_depends_on_key_purpose_place_and_plaintext() -> None:
    key = b"k" * 32
    sealed = [
        seal(key, "example", b"here", b"plain"),
        seal(b"l" * 32, "example", b"here", b"plain"),
        seal(key, "other", b"here", b"plain"),
        seal(key, "example", b"there", b"plain"),
        seal(key, "example", b"here", b"plaim"),
    ]
    assert len({one[:NONCE_SIZE] for one in sealed}) == len(sealed)
    assert sealed[0] == seal(key, "example", b"here", b"plain")
