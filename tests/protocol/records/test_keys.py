"""Keys: what they sign, what is sealed to them, and what they do not show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import VerifyKey

from protocol.errors import CallerError
from protocol.records.keys import (
    OpeningKey,
    SigningKey,
    check_public,
    key_id,
    seal_to,
    subject_of,
    subkey,
    verify_signature,
)
from protocol.records.refusals import BadKey, BadSignature, CannotOpen

SEEDS = st.binary(min_size=32, max_size=32)


@given(SEEDS, st.binary(max_size=200))
def test_a_signature_holds_for_its_message_and_purpose_alone(seed: bytes, message: bytes) -> None:
    signing = SigningKey(seed)
    signature = signing.sign("example", message)
    verify_signature(signing.public, "example", message, signature)
    for thing, changed in (("other", message), ("example", message + b"\0")):
        with pytest.raises(BadSignature):
            verify_signature(signing.public, thing, changed, signature)


def test_every_bit_of_a_signature_counts() -> None:
    signing = SigningKey(bytes(32))
    signature = signing.sign("example", b"message")
    for bit in range(512):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignature):
            verify_signature(signing.public, "example", b"message", bytes(flipped))


def test_another_library_verifies_a_signature_given_the_prefix() -> None:
    signing = SigningKey(b"s" * 32)
    VerifyKey(signing.public).verify(b"mulhaqa/example/1\0message", signing.sign("example", b"message"))


@given(SEEDS)
def test_a_key_made_from_any_seed_is_accepted(seed: bytes) -> None:
    signing = SigningKey(seed)
    check_public(signing.public)
    assert signing.id == key_id(signing.public)


@given(SEEDS, st.binary(max_size=200), SEEDS)
def test_what_is_sealed_to_a_key_is_opened_by_it_alone(seed: bytes, message: bytes, entropy: bytes) -> None:
    opening = OpeningKey(seed)
    sealed = seal_to(opening.public, message, entropy)
    assert opening.open(sealed) == message
    with pytest.raises(CannotOpen):
        OpeningKey(bytes(31) + bytes([seed[0] ^ 1])).open(sealed)


@given(SEEDS, st.binary(max_size=50))
def test_sealed_boxes_are_libsodiums_both_ways(seed: bytes, message: bytes) -> None:
    opening = OpeningKey(seed)
    theirs = PrivateKey.from_seed(seed)
    assert bytes(theirs.public_key) == opening.public
    assert opening.open(SealedBox(PublicKey(opening.public)).encrypt(message)) == message
    assert SealedBox(theirs).decrypt(seal_to(opening.public, message, b"e" * 32)) == message


@pytest.mark.parametrize("public", [bytes(32), b"\x01" + bytes(31), bytes(31)], ids=["zero", "one", "short"])
def test_nothing_is_sealed_to_a_key_with_which_no_secret_can_be_agreed(public: bytes) -> None:
    with pytest.raises(BadKey):
        seal_to(public, b"message", b"e" * 32)


def test_each_purpose_has_a_subkey_of_its_own() -> None:
    key = b"k" * 32
    derived = {subkey(key, "record/seal"), subkey(key, "record/nonce"), subkey(b"l" * 32, "record/seal"), key}
    assert len(derived) == 4
    assert subject_of(key) not in {part[:16] for part in derived}


def test_keys_of_another_size_are_the_callers_mistake() -> None:
    for make in (SigningKey, OpeningKey, subject_of):
        for size in (0, 31, 33):
            with pytest.raises(CallerError):
                make(bytes(size))


def test_a_printed_key_shows_no_secret() -> None:
    seed = bytes(range(32))
    for key in (SigningKey(seed), OpeningKey(seed)):
        for form in (repr(key), str(key), f"{key}"):
            assert seed.hex() not in form
            assert repr(seed) not in form
