"""What a browser that trusts the networks' root alone believes, as OpenSSL judges it."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.tls.leaf import DAY_MS, LEAF_MS, LONGEST_MS, Instants, Leaf, Signer
from protocol.office.lan import LanAuthority, LanAuthorityError
from protocol.records.encoding import Value, decode, encode
from provisioning import lan
from provisioning.certification import Lifetime, issued, name_of, new_key, private_of, signed
from tests.edge.tls.support import BERKANE, HOST, LOCAL, MADE_MS, Networks, handshake, networks, showing
from tests.edge.web.support import entropy_from

NETWORKS = networks()
NOW = Instants(MADE_MS + 40 * DAY_MS, MADE_MS + 30 * DAY_MS)
ADDRESSES = ["192.168.1.5", "10.0.0.9", "8.8.8.8", "127.0.0.1"]


def leaf(hosts: list[str] | None = None, instants: Instants = NOW, of: Networks = NETWORKS) -> Leaf:
    return of.signer.leaf(hosts or [HOST, LOCAL], ADDRESSES, instants, entropy_from("leaf"))


@pytest.mark.parametrize("name", [HOST, LOCAL, "192.168.1.5", "10.0.0.9"])
def test_who_trusts_the_root_believes_every_name_of_the_annexe(name: str) -> None:
    assert handshake(showing(leaf()), NETWORKS.trusting, name)[0] == "TLSv1.3"


@pytest.mark.parametrize("name", ["berkane-06.annexe.internal", "example.org", "8.8.8.8", "127.0.0.1", "192.168.1.6"])
def test_no_other_name_is_believed(name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(showing(leaf()), NETWORKS.trusting, name)


@pytest.mark.parametrize("host", ["berkane-06.annexe.internal", "berkane-06.local", "example.org"])
def test_an_appliance_that_vouches_for_another_name_is_refused_whole(host: str) -> None:
    for name in (host, HOST):
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            handshake(showing(leaf([HOST, host])), NETWORKS.trusting, name)


def test_an_appliance_that_vouches_for_a_public_address_is_refused() -> None:
    key, life = new_key(entropy_from("public")), Lifetime(MADE_MS, MADE_MS + DAY_MS)
    builder = issued(name_of(BERKANE, "x"), private_of(key).public_key(), NETWORKS.as_issuer, life)
    named = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("8.8.8.8"))])
    certificate = signed(builder.add_extension(named, critical=False), private_of(NETWORKS.appliance.key))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(showing(with_chain(certificate, key)), NETWORKS.trusting, "8.8.8.8")


def test_an_appliance_makes_no_further_authority() -> None:
    life = Lifetime.years(MADE_MS, 1)
    below = lan.make_authority(BERKANE, NETWORKS.as_issuer, new_key(entropy_from("below")), life)
    between = (NETWORKS.appliance.certificate, *NETWORKS.appliance.chain)
    forged = LanAuthority(key=below.key, certificate=below.certificate, chain=between, root=NETWORKS.appliance.root)
    with pytest.raises(ssl.SSLCertVerificationError, match="path length"):
        handshake(showing(leaf(of=Networks(NETWORKS.root, forged))), NETWORKS.trusting, HOST)


def test_another_prefecture_is_not_believed() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(showing(leaf()), networks(prefecture="another").trusting, HOST)


def test_a_standby_stands_for_the_same_names() -> None:
    """Another authority of the same annexe: whoever opened the screens before opens them after its promotion."""
    standby = networks(machine="standby")
    assert standby.appliance.key != NETWORKS.appliance.key
    assert handshake(showing(leaf(of=standby)), NETWORKS.trusting, HOST)[0] == "TLSv1.3"


def test_tls_older_than_1_3_is_refused() -> None:
    client = NETWORKS.trusting
    client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="unsupported protocol"):
        handshake(showing(leaf()), client, HOST)


INSTANTS = st.integers(0, MADE_MS * 2)


@given(truth=st.integers(0, 3 * 360 * DAY_MS), signed=st.integers(0, 3 * 360 * DAY_MS), now=INSTANTS)
def test_whatever_the_clock_says_a_leaf_has_begun_and_is_short_enough_for_every_browser(
    truth: int, signed: int, now: int
) -> None:
    """The truth lies after what the prefecture signed; this machine's clock may say anything."""
    signed_ms = MADE_MS + min(truth, signed)
    made = leaf(instants=Instants(now, signed_ms))
    assert 0 < made.not_after_ms - made.not_before_ms <= LONGEST_MS
    assert made.not_after_ms <= NETWORKS.signer.not_after_ms
    if now < MADE_MS + truth + 600 * DAY_MS:
        assert made.not_before_ms <= MADE_MS + truth
    if abs(now - MADE_MS - truth) < DAY_MS and now + LEAF_MS < NETWORKS.signer.not_after_ms:
        assert made.not_after_ms > MADE_MS + truth + LEAF_MS - 2 * DAY_MS


def test_an_authority_travels_in_the_closed_encoding_and_shows_no_key() -> None:
    value = decode(encode(NETWORKS.appliance.to_value()))
    assert LanAuthority.from_value(value) == NETWORKS.appliance
    assert NETWORKS.appliance.key.hex() not in repr(NETWORKS.appliance)
    whole = NETWORKS.appliance.to_value()
    wrongs: list[Value] = [None, {}, [], {**whole, "more": 1}, {**whole, "chain": [1]}, {**whole, "key": ""}]
    for wrong in wrongs:
        with pytest.raises(LanAuthorityError):
            LanAuthority.from_value(wrong)


def test_a_key_of_another_authority_is_refused() -> None:
    with pytest.raises(LanAuthorityError, match="not that of its certificate"):
        Signer(replace(NETWORKS.appliance, key=new_key(entropy_from("another"))))
    with pytest.raises(LanAuthorityError, match="cannot be read"):
        Signer(replace(NETWORKS.appliance, certificate=b"no certificate"))


def with_chain(certificate: bytes, key: bytes) -> Leaf:
    """A leaf of the appliance's authority that the product would not make."""
    pem = "".join(
        ssl.DER_cert_to_PEM_cert(one)
        for one in (certificate, NETWORKS.appliance.certificate, *NETWORKS.appliance.chain)
    )
    return Leaf((), 0, 0, "", pem.encode(), pem_of(key))


def pem_of(key: bytes) -> bytes:
    return private_of(key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
