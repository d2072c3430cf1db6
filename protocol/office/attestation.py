"""The text in a certificate's QR code: what the annexe attests, sealed, readable by anyone without a network.

    MLQ1:  base45 (RFC 9285)  of  COSE_Sign1 (RFC 9052, tag 18)  of  CWT claims (RFC 8392)

- The protected header holds the algorithm, ES256 (-7), and the key id: the first 8 bytes of the SHA-256 of the sealing
  key's SubjectPublicKeyInfo. The unprotected header is empty.
- The payload is a CBOR map, deterministically encoded (RFC 8949, 4.2.1), with the claims of the table below. Registered
  claims keep their numbers; our own stand in the range that RFC 8392 (9.1.1) leaves to private use, below -65536.
- The signature is deterministic (RFC 6979): the same claims under the same key are the same text, and no bad day of a
  random generator gives the key away.

A reader accepts exactly what `encode_token` writes and nothing that merely decodes to the same claims, so that a text
is either the annexe's own, byte for byte, or refused. Time has no part here: an expired token verifies, and whoever
asks compares `expires_ms` with a clock of his own. Another layout gets another prefix (`MLQ2:`), never another meaning.

The claims say what the paper says, because only what is sealed protects the paper: someone who changes a name or an
address in print is found out by the claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from base45 import b45decode, b45encode  # type: ignore[import-untyped]  # the package ships no types
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from cwt import COSE, CWTError, VerifyError
from cwt.cose_key_interface import COSEKeyInterface

from protocol.errors import CallerError, PeerError

PREFIX = "MLQ1:"

ES256 = -7
HEADER_ALG, HEADER_KID = 1, 4
COSE_SIGN1_TAG = 18
KID_SIZE = 8
_COORDINATE = 32

ISS, SUB, EXP, IAT, CTI = 1, 2, 4, 6, 7
NAME_AR, NAME_FR, CNIE, BIRTH_DATE, ADDRESS, PROCEDURE, DETAILS = range(-65537, -65544, -1)
DOCUMENT, REPRESENTED_BY = -65544, -65545

CARD = "cnie"
"""The document that goes without saying: the national card."""

_PARTS = ("capacity", "cnie", "document", "name_ar", "name_fr")
"""Keys of the map that says who asked for the person; `document` is left out where it is the national card."""

_TEXT_CLAIMS: Mapping[int, str] = {
    ISS: "annexe",
    SUB: "reference",
    NAME_AR: "name_ar",
    NAME_FR: "name_fr",
    CNIE: "cnie",
    BIRTH_DATE: "birth_date",
    ADDRESS: "address",
    PROCEDURE: "procedure",
}

MAX_CLAIM = 600
"""Bytes of UTF-8 in one claim: 200 characters of an address in a three-byte script."""

MAX_DETAILS = 12
"""Lines that a form adds to the person's own; a procedure with more would no longer fit on its page."""

MAX_TOKEN = 1_400
"""Bytes of the COSE message. At 45 mm a side and error correction M its QR code still has dots of 0.3 mm, which an
office printer prints and a telephone reads; 2,100 characters is also all that a reader is ever made to decode."""

MAX_TEXT = len(PREFIX) + (MAX_TOKEN + 1) // 2 * 3


class TokenError(PeerError):
    """The text of a QR code is not an annexe's attestation; `kind` says why."""

    kind = "token"


class NotAToken(TokenError):
    """The text lacks our prefix: it is something else."""

    kind = "token-prefix"


class TokenTooLarge(TokenError):
    """The text is longer than any that an annexe makes."""

    kind = "token-too-large"


class BadBase45(TokenError):
    """The text after the prefix is not base45, or not its only spelling."""

    kind = "token-base45"


class MalformedToken(TokenError):
    """The bytes are not the one form in which an annexe writes."""

    kind = "token-malformed"


class UnknownTokenKey(TokenError):
    """No published key has this id."""

    kind = "token-unknown-key"


class BadTokenSignature(TokenError):
    """The key is known, and did not sign these claims."""

    kind = "token-signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Represented:
    """Who asked for the person: in what capacity, his names, and the number of his document."""

    capacity: str
    name_ar: str
    name_fr: str
    cnie: str
    document: str = CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What one certificate attests.

    `annexe` ("berkane-05") issued it, `serial` numbers it, `reference` is the request's. `birth_date` is an ISO date,
    `procedure` the catalogue's id, `details` what the form added (field id to text). Times are milliseconds, whole
    seconds in the token (RFC 8392 counts seconds): the rest is cut off. `expires_ms` is None when nothing ends it.
    `cnie` is the number of the `document`, which the token leaves out where it is the national card.
    """

    serial: str
    reference: str
    annexe: str
    name_ar: str
    name_fr: str
    cnie: str
    birth_date: str
    address: str
    procedure: str
    issued_ms: int
    expires_ms: int | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    document: str = CARD
    represented_by: Represented | None = None

    def expired(self, now_ms: int) -> bool:
        """Tell whether the certificate's own validity is over."""
        return self.expires_ms is not None and now_ms >= self.expires_ms


