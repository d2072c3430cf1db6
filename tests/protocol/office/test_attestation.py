"""The text of a QR code: what we write, an independent reader verifies; what anyone else writes, we refuse."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import cbor2
import pytest
from base45 import b45decode, b45encode  # type: ignore[import-untyped]  # the package ships no types
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError
from protocol.office.attestation import (
    MAX_CLAIM,
    MAX_TEXT,
    PREFIX,
    BadBase45,
    BadTokenSignature,
    Claims,
    MalformedToken,
    NotAToken,
    Represented,
    TokenError,
    TokenTooLarge,
    UnknownTokenKey,
    encode_token,
    key_named_by,
    token_key_id,
    verify_token,
)

VECTOR = Path(__file__).with_name("attestation_vector.json")


def key_pair(secret: int) -> tuple[bytes, bytes]:
    private = ec.derive_private_key(secret, ec.SECP256R1())
    return (
        private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


PRIVATE, PUBLIC = key_pair(0xB0B)
OTHER_PRIVATE, OTHER_PUBLIC = key_pair(0xA11CE)
KEYS = {token_key_id(PUBLIC): PUBLIC}

CLAIMS = Claims(
    serial="b5x7cmq2k9rt4wza",
    reference="B05-7K3MQ-2X9RT",
    annexe="berkane-05",
    name_ar="فاطمة الزهراء بنعبد الله",
    name_fr="Fatima Zahra Benabdellah",
    cnie="FA123456",
    birth_date="1988-04-12",
    address="حي المقاومة، زنقة ابن خلدون رقم 12، بركان",
    procedure="residence-autorite-locale",
    issued_ms=1_794_500_000_000,
    expires_ms=1_802_300_000_000,
    details={"since": "mars 2019", "purpose": "Inscription scolaire"},
)
TOKEN = encode_token(CLAIMS, PRIVATE)


def message_of(token: str) -> bytes:
    return bytes(b45decode(token.removeprefix(PREFIX)))


def text_of(message: bytes) -> str:
    return PREFIX + str(b45encode(message), "ascii")


def seal_by_hand(payload: object, *, header: object = None, unprotected: object = None, tag: int = 18) -> str:
    """Sign anything at all with the right key, as a careless or hostile annexe could."""
    named = {1: -7, 4: token_key_id(PUBLIC)}
    protected = cbor2.dumps(named if header is None else header, canonical=True)
    body = payload if isinstance(payload, bytes) else cbor2.dumps(payload, canonical=True)
    signed = cbor2.dumps(["Signature1", protected, b"", body])
    private = ec.derive_private_key(0xB0B, ec.SECP256R1())
    der = private.sign(signed, ec.ECDSA(hashes.SHA256()))
    r, s = halves(der)
    return text_of(cbor2.dumps(cbor2.CBORTag(tag, [protected, unprotected or {}, body, r + s]), canonical=True))


def halves(der: bytes) -> tuple[bytes, bytes]:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big"), s.to_bytes(32, "big")


def payload_of(token: str) -> dict[int, object]:
    payload: dict[int, object] = cbor2.loads(cbor2.loads(message_of(token)).value[2])
    return payload


def test_what_was_sealed_is_read_back() -> None:
    assert verify_token(TOKEN, KEYS) == CLAIMS


REPRESENTED = replace(
    CLAIMS,
    document="association",
    cnie="123/2019",
    represented_by=Represented(
        capacity="president", name_ar="علي العمراني", name_fr="Ali El Amrani", cnie="FRA 12AB34567", document="passport"
    ),
)


def test_another_document_and_who_asked_for_the_person_are_claims_of_their_own() -> None:
    token = encode_token(REPRESENTED, PRIVATE)
    assert verify_token(token, KEYS) == REPRESENTED
    payload = payload_of(token)
    assert payload[-65544] == "association"
    assert payload[-65545] == {
        "capacity": "president", "name_ar": "علي العمراني", "name_fr": "Ali El Amrani", "cnie": "FRA 12AB34567",
        "document": "passport",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {-65544: "cnie"},
        {-65544: 7},
        {-65545: {}},
        {-65545: {"capacity": "proxy", "name_ar": "ا", "name_fr": "A"}},
        {-65545: {"capacity": "proxy", "name_ar": "ا", "name_fr": "A", "cnie": "FA1", "document": "cnie"}},
        {-65545: {"capacity": "proxy", "name_ar": "ا", "name_fr": "A", "cnie": "FA1", "mood": "good"}},
    ],
)
def test_a_claim_about_the_document_or_the_representative_has_one_spelling(wrong: dict[int, object]) -> None:
    with pytest.raises(MalformedToken):
        verify_token(seal_by_hand({**payload_of(TOKEN), **wrong}), KEYS)


def test_a_reader_that_knows_only_the_standards_verifies_it() -> None:
    protected, unprotected, payload, signature = cbor2.loads(message_of(TOKEN)).value
    assert cbor2.loads(protected) == {1: -7, 4: hashlib.sha256(PUBLIC).digest()[:8]}
    assert unprotected == {}
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    public = load_der_public_key(PUBLIC)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", payload])
    public.verify(encode_dss_signature(r, s), to_be_signed, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(encode_dss_signature(r, s), to_be_signed + b"\0", ec.ECDSA(hashes.SHA256()))


def test_the_claims_stand_under_their_registered_and_private_numbers() -> None:
    assert payload_of(TOKEN) == {
        1: "berkane-05",
        2: "B05-7K3MQ-2X9RT",
        4: 1_802_300_000,
        6: 1_794_500_000,
        7: b"b5x7cmq2k9rt4wza",
        -65537: CLAIMS.name_ar,
        -65538: CLAIMS.name_fr,
        -65539: "FA123456",
        -65540: "1988-04-12",
        -65541: CLAIMS.address,
        -65542: "residence-autorite-locale",
        -65543: {"since": "mars 2019", "purpose": "Inscription scolaire"},
    }


def test_the_text_holds_only_characters_of_the_qr_codes_dense_mode() -> None:
    assert set(TOKEN) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_sealing_again_gives_the_same_text() -> None:
    assert encode_token(CLAIMS, PRIVATE) == TOKEN


def test_the_committed_vector_still_holds() -> None:
    vector = json.loads(VECTOR.read_text(encoding="utf-8"))
    assert vector == {"private_scalar": hex(0xB0B), "public_spki": PUBLIC.hex(), "token": TOKEN}


def test_milliseconds_are_cut_to_the_seconds_of_a_cwt() -> None:
    sealed = verify_token(encode_token(replace(CLAIMS, issued_ms=1_794_500_000_999), PRIVATE), KEYS)
    assert sealed.issued_ms == 1_794_500_000_000


def test_an_expired_token_verifies_and_says_so_when_asked() -> None:
    claims = verify_token(TOKEN, KEYS)
    assert not claims.expired(1_802_299_999_999)
    assert claims.expired(1_802_300_000_000)
    assert not replace(claims, expires_ms=None).expired(2**60)


def test_the_named_key_can_be_asked_without_verifying() -> None:
    assert key_named_by(TOKEN) == token_key_id(PUBLIC)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", NotAToken),
        ("HC1:" + TOKEN.removeprefix(PREFIX), NotAToken),
        ("mlq1:" + TOKEN.removeprefix(PREFIX), NotAToken),
        (PREFIX, MalformedToken),
        (PREFIX + "é", BadBase45),
        (TOKEN.lower().replace("mlq1:", PREFIX), BadBase45),
        (PREFIX + ":::", BadBase45),
        (TOKEN + "\n", BadBase45),
        (PREFIX + "0" * MAX_TEXT, TokenTooLarge),
        (text_of(b"\xff"), MalformedToken),
        (text_of(cbor2.dumps([1, 2, 3, 4])), MalformedToken),
        (text_of(message_of(TOKEN) + b"\0"), MalformedToken),
        (text_of(message_of(TOKEN)[:-1]), MalformedToken),
        (text_of(b"\x81" * 1000), MalformedToken),
    ],
)
def test_what_is_no_token_is_refused_by_its_kind(text: str, error: type[TokenError]) -> None:
    with pytest.raises(error):
        verify_token(text, KEYS)


def test_a_key_that_was_not_published_is_unknown() -> None:
    with pytest.raises(UnknownTokenKey):
        verify_token(TOKEN, {token_key_id(OTHER_PUBLIC): OTHER_PUBLIC})


def test_a_key_published_under_anothers_id_does_not_verify() -> None:
    with pytest.raises(BadTokenSignature):
        verify_token(TOKEN, {token_key_id(PUBLIC): OTHER_PUBLIC})


@pytest.mark.parametrize("place", range(len(message_of(TOKEN))))
def test_no_byte_of_the_message_can_change(place: int) -> None:
    message = bytearray(message_of(TOKEN))
    message[place] ^= 0x01
    with pytest.raises(TokenError):
        verify_token(text_of(bytes(message)), KEYS)


GOOD = payload_of(TOKEN)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {},
        {**GOOD, 99: "more"},
        {key: value for key, value in GOOD.items() if key != 7},
        {**GOOD, 6: "yesterday"},
        {**GOOD, 6: -1},
        {**GOOD, 6: True},
        {**GOOD, 4: 1.5},
        {**GOOD, 7: b"\xff"},
        {**GOOD, -65537: 12},
        {**GOOD, -65541: "x" * (MAX_CLAIM + 1)},
        {**GOOD, -65543: {}},
        {**GOOD, -65543: {1: "one"}},
        {**GOOD, -65543: {str(number): "" for number in range(13)}},
    ],
    ids=range(14),
)
def test_well_signed_claims_of_another_shape_are_refused(payload: object) -> None:
    with pytest.raises(MalformedToken):
        verify_token(seal_by_hand(payload), KEYS)


@pytest.mark.parametrize(
    "text",
    [
        seal_by_hand(GOOD, header={1: -7, 4: token_key_id(PUBLIC), 2: [99], 99: 1}),
        seal_by_hand(GOOD, header={1: -35, 4: token_key_id(PUBLIC)}),
        seal_by_hand(GOOD, header={4: token_key_id(PUBLIC)}),
        seal_by_hand(GOOD, header={1: -7, 4: token_key_id(PUBLIC)[:7]}),
        seal_by_hand(GOOD, unprotected={4: token_key_id(PUBLIC)}),
        seal_by_hand(GOOD, tag=17),
        seal_by_hand(cbor2.dumps(dict(reversed(list(GOOD.items()))))),
    ],
    ids=["crit", "alg", "no alg", "short kid", "unprotected", "mac tag", "map order"],
)
def test_another_spelling_of_the_same_claims_is_refused(text: str) -> None:
    with pytest.raises(MalformedToken):
        verify_token(text, KEYS)


def test_the_hand_that_makes_these_tokens_can_make_a_good_one() -> None:
    assert verify_token(seal_by_hand(GOOD), KEYS) == CLAIMS


@pytest.mark.parametrize(
    "claims",
    [
        replace(CLAIMS, address="x" * (MAX_CLAIM + 1)),
        replace(CLAIMS, details={str(number): "" for number in range(13)}),
        replace(CLAIMS, details={str(number): "x" * 500 for number in range(4)}),
        replace(CLAIMS, issued_ms=-1),
    ],
    ids=["long claim", "many details", "too large", "before 1970"],
)
def test_what_does_not_fit_is_refused_when_sealing(claims: Claims) -> None:
    with pytest.raises(CallerError):
        encode_token(claims, PRIVATE)


def test_a_key_of_another_curve_or_none_at_all_is_the_callers_fault() -> None:
    other = ec.derive_private_key(7, ec.SECP384R1())
    pkcs8 = other.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    spki = other.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for private in (pkcs8, b"nothing"):
        with pytest.raises(CallerError):
            encode_token(CLAIMS, private)
    for public in (spki, b"nothing"):
        with pytest.raises(CallerError):
            verify_token(TOKEN, {token_key_id(PUBLIC): public})


words = st.text(max_size=60)


@given(
    st.builds(
        Claims,
        serial=words,
        reference=words,
        annexe=words,
        name_ar=words,
        name_fr=words,
        cnie=words,
        birth_date=words,
        address=words,
        procedure=words,
        issued_ms=st.integers(0, 2**40).map(lambda seconds: seconds // 1000 * 1000),
        expires_ms=st.none() | st.integers(0, 2**40).map(lambda seconds: seconds // 1000 * 1000),
        details=st.dictionaries(words.filter(bool), words, max_size=1),
    )
)
def test_any_claims_that_fit_come_back_as_they_were(claims: Claims) -> None:
    try:
        token = encode_token(claims, PRIVATE)
    except CallerError:
        return
    assert verify_token(token, KEYS) == claims


@given(st.text(max_size=300))
def test_any_text_is_claims_or_a_typed_refusal(text: str) -> None:
    with pytest.raises(TokenError):
        verify_token(PREFIX + text, KEYS)


@given(st.binary(max_size=300))
def test_any_bytes_in_base45_are_a_typed_refusal(data: bytes) -> None:
    with pytest.raises(TokenError):
        verify_token(text_of(data), KEYS)
