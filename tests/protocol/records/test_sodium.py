"""Libsodium called directly gives what PyNaCl's wrappers give, byte for byte, and refuses what they refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt, crypto_sign, crypto_sign_seed_keypair

from protocol.errors import CallerError
from protocol.records.sodium import KEY_SIZE, NONCE_SIZE, Sodium, loaded

DIRECT, WRAPPED = Sodium(loaded()), Sodium(None)
SIZES = (0, 1, 15, 16, 400, 1 << 16, 1 << 20)
PUBLIC, SECRET = crypto_sign_seed_keypair(bytes(range(32)))
ORDER = 2**252 + 27742317777372353535851937790883648493

both = pytest.mark.parametrize("sodium", [DIRECT, WRAPPED], ids=["direct", "wrapped"])


def test_the_copy_that_pynacl_has_loaded_is_reached_here() -> None:
    assert loaded() is not None


@both
@given(plain=st.binary(max_size=300), place=st.binary(max_size=40), nonce=st.binary(min_size=24, max_size=24))
def test_what_is_sealed_is_what_the_wrapper_seals_and_opens_again(
    sodium: Sodium, plain: bytes, place: bytes, nonce: bytes
) -> None:
    key = bytes(range(KEY_SIZE))
    sealed = sodium.seal(plain, place, nonce, key)
    assert sealed == crypto_aead_xchacha20poly1305_ietf_encrypt(plain, place, nonce, key)
    assert sodium.open(sealed, place, nonce, key) == plain


@both
@pytest.mark.parametrize("size", SIZES)
def test_a_message_of_any_size_comes_back(sodium: Sodium, size: int) -> None:
    plain, nonce, key = bytes(size), bytes(NONCE_SIZE), bytes(KEY_SIZE)
    sealed = sodium.seal(plain, b"place", nonce, key)
    assert sodium.open(sealed, b"place", nonce, key) == plain
    signature = sodium.sign(plain, SECRET)
    assert signature == crypto_sign(plain, SECRET)[:64]
    assert sodium.is_signed(plain, signature, PUBLIC)


@both
def test_any_bit_that_changed_is_noticed(sodium: Sodium) -> None:
    nonce, key = bytes(NONCE_SIZE), bytes(KEY_SIZE)
    sealed, signature = sodium.seal(b"plain", b"place", nonce, key), sodium.sign(b"message", SECRET)
    for bit in range(len(sealed) * 8):
        assert sodium.open(_flipped(sealed, bit), b"place", nonce, key) is None
    for bit in range(len(signature) * 8):
        assert not sodium.is_signed(b"message", _flipped(signature, bit), PUBLIC)
    assert sodium.open(sealed, b"other", nonce, key) is None
    assert sodium.open(sealed, b"place", bytes([1] * NONCE_SIZE), key) is None
    assert sodium.open(sealed[:15], b"place", nonce, key) is None
    assert not sodium.is_signed(b"another", signature, PUBLIC)


@both
def test_a_signature_that_is_not_in_its_one_form_and_a_key_of_small_order_are_refused(sodium: Sodium) -> None:
    signature = sodium.sign(b"message", SECRET)
    again = int.from_bytes(signature[32:], "little") + ORDER
    assert not sodium.is_signed(b"message", signature[:32] + again.to_bytes(32, "little"), PUBLIC)
    neutral = b"\1" + bytes(31)
    assert not sodium.is_signed(b"message", neutral + bytes(32), neutral)


@both
def test_what_has_a_fixed_size_is_measured_before_c_reads_it(sodium: Sodium) -> None:
    for nonce, key in ((bytes(23), bytes(KEY_SIZE)), (bytes(NONCE_SIZE), bytes(31))):
        with pytest.raises(CallerError):
            sodium.seal(b"", b"", nonce, key)
        with pytest.raises(CallerError):
            sodium.open(bytes(16), b"", nonce, key)
    with pytest.raises(CallerError):
        sodium.sign(b"", bytes(63))
    for signature, public in ((bytes(63), PUBLIC), (bytes(64), bytes(31))):
        with pytest.raises(CallerError):
            sodium.is_signed(b"", signature, public)


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