def token_key_id(public: bytes) -> bytes:
    """Return the 8-byte key id of a SubjectPublicKeyInfo (DER)."""
    return sha256(public).digest()[:KID_SIZE]


def encode_token(claims: Claims, private_key: bytes) -> str:
    """Seal `claims` with a P-256 key (PKCS #8, DER); CallerError when they do not fit or the key is of another kind."""
    key = _SealingKey(private_key)
    header = {HEADER_ALG: ES256, HEADER_KID: key.kid}
    message = COSE.new().encode(_payload(claims), key, protected=header)
    if len(message) > MAX_TOKEN:
        raise CallerError(f"Sealed, the claims take {len(message)} bytes; a token holds {MAX_TOKEN}: shorten them.")
    return PREFIX + _base45(message)


def verify_token(text: str, keys: Mapping[bytes, bytes]) -> Claims:
    """Return the claims of a sealed text.

    `keys` maps key ids (8 bytes) to public keys (SubjectPublicKeyInfo, DER). Raises NotAToken, TokenTooLarge,
    BadBase45, MalformedToken, UnknownTokenKey or BadTokenSignature. Whether they expired: `Claims.expired`.
    """
    message = _message_of(text)
    protected, payload = _parse_message(message)
    kid = _kid_of(protected)
    public = keys.get(kid)
    if public is None:
        raise UnknownTokenKey("No published key has the id that this code names.")
    try:
        COSE.new().decode(message, _VerifyingKey(public, kid))
    except VerifyError as error:
        raise BadTokenSignature("The code was altered: its seal does not fit its claims.") from error
    except (CWTError, ValueError) as error:
        raise MalformedToken("The code is not a sealed attestation.") from error
    return _claims(_decoded(payload))


def key_named_by(text: str) -> bytes:
    """Return the id of the key that a text names; errors as for `verify_token`, but no signature is checked."""
    protected, _ = _parse_message(_message_of(text))
    return _kid_of(protected)


# --- the text and the message around the claims ---


def _message_of(text: str) -> bytes:
    if not text.startswith(PREFIX):
        raise NotAToken("This is no code of a sealed certificate: those begin with MLQ1:")
    if len(text) > MAX_TEXT:
        raise TokenTooLarge(f"The code has {len(text)} characters; none has more than {MAX_TEXT}.")
    body = text.removeprefix(PREFIX)
    try:
        message: bytes = b45decode(body)
    except ValueError as error:
        raise BadBase45("The code holds a character or a group that base45 does not have.") from error
    if _base45(message) != body:
        raise BadBase45("The code is not spelt as base45 spells it.")
    return message


def _base45(data: bytes) -> str:
    encoded: bytes = b45encode(data)
    return encoded.decode("ascii")


def _parse_message(message: bytes) -> tuple[bytes, bytes]:
    tag = _decoded(message)
    if not isinstance(tag, cbor2.CBORTag) or tag.tag != COSE_SIGN1_TAG:
        raise MalformedToken("The code is not a COSE_Sign1 message.")
    match tag.value:
        case [bytes() as protected, dict() as unprotected, bytes() as payload, bytes() as signature]:
            if unprotected or len(signature) != 2 * _COORDINATE:
                raise MalformedToken("The code has an unprotected header or a signature of the wrong size.")
            return protected, payload
    raise MalformedToken("The code has not the four parts of a COSE_Sign1 message.")


def _kid_of(protected: bytes) -> bytes:
    match _decoded(protected):
        case {1: -7, 4: bytes() as kid, **others} if not others and len(kid) == KID_SIZE:
            return kid
    raise MalformedToken("The code's header is not exactly ES256 and a key id of 8 bytes.")


def _decoded(data: bytes) -> Any:
    """Decode CBOR in its deterministic form only; cbor2 bounds depth and sizes by the input, which MAX_TEXT bounds."""
    try:
        value = cbor2.loads(data)
        again = cbor2.dumps(value, canonical=True)
    except (cbor2.CBORDecodeError, cbor2.CBOREncodeError, ValueError, TypeError, OverflowError) as error:
        raise MalformedToken("The code is not CBOR.") from error
    if again != data:
        raise MalformedToken("The code is not in the deterministic form of CBOR.")
    return value


# --- the claims ---


