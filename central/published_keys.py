"""What the prefecture publishes so that anyone can check a paper: its roots, seal authorities, and keys of QR codes.

Reading them verifies them: an authority must stand directly under a root, a code seal directly under an authority, and
a code seal must not be one that commits (that kind signs files). Expiry is no refusal here: a code that was sealed in
time stays good, and the verdict says when the seal ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from protocol.errors import PeerError
from protocol.office.attestation import token_key_id
from protocol.records.encoding import Value

MAX_CERTIFICATES = 10_000
"""Two hundred annexes with a new seal every year for fifty years."""


class PublishedKeysRefused(PeerError):
    """A certificate among the published keys does not belong there."""

    kind = "published-keys"


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """Certificates, DER. `seals` maps the key id that a QR code names to the certificate of its key."""

    roots: tuple[bytes, ...]
    authorities: tuple[bytes, ...]
    seals: Mapping[bytes, bytes]

    @classmethod
    def build(cls, roots: Sequence[bytes], authorities: Sequence[bytes], seals: Iterable[bytes]) -> PublishedKeys:
        """Check that all of it hangs together; raises PublishedKeysRefused."""
        tops, middles = [_read(root) for root in roots], [_read(authority) for authority in authorities]
        for top in tops:
            _require_issued(top, [top], "a root")
        for middle in middles:
            _require_issued(middle, tops, "a seal authority")
        by_id = {}
        for seal in seals:
            certificate = _read(seal)
            _require_issued(certificate, middles, "a seal")
            by_id[token_key_id(public_of(certificate))] = seal
        return cls(tuple(roots), tuple(authorities), by_id)

    def with_seal(self, certificate: bytes) -> PublishedKeys:
        """Return the keys with one more code seal; raises PublishedKeysRefused."""
        return PublishedKeys.build(self.roots, self.authorities, [*self.seals.values(), certificate])

    def token_keys(self) -> dict[bytes, bytes]:
        """Return the public keys (SubjectPublicKeyInfo, DER) by key id."""
        return {kid: public_of(_read(certificate)) for kid, certificate in self.seals.items()}

    def to_value(self) -> dict[str, Value]:
        """Return them as a value of the closed encoding, to be published."""
        return {
            "roots": list(self.roots),
            "authorities": list(self.authorities),
            "seals": list(self.seals.values()),
        }

    @classmethod
    def from_value(cls, value: Value) -> PublishedKeys:
        """Read and check what `to_value` gave; raises PublishedKeysRefused."""
        if not isinstance(value, dict) or set(value) != {"roots", "authorities", "seals"}:
            raise PublishedKeysRefused("These are no published keys: they have roots, authorities and seals.")
        return cls.build(*(_certificates(value[name]) for name in ("roots", "authorities", "seals")))


def public_of(certificate: x509.Certificate) -> bytes:
    """Return a certificate's SubjectPublicKeyInfo, DER."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def annexe_of(certificate: bytes) -> str | None:
    """Return the annexe that a seal's certificate names (attribute UID), or None."""
    named = _read(certificate).subject.get_attributes_for_oid(NameOID.USER_ID)
    return str(named[0].value) if len(named) == 1 else None


def ends_ms(certificate: bytes) -> int:
    """Return when a certificate ends, in milliseconds."""
    return int(_read(certificate).not_valid_after_utc.timestamp() * 1000)


def _read(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise PublishedKeysRefused("One of the published keys is no X.509 certificate.") from error


def _require_issued(certificate: x509.Certificate, issuers: Sequence[x509.Certificate], what: str) -> None:
    authority = what != "a seal"
    if not isinstance(certificate.public_key(), ec.EllipticCurvePublicKey):
        raise PublishedKeysRefused(f"The certificate of {what} has no elliptic-curve key.")
    if _is_authority(certificate) != authority or (not authority and _commits(certificate)):
        raise PublishedKeysRefused(f"A certificate was given as {what} and is for another use.")
    if not any(_issued_by(certificate, issuer) for issuer in issuers):
        raise PublishedKeysRefused(f"The certificate of {what} was not issued by the authority above it.")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _commits(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    except (x509.ExtensionNotFound, ValueError):
        return True


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _certificates(value: Value) -> list[bytes]:
    if not isinstance(value, list) or len(value) > MAX_CERTIFICATES:
        raise PublishedKeysRefused(f"Published keys are lists of at most {MAX_CERTIFICATES} certificates.")
    certificates = [item for item in value if isinstance(item, bytes)]
    if len(certificates) != len(value):
        raise PublishedKeysRefused("One of the published keys is no bytes.")
    return certificates
