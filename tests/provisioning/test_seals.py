"""The prefecture's X.509: what a seal may do, and what none under this root can."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from cryptography.x509.oid import NameOID

from protocol.errors import CallerError
from protocol.office.seals import SealKeys, SealKeysError
from protocol.records.encoding import Value, decode, encode
from provisioning.certification import Authority, Lifetime, Prefecture, new_key
from provisioning.seals import (
    AUTHORITY_YEARS,
    ROOT_YEARS,
    SEAL_YEARS,
    make_root,
    make_seal_authority,
    make_seals,
)

NOW = 1_790_000_000_000
BERKANE = Prefecture("Province de Berkane")


def entropy_of(seed: str) -> Callable[[int], bytes]:
    drawn = 0

    def entropy(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{seed}/{drawn}".encode()).digest(size)

    return entropy


def chain(seed: str = "a") -> tuple[Authority, Authority, SealKeys]:
    entropy = entropy_of(seed)
    root = make_root(BERKANE, new_key(entropy), Lifetime.years(NOW, ROOT_YEARS))
    authority = make_seal_authority(BERKANE, root, new_key(entropy), Lifetime.years(NOW, AUTHORITY_YEARS))
    life = Lifetime.years(NOW, SEAL_YEARS)
    seals = make_seals(BERKANE, "berkane-05", authority, life, pades_key=new_key(entropy), token_key=new_key(entropy))
    return root, authority, seals


ROOT, AUTHORITY, SEALS = chain()


def read(certificate: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate)


def usage(certificate: bytes) -> x509.KeyUsage:
    return read(certificate).extensions.get_extension_for_class(x509.KeyUsage).value


def test_each_certificate_is_issued_by_the_one_above() -> None:
    read(ROOT.certificate).verify_directly_issued_by(read(ROOT.certificate))
    read(AUTHORITY.certificate).verify_directly_issued_by(read(ROOT.certificate))
    for seal in (SEALS.pades_cert, SEALS.token_cert):
        read(seal).verify_directly_issued_by(read(AUTHORITY.certificate))


def test_a_seal_names_its_annexe_and_belongs_to_its_key() -> None:
    for certificate, key in ((SEALS.pades_cert, SEALS.pades_key), (SEALS.token_cert, SEALS.token_key)):
        assert read(certificate).subject.get_attributes_for_oid(NameOID.USER_ID)[0].value == "berkane-05"
        private = load_der_private_key(key, password=None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        spki = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        assert private.public_key().public_bytes(*spki) == read(certificate).public_key().public_bytes(*spki)


def test_the_file_seal_commits_and_the_code_seal_only_signs() -> None:
    assert usage(SEALS.pades_cert).content_commitment
    assert usage(SEALS.pades_cert).digital_signature
    assert not usage(SEALS.token_cert).content_commitment
    assert usage(SEALS.token_cert).digital_signature


def test_a_seal_certifies_nobody_and_the_authority_no_authorities() -> None:
    def constraints(certificate: bytes) -> x509.BasicConstraints:
        return read(certificate).extensions.get_extension_for_class(x509.BasicConstraints).value

    assert (constraints(ROOT.certificate).ca, constraints(ROOT.certificate).path_length) == (True, 1)
    assert (constraints(AUTHORITY.certificate).ca, constraints(AUTHORITY.certificate).path_length) == (True, 0)
    for seal in (SEALS.pades_cert, SEALS.token_cert):
        assert not constraints(seal).ca
        assert not usage(seal).key_cert_sign


def test_the_root_is_constrained_to_the_prefectures_own_names() -> None:
    extension = read(ROOT.certificate).extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    permitted = extension.value.permitted_subtrees or []
    kinds = {type(name) for name in permitted}
    assert kinds == {x509.DirectoryName, x509.DNSName, x509.RFC822Name, x509.IPAddress}
    place = next(name.value for name in permitted if isinstance(name, x509.DirectoryName))
    for certificate in (AUTHORITY.certificate, SEALS.pades_cert, SEALS.token_cert):
        assert list(read(certificate).subject)[: len(list(place))] == list(place)


def test_the_same_inputs_make_the_same_certificates_and_others_make_others() -> None:
    again, other = chain()[2], chain("b")[2]
    assert again.to_value() == SEALS.to_value()
    assert other.pades_cert != SEALS.pades_cert
    serials = {
        read(certificate).serial_number for certificate in (SEALS.pades_cert, SEALS.token_cert, other.token_cert)
    }
    assert len(serials) == 3


def test_a_seal_cannot_outlive_its_authority() -> None:
    life = Lifetime.years(NOW, AUTHORITY_YEARS + 1)
    with pytest.raises(CallerError, match="cannot outlive"):
        make_seals(BERKANE, "berkane-05", AUTHORITY, life, pades_key=SEALS.pades_key, token_key=SEALS.token_key)


def test_one_key_is_not_both_seals() -> None:
    with pytest.raises(CallerError, match="a key each"):
        make_seals(
            BERKANE,
            "berkane-05",
            AUTHORITY,
            Lifetime.years(NOW, 1),
            pades_key=SEALS.pades_key,
            token_key=SEALS.pades_key,
        )


def test_seals_travel_through_the_closed_encoding() -> None:
    assert SealKeys.from_value(decode(encode(SEALS.to_value()))) == SEALS


def test_secrets_do_not_show_when_printed() -> None:
    for thing in (SEALS, ROOT, AUTHORITY):
        assert repr(thing) in {"SealKeys(...)", "Authority(...)"}


@pytest.mark.parametrize(
    "change",
    [
        {"chain": "none"},
        {"chain": [b"c"] * 5},
        {"chain": [""]},
        {"token_key": b""},
        {"token_key": "text"},
        {"more": b"x"},
    ],
)
def test_a_value_that_is_no_pair_of_seals_is_refused(change: dict[str, Value]) -> None:
    with pytest.raises(SealKeysError):
        SealKeys.from_value({**SEALS.to_value(), **change})


def test_a_value_that_is_no_map_is_refused() -> None:
    with pytest.raises(SealKeysError):
        SealKeys.from_value(b"seals")
