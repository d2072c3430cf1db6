"""A certificate for the screens, made on the appliance by its own authority (`protocol.office.lan`).

Rules:

- It names the annexe's hosts and this machine's private addresses, and no other: one name that the authority may not
  vouch for would make browsers refuse all of them (RFC 5280, 6.1.3).
- It begins at the latest instant that the prefecture vouches for, and not at this machine's now: a Pi's clock may be
  days or years ahead, and a tablet with the right time would find a leaf of tomorrow not yet valid. It never is, for
  the truth lies after what the prefecture has signed.
- It ends `LEAF_MS` after now, or with its authority. From beginning to end it is shorter than what iOS takes.
- Each has a key of its own, which is in memory alone: the authority is at hand, so a start makes another leaf.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from protocol.office.lan import LanAuthority, LanAuthorityError

DAY_MS: Final = 24 * 3600 * 1000
LEAF_MS: Final = 90 * DAY_MS
"""Three months: longer than an outage, and what was stolen with an appliance's memory ends within the season."""

LONGEST_MS: Final = 820 * DAY_MS
"""From beginning to end: iOS refuses more than 825 days, also under a root that its owner installed."""

SLACK_MS: Final = DAY_MS
"""A tablet's clock may be a day behind."""

SERIAL_SIZE: Final = 19  # bytes: positive and within 20 octets (RFC 5280, 4.1.2.2)

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Instants:
    """Now, as far as it is known: never before `signed_ms`, the latest instant that the prefecture vouches for."""

    now_ms: int
    signed_ms: int

    @property
    def believed_ms(self) -> int:
        """What this machine takes for now."""
        return max(self.now_ms, self.signed_ms)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate with its chain (PEM, the root left out) and its key (PEM). Times in ms; `fingerprint`: SHA-256,
    hex."""

    names: tuple[str, ...]
    not_before_ms: int
    not_after_ms: int
    fingerprint: str
    chain: bytes
    key: bytes = field(repr=False)


class Signer:
    """An authority, opened. Raises LanAuthorityError when its bytes are none."""

    def __init__(self, authority: LanAuthority) -> None:
        try:
            private = load_der_private_key(authority.key, password=None)
            self._certificate = x509.load_der_x509_certificate(authority.certificate)
            self._between = [x509.load_der_x509_certificate(one) for one in authority.chain]
            self.root = x509.load_der_x509_certificate(authority.root)
            self._networks = _networks(self._certificate)
        except (ValueError, TypeError, x509.ExtensionNotFound) as error:
            raise LanAuthorityError(
                "The authority in this seed cannot be read: have the prefecture make the seed again."
            ) from error
        public = self._certificate.public_key()
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != public:
            raise LanAuthorityError("The authority's key is not that of its certificate: have the seed made again.")
        self._private = private
        self.not_before_ms = _ms(self._certificate.not_valid_before_utc)
        self.not_after_ms = _ms(self._certificate.not_valid_after_utc)

    def permitted(self, addresses: Iterable[str]) -> list[str]:
        """Return those addresses that the authority may vouch for: private ones."""
        return [one for one in addresses if any(ipaddress.ip_address(one) in network for network in self._networks)]

    def leaf(self, hosts: Iterable[str], addresses: Iterable[str], instants: Instants, entropy: Entropy) -> Leaf:
        """Make a certificate for these hosts and, of these addresses, the permitted ones."""
        private = _drawn(entropy)
        hosts, addresses = list(hosts), self.permitted(addresses)
        ends = min(instants.believed_ms + LEAF_MS, self.not_after_ms)
        begins = min(max(instants.signed_ms - SLACK_MS, self.not_before_ms, ends - LONGEST_MS), ends - DAY_MS)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])]))
            .issuer_name(self._certificate.subject)
            .public_key(private.public_key())
            .serial_number(int.from_bytes(entropy(SERIAL_SIZE), "big") + 1)
            .not_valid_before(_moment(begins))
            .not_valid_after(_moment(ends))
            .add_extension(x509.SubjectAlternativeName(_general(hosts, addresses)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(SIGNS, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._private.public_key()), critical=False
            )
            .sign(self._private, hashes.SHA256())
        )
        shown = [certificate, self._certificate, *self._between]
        return Leaf(
            names=(*hosts, *addresses),
            not_before_ms=begins,
            not_after_ms=ends,
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
            chain=b"".join(one.public_bytes(Encoding.PEM) for one in shown),
            key=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )


SIGNS: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""All that a key does in TLS 1.3."""

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _drawn(entropy: Entropy) -> ec.EllipticCurvePrivateKey:
    """A fresh key: from 64 bits more than the group's order has, so that the reduction shows no bias (FIPS 186-5)."""
    return ec.derive_private_key(int.from_bytes(entropy(40), "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def _general(hosts: Iterable[str], addresses: Iterable[str]) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(host) for host in hosts),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
    ]


def _networks(certificate: x509.Certificate) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = [one.value for one in constraints.permitted_subtrees or () if isinstance(one, x509.IPAddress)]
    return [one for one in permitted if isinstance(one, ipaddress.IPv4Network | ipaddress.IPv6Network)]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC)