def _payload(claims: Claims) -> bytes:
    payload: dict[int, object] = {number: _bounded(getattr(claims, name)) for number, name in _TEXT_CLAIMS.items()}
    payload[CTI] = _bounded(claims.serial).encode()
    payload[IAT] = _seconds(claims.issued_ms)
    if claims.expires_ms is not None:
        payload[EXP] = _seconds(claims.expires_ms)
    if claims.details:
        if len(claims.details) > MAX_DETAILS:
            raise CallerError(f"A certificate carries at most {MAX_DETAILS} details.")
        payload[DETAILS] = {_bounded(key): _bounded(value) for key, value in claims.details.items()}
    if claims.document != CARD:
        payload[DOCUMENT] = _bounded(claims.document)
    if claims.represented_by is not None:
        parts = {name: _bounded(getattr(claims.represented_by, name)) for name in _PARTS}
        payload[REPRESENTED_BY] = {name: text for name, text in parts.items() if (name, text) != ("document", CARD)}
    return cbor2.dumps(payload, canonical=True)


def _bounded(text: str) -> str:
    if len(text.encode()) > MAX_CLAIM:
        raise CallerError(f"A claim holds at most {MAX_CLAIM} bytes: check the field before the request is accepted.")
    return text


def _seconds(ms: int) -> int:
    if ms < 0:
        raise CallerError("A certificate's times are after 1970.")
    return ms // 1000


def _claims(payload: object) -> Claims:
    if not isinstance(payload, dict):
        raise MalformedToken("The code's claims are not a map.")
    unknown = set(payload) - {*_TEXT_CLAIMS, CTI, IAT, EXP, DETAILS, DOCUMENT, REPRESENTED_BY}
    if unknown:
        raise MalformedToken("The code makes a claim that this version does not know.")
    expires = payload.get(EXP)
    return Claims(
        serial=_serial(payload.get(CTI)),
        issued_ms=_ms(payload.get(IAT)),
        expires_ms=None if EXP not in payload else _ms(expires),
        details=_details(payload[DETAILS]) if DETAILS in payload else {},
        document=_document(payload.get(DOCUMENT)) if DOCUMENT in payload else CARD,
        represented_by=_represented(payload[REPRESENTED_BY]) if REPRESENTED_BY in payload else None,
        **{name: _text(payload.get(number)) for number, name in _TEXT_CLAIMS.items()},
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value.encode()) > MAX_CLAIM:
        raise MalformedToken("A claim of the code is missing, too long, or not text.")
    return value


def _document(value: object) -> str:
    document = _text(value)
    if document == CARD:
        raise MalformedToken("The code spells out what goes without saying.")
    return document


def _represented(value: object) -> Represented:
    if not isinstance(value, dict) or not set(_PARTS) - {"document"} <= set(value) <= set(_PARTS):
        raise MalformedToken("The code does not say in full who asked for the person.")
    document = _document(value["document"]) if "document" in value else CARD
    texts = {name: _text(value[name]) for name in _PARTS if name != "document"}
    return Represented(document=document, **texts)


def _serial(value: object) -> str:
    if not isinstance(value, bytes) or len(value) > MAX_CLAIM:
        raise MalformedToken("The code has no serial number.")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise MalformedToken("The code's serial number is not text.") from error


def _ms(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
        raise MalformedToken("A time of the code is missing or not a number of seconds.")
    return value * 1000


def _details(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not 0 < len(value) <= MAX_DETAILS:
        raise MalformedToken("The code's details are not a short map of texts.")
    return {_text(key): _text(text) for key, text in value.items()}


# --- the keys, as the COSE library wants them ---


class _SealingKey(COSEKeyInterface):
    """A P-256 private key that signs by RFC 6979; the library's own key class signs with a random number."""

    def __init__(self, pkcs8: bytes) -> None:
        try:
            private = load_der_private_key(pkcs8, password=None)
        except (ValueError, TypeError) as error:
            raise CallerError("The sealing key is not a PKCS #8 private key.") from error
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise CallerError("The sealing key is not on the curve P-256.")
        spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        super().__init__({1: 2, 2: token_key_id(spki), 3: ES256, 4: [1]})
        self._private = private

    def sign(self, msg: bytes) -> bytes:
        der = self._private.sign(msg, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")


class _VerifyingKey(COSEKeyInterface):
    """A P-256 public key."""

    def __init__(self, spki: bytes, kid: bytes) -> None:
        try:
            public = load_der_public_key(spki)
        except (ValueError, TypeError) as error:
            raise CallerError("A published key is not a SubjectPublicKeyInfo.") from error
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            raise CallerError("A published key is not on the curve P-256.")
        super().__init__({1: 2, 2: kid, 3: ES256, 4: [2]})
        self._public = public

    def verify(self, msg: bytes, sig: bytes) -> None:
        r, s = int.from_bytes(sig[:_COORDINATE], "big"), int.from_bytes(sig[_COORDINATE:], "big")
        try:
            self._public.verify(encode_dss_signature(r, s), msg, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise VerifyError("The signature does not verify.") from error
