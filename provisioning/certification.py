"""What every X.509 certificate of a prefecture is made of: keys, names, times, and who signs whom.

Everything here is pure: keys, times and random bytes come in; signatures are deterministic (RFC 6979), serial numbers
are drawn from a hash of what is certified, so the same inputs give the same bytes. Times are milliseconds, UTC; keys
are PKCS #8 DER, certificates DER.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID

from protocol.errors import CallerError

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

KEY_ENTROPY = 40
"""Random bytes for one key: 64 bits more than the group's order, so the reduction shows no bias (FIPS 186-5, A.2.1)."""

ANNEXE_HOSTS = ("annexe.internal", "local")
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")

YEAR_MS = 365 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Prefecture:
    """Whose certificates these are; each part at most 64 characters (X.520). `name`: "Province de Berkane"."""

    name: str
    organisation: str = "Ministère de l'Intérieur"
    country: str = "MA"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From when until when a certificate holds, in milliseconds."""

    not_before_ms: int
    not_after_ms: int

    @classmethod
    def years(cls, start_ms: int, years: int) -> Lifetime:
        """Return the lifetime of `years` years from `start_ms`."""
        return cls(start_ms, start_ms + years * YEAR_MS)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate with its private key, and the certificates between it and the root. `repr` shows no key."""

    certificate: bytes
    key: bytes
    chain: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return "Authority(...)"


def draw_scalar(entropy: Callable[[int], bytes]) -> bytes:
    """Return the 32 bytes of a fresh P-256 private key; `entropy(n)` gives n random bytes."""
    return (int.from_bytes(entropy(KEY_ENTROPY), "big") % (P256_ORDER - 1) + 1).to_bytes(32, "big")


def key_of(scalar: bytes) -> bytes:
    """Return the private key (PKCS #8, DER) of a scalar; CallerError when it is none of P-256's."""
    secret = int.from_bytes(scalar, "big")
    if not 0 < secret < P256_ORDER:
        raise CallerError("A P-256 private key lies between 1 and the order of its group.")
    private = ec.derive_private_key(secret, ec.SECP256R1())
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def new_key(entropy: Callable[[int], bytes]) -> bytes:
    """Return a fresh P-256 private key (PKCS #8, DER); `entropy(n)` gives n random bytes."""
    return key_of(draw_scalar(entropy))


def private_of(key: bytes) -> ec.EllipticCurvePrivateKey:
    """Open a private key; CallerError when it is none of P-256."""
    private = load_der_private_key(key, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise CallerError("A certificate's key is on the curve P-256: make it with new_key.")
    return private


def name_of(prefecture: Prefecture, common_name: str, annexe: str | None = None) -> x509.Name:
    """Return a subject inside the prefecture; one of an annexe names it (attribute UID, RFC 4519)."""
    attributes = [*place_of(prefecture), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if annexe is not None:
        attributes.append(x509.NameAttribute(NameOID.USER_ID, annexe))
    return x509.Name(attributes)


def place_of(prefecture: Prefecture) -> list[x509.NameAttribute[str]]:
    """Return what every subject of the prefecture begins with."""
    return [
        x509.NameAttribute(NameOID.COUNTRY_NAME, prefecture.country),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, prefecture.organisation),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, prefecture.name),
    ]


def usage(*, authority: bool = False, commits: bool = False) -> x509.KeyUsage:
    """Return what a key may do: certify, or sign; `commits`: sign what binds whoever signed it (nonRepudiation)."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=commits,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def issued(
    subject: x509.Name, public: ec.EllipticCurvePublicKey, issuer: Authority, life: Lifetime
) -> x509.CertificateBuilder:
    """Begin a certificate that `issuer` signs; CallerError when it would outlive the issuer's."""
    certificate = x509.load_der_x509_certificate(issuer.certificate)
    if _moment(life.not_after_ms) > certificate.not_valid_after_utc:
        end = certificate.not_valid_after_utc.date()
        raise CallerError(f"A certificate cannot outlive the authority that signs it, which ends on {end}.")
    return builder_of(subject, public, certificate.subject, private_of(issuer.key).public_key(), life)


def builder_of(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_public: ec.EllipticCurvePublicKey,
    life: Lifetime,
) -> x509.CertificateBuilder:
    """Begin any certificate: names, keys, serial number and lifetime."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(_serial(public, issuer_public, life))
        .not_valid_before(_moment(life.not_before_ms))
        .not_valid_after(_moment(life.not_after_ms))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
    )


def _serial(public: ec.EllipticCurvePublicKey, issuer: ec.EllipticCurvePublicKey, life: Lifetime) -> int:
    """Unique per issuer, subject key and start; positive and within 20 octets (RFC 5280, 4.1.2.2)."""
    hashed = sha256(b"mulhaqa/certificate-serial/1\0" + _spki(issuer) + _spki(public) + b"%d" % life.not_before_ms)
    return int.from_bytes(hashed.digest()[:19], "big") + 1


def _spki(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed(builder: x509.CertificateBuilder, private: ec.EllipticCurvePrivateKey) -> bytes:
    """Sign what was built; returns the certificate."""
    return builder.sign(private, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC)
