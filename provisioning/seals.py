"""The prefecture's X.509: who may seal certificates of the annexes, in a form that any PDF reader can check.

    root (offline)  ->  seal authority (prefecture IT)  ->  two seals per annexe: one for PDF files, one for QR codes

- The root's name constraints (RFC 5280, 4.2.1.10) keep all that stands under it inside the prefecture: directory names
  under its own, host names and mail of the annexes, private addresses. To trust this root is to trust it for no more.
- The seal authority can make no further authorities (path length 0) and a seal is none at all.
- The seals differ by key usage: a PDF seal commits (nonRepudiation, which PDF readers ask for), a code seal only
  signs, so neither key can stand in for the other. RFC 9336's purpose (document signing) marks the PDF seal.
- A seal's certificate names its annexe (attribute UID, RFC 4519), so a text that claims another annexe is refused.
- No revocation address: verification works without a network, and withdrawn seals are published by the prefecture.

Everything here is pure: keys, times and random bytes come in; signatures are deterministic (RFC 6979), serial numbers
are drawn from a hash of what is certified, so the same inputs give the same bytes. Times are milliseconds, UTC; keys
are PKCS #8 DER, certificates DER.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
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
from protocol.office.seals import SealKeys

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

KEY_ENTROPY = 40
"""Random bytes for one key: 64 bits more than the group's order, so the reduction shows no bias (FIPS 186-5, A.2.1)."""

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
EMAIL_PROTECTION = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")
"""NSS, and with it poppler, has no notion of a document signer and asks for this purpose instead; the root's
constraints leave no address outside the annexes that it could be used for."""

ANNEXE_HOSTS = ("annexe.internal", "local")
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")

YEAR_MS = 365 * 24 * 3600 * 1000
ROOT_YEARS, AUTHORITY_YEARS, SEAL_YEARS = 20, 8, 3
"""A seal is renewed with the appliance's keys; an authority outlives several seals, a root several authorities."""


@dataclass(frozen=True, slots=True)
class Prefecture:
    """Whose seals these are; each part at most 64 characters (X.520). `name`: "Province de Berkane"."""

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


def make_root(prefecture: Prefecture, key: bytes, life: Lifetime) -> Authority:
    """Return the prefecture's self-signed root, constrained to the prefecture's own names."""
    private = _private(key)
    subject = _name(prefecture, "Mulhaqa - autorité racine")
    builder = _builder(subject, private.public_key(), subject, private.public_key(), life)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    builder = builder.add_extension(_constraints(prefecture), critical=True)
    return Authority(_signed(builder, private), key)


def make_seal_authority(prefecture: Prefecture, root: Authority, key: bytes, life: Lifetime) -> Authority:
    """Return the authority that certifies seals, signed by `root`."""
    private = _private(key)
    builder = _issued(_name(prefecture, "Mulhaqa - autorité des sceaux"), private.public_key(), root, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    certificate = _signed(builder, _private(root.key))
    return Authority(certificate, key, (certificate,))


def make_seals(
    prefecture: Prefecture, annexe: str, authority: Authority, life: Lifetime, *, pades_key: bytes, token_key: bytes
) -> SealKeys:
    """Return an annexe's two seals ("berkane-05"), certified by `authority` (see `make_seal_authority`)."""
    if pades_key == token_key:
        raise CallerError("The seal for files and the seal for codes need a key each.")
    return SealKeys(
        pades_key=pades_key,
        pades_cert=_seal(prefecture, annexe, authority, life, pades_key, commits=True),
        chain=authority.chain,
        token_key=token_key,
        token_cert=_seal(prefecture, annexe, authority, life, token_key, commits=False),
    )


def _seal(
    prefecture: Prefecture, annexe: str, authority: Authority, life: Lifetime, key: bytes, *, commits: bool
) -> bytes:
    subject = _name(prefecture, f"{annexe} - sceau {'des actes' if commits else 'des codes QR'}", annexe)
    builder = _issued(subject, _private(key).public_key(), authority, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(commits=commits), critical=True)
    if commits:
        builder = builder.add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING, EMAIL_PROTECTION]), critical=False)
    return _signed(builder, _private(authority.key))


def _private(key: bytes) -> ec.EllipticCurvePrivateKey:
    private = load_der_private_key(key, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise CallerError("A seal's key is on the curve P-256: make it with new_key.")
    return private


def _name(prefecture: Prefecture, common_name: str, annexe: str | None = None) -> x509.Name:
    attributes = [*_place(prefecture), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if annexe is not None:
        attributes.append(x509.NameAttribute(NameOID.USER_ID, annexe))
    return x509.Name(attributes)


def _place(prefecture: Prefecture) -> list[x509.NameAttribute[str]]:
    return [
        x509.NameAttribute(NameOID.COUNTRY_NAME, prefecture.country),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, prefecture.organisation),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, prefecture.name),
    ]


def _constraints(prefecture: Prefecture) -> x509.NameConstraints:
    permitted: Sequence[x509.GeneralName] = [
        x509.DirectoryName(x509.Name(_place(prefecture))),
        *(kind(host) for host in ANNEXE_HOSTS for kind in (x509.DNSName, x509.RFC822Name)),
        *(x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE_NETWORKS),
    ]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def _usage(*, authority: bool = False, commits: bool = False) -> x509.KeyUsage:
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


def _issued(
    subject: x509.Name, public: ec.EllipticCurvePublicKey, issuer: Authority, life: Lifetime
) -> x509.CertificateBuilder:
    certificate = x509.load_der_x509_certificate(issuer.certificate)
    if _moment(life.not_after_ms) > certificate.not_valid_after_utc:
        end = certificate.not_valid_after_utc.date()
        raise CallerError(f"A certificate cannot outlive the authority that signs it, which ends on {end}.")
    return _builder(subject, public, certificate.subject, _private(issuer.key).public_key(), life)


def _builder(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_public: ec.EllipticCurvePublicKey,
    life: Lifetime,
) -> x509.CertificateBuilder:
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


def _signed(builder: x509.CertificateBuilder, private: ec.EllipticCurvePrivateKey) -> bytes:
    return builder.sign(private, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC)
