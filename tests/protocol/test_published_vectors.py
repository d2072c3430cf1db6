"""The primitives as they are used here, against the examples of the texts that define them.

A vector of our own shows that we agree with ourselves; these show that we agree with everybody else.
"""

from __future__ import annotations

import pytest
from base45 import b45decode, b45encode  # type: ignore[import-untyped]  # the package ships no types
from cwt import COSE, COSEKey

from protocol.records.sodium import SODIUM, Sodium

SODIUMS = [SODIUM, Sodium(None)]
"""libsodium called directly, and through PyNaCl where its library cannot be."""


def of(*lines: str) -> bytes:
    return bytes.fromhex("".join(lines))


ED25519 = {
    "TEST 1": (
        of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
        of("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
        b"",
        of(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
    ),
    "TEST 2": (
        of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
        of("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
        of("72"),
        of(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ),
    "TEST 3": (
        of("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
        of("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
        of("af82"),
        of(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ),
}
"""RFC 8032, 7.1: seed, public key, message, signature."""


@pytest.mark.parametrize("sodium", SODIUMS)
@pytest.mark.parametrize("name", ED25519)
def test_ed25519_signs_and_verifies_as_rfc_8032_says(sodium: Sodium, name: str) -> None:
    seed, public, message, signature = ED25519[name]
    assert sodium.sign(message, seed + public) == signature
    assert sodium.is_signed(message, signature, public)
    assert not sodium.is_signed(message + b"\0", signature, public)
    assert not sodium.is_signed(message, signature[:-1] + bytes([signature[-1] ^ 0x80]), public)


AEAD_KEY = bytes(range(0x80, 0xA0))
AEAD_NONCE = bytes(range(0x40, 0x58))
AEAD_PLACE = of("50515253c0c1c2c3c4c5c6c7")
AEAD_PLAIN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)
AEAD_SEALED = of(
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb",
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452",
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9",
    "21f9664c97637da9768812f615c68b13b52e",
    "c0875924c1c7987947deafd8780acf49",
)
"""draft-irtf-cfrg-xchacha-03, A.3.1: text and tag."""


@pytest.mark.parametrize("sodium", SODIUMS)
def test_xchacha20_poly1305_seals_and_opens_as_its_draft_says(sodium: Sodium) -> None:
    assert sodium.seal(AEAD_PLAIN, AEAD_PLACE, AEAD_NONCE, AEAD_KEY) == AEAD_SEALED
    assert sodium.open(AEAD_SEALED, AEAD_PLACE, AEAD_NONCE, AEAD_KEY) == AEAD_PLAIN
    assert sodium.open(AEAD_SEALED, AEAD_PLACE + b"\0", AEAD_NONCE, AEAD_KEY) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_base45_reads_and_writes_as_rfc_9285_says(data: bytes, text: str) -> None:
    assert b45encode(data).decode() == text
    assert b45decode(text) == data


@pytest.mark.parametrize("text", ["GGW", ":::"])
def test_base45_refuses_what_rfc_9285_calls_no_encoding(text: str) -> None:
    with pytest.raises(ValueError, match="base45"):
        b45decode(text)


SIGN1 = of(
    "d28443a10126a10442313154546869732069732074686520636f6e74656e742e",
    "58408eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0",
    "117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345ca",
    "cb36",
)
"""RFC 9052, C.2.1: a single signature by ECDSA with P-256 and SHA-256 over "This is the content."."""

SIGN1_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "alg": "ES256",
    "kid": "11",
    "x": "usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8",
    "y": "IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4",
}
"""RFC 9052, C.7.1: the key "11"."""


def test_a_cose_signature_is_read_as_rfc_9052_says() -> None:
    key = COSEKey.from_jwk(SIGN1_KEY)
    assert COSE.new().decode(SIGN1, key) == b"This is the content."
