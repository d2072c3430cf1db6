"""The prefecture's X.509 for the annexes' own networks: which screens a browser there believes to be an annexe's.

    root (offline)  ->  authority (prefecture IT)  ->  one for each appliance  ->  its leaves (edge.tls)

- The root is one of its own, apart from that of the seals: it is what tablets install, and whoever can seal papers
  can thereby not pretend to be a screen.
- Its name constraints (RFC 5280, 4.2.1.10) keep it to the annexes' host names and to private addresses: whoever
  installs it trusts the prefecture with its annexes, and with no site of the Internet.
- An appliance's authority makes no further ones (path length 0) and vouches for one annexe's names alone. A private
  address is the same in every annexe, so all of them are permitted: they only lead to the name.
- All of them certify TLS servers and nothing else (extended key usage).

Pure, as `provisioning.certification` is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from protocol.office.lan import LanAuthority, hosts_of
from provisioning.certification import (
    ANNEXE_HOSTS,
    PRIVATE_NETWORKS,
    Authority,
    Lifetime,
    Prefecture,
    builder_of,
    issued,
    name_of,
    private_of,
    signed,
    usage,
)

ROOT_YEARS: Final = 20
AUTHORITY_YEARS: Final = 8
APPLIANCE_YEARS: Final = 3
"""As long as the seals that travel in the same seed, so that one visit renews both."""


def make_root(prefecture: Prefecture, key: bytes, life: Lifetime) -> Authority:
    """Return the self-signed root that tablets install."""
    private = private_of(key)
    subject = name_of(prefecture, "Mulhaqa - réseaux des annexes")
    builder = builder_of(subject, private.public_key(), subject, private.public_key(), life)
    builder = _certifying(builder, below=2, hosts=ANNEXE_HOSTS)
    return Authority(signed(builder, private), key)


def make_authority(prefecture: Prefecture, root: Authority, key: bytes, life: Lifetime) -> Authority:
    """Return the prefecture IT's authority, which vouches for appliances, signed by `root`."""
    subject = name_of(prefecture, "Mulhaqa - autorité des réseaux")
    builder = issued(subject, private_of(key).public_key(), root, life)
    builder = _certifying(builder, below=1, hosts=ANNEXE_HOSTS)
    certificate = signed(builder, private_of(root.key))
    return Authority(certificate, key, (certificate,))


def make_appliance(
    prefecture: Prefecture, annexe: str, authority: Authority, root: bytes, life: Lifetime, *, key: bytes
) -> LanAuthority:
    """Return what one appliance of an annexe ("berkane-05") certifies its screens with; `root`: its certificate."""
    subject = name_of(prefecture, f"{annexe} - réseau", annexe)
    builder = issued(subject, private_of(key).public_key(), authority, life)
    builder = _certifying(builder, below=0, hosts=hosts_of(annexe))
    certificate = signed(builder, private_of(authority.key))
    return LanAuthority(key=key, certificate=certificate, chain=authority.chain, root=root)


def _certifying(builder: x509.CertificateBuilder, *, below: int, hosts: Sequence[str]) -> x509.CertificateBuilder:
    """What an authority may do: `below` it stand so many others, and all of them stand for these names."""
    permitted: Sequence[x509.GeneralName] = [
        *(x509.DNSName(host) for host in hosts),
        *(x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE_NETWORKS),
    ]
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(usage(authority=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
    )
