"""The prefecture's X.509: who may seal certificates of the annexes, in a form that any PDF reader can check.

    root (offline)  ->  seal authority (prefecture IT)  ->  two seals per annexe: one for PDF files, one for QR codes

- The root's name constraints (RFC 5280, 4.2.1.10) keep all that stands under it inside the prefecture: directory names
  under its own, host names and mail of the annexes, private addresses. To trust this root is to trust it for no more.
- The seal authority can make no further authorities (path length 0) and a seal is none at all.
- The seals differ by key usage: a PDF seal commits (nonRepudiation, which PDF readers ask for), a code seal only
  signs, so neither key can stand in for the other. RFC 9336's purpose (document signing) marks the PDF seal.
- A seal's certificate names its annexe (attribute UID, RFC 4519), so a text that claims another annexe is refused.
- No revocation address: verification works without a network, and withdrawn seals are published by the prefecture.

Everything here is pure, and what it is made of is in `provisioning.certification`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from cryptography import x509

from protocol.errors import CallerError
from protocol.office.seals import SealKeys
from provisioning.certification import (
    ANNEXE_HOSTS,
    PRIVATE_NETWORKS,
    Authority,
    Lifetime,
    Prefecture,
    builder_of,
    issued,
    name_of,
    place_of,
    private_of,
    signed,
    usage,
)

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
EMAIL_PROTECTION = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")
"""NSS, and with it poppler, has no notion of a document signer and asks for this purpose instead; the root's
constraints leave no address outside the annexes that it could be used for."""

ROOT_YEARS, AUTHORITY_YEARS, SEAL_YEARS = 20, 8, 3
"""A seal is renewed with the appliance's keys; an authority outlives several seals, a root several authorities."""


def make_root(prefecture: Prefecture, key: bytes, life: Lifetime) -> Authority:
    """Return the prefecture's self-signed root, constrained to the prefecture's own names."""
    private = private_of(key)
    subject = name_of(prefecture, "Mulhaqa - autorité racine")
    builder = builder_of(subject, private.public_key(), subject, private.public_key(), life)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(usage(authority=True), critical=True)
    builder = builder.add_extension(_constraints(prefecture), critical=True)
    return Authority(signed(builder, private), key)


def make_seal_authority(prefecture: Prefecture, root: Authority, key: bytes, life: Lifetime) -> Authority:
    """Return the authority that certifies seals, signed by `root`."""
    private = private_of(key)
    builder = issued(name_of(prefecture, "Mulhaqa - autorité des sceaux"), private.public_key(), root, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage(authority=True), critical=True)
    certificate = signed(builder, private_of(root.key))
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
    subject = name_of(prefecture, f"{annexe} - sceau {'des actes' if commits else 'des codes QR'}", annexe)
    builder = issued(subject, private_of(key).public_key(), authority, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage(commits=commits), critical=True)
    if commits:
        builder = builder.add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING, EMAIL_PROTECTION]), critical=False)
    return signed(builder, private_of(authority.key))


def _constraints(prefecture: Prefecture) -> x509.NameConstraints:
    permitted: Sequence[x509.GeneralName] = [
        x509.DirectoryName(x509.Name(place_of(prefecture))),
        *(kind(host) for host in ANNEXE_HOSTS for kind in (x509.DNSName, x509.RFC822Name)),
        *(x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE_NETWORKS),
    ]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)
