"""The sealed file and its code, as read by those who know nothing of us: poppler and NSS, zxing, CBOR by hand."""

from __future__ import annotations

import hashlib
import subprocess
from io import BytesIO
from pathlib import Path

import cbor2
import pytest
from base45 import b45decode  # type: ignore[import-untyped]  # the package ships no types
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pypdf import PdfReader

from edge.press.frames import Done
from edge.press.typesetter import Typesetter
from edge.press.worker import make_certificate
from tests.edge.press.papers import FATIMA, FIANCES, LONGEST, RESIDENCE, chain, codes_in, of

CHAIN = chain()


@pytest.fixture(scope="module")
def sealed(typesetter: Typesetter) -> Done:
    return make_certificate(typesetter, RESIDENCE, CHAIN.seals)


@pytest.fixture
def nss(tmp_path: Path) -> Path:
    """A database of trusted roots with the prefecture's in it, as a reader's computer would have."""
    folder, root = tmp_path / "nss", tmp_path / "root.der"
    folder.mkdir()
    root.write_bytes(CHAIN.root.certificate)
    subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"], check=True)
    trust = ["certutil", "-A", "-d", f"sql:{folder}", "-n", "prefecture", "-t", "CT,C,C", "-i", str(root)]
    subprocess.run(trust, check=True)
    return folder


def pdfsig(pdf: bytes, nss: Path, folder: Path) -> str:
    path = folder / "certificate.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdfsig", "-nssdir", f"sql:{nss}", str(path)], capture_output=True, text=True, check=False)
    return run.stdout


def test_a_pdf_reader_finds_the_seal_valid_and_trusted(sealed: Done, nss: Path, tmp_path: Path) -> None:
    report = pdfsig(sealed.pdf, nss, tmp_path)
    assert "Signature is Valid." in report
    assert "Certificate is Trusted." in report
    assert "Total document signed" in report
    assert "ETSI.CAdES.detached" in report
    assert "UID=berkane-05" in report


def test_without_the_root_the_seal_is_valid_and_not_trusted(sealed: Done, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{empty}", "--empty-password"], check=True)
    report = pdfsig(sealed.pdf, empty, tmp_path)
    assert "Signature is Valid." in report
    assert "Certificate is Trusted." not in report


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.9])
def test_a_pdf_reader_refuses_a_flipped_byte(sealed: Done, nss: Path, tmp_path: Path, share: float) -> None:
    flipped = bytearray(sealed.pdf)
    flipped[int(len(flipped) * share)] ^= 0x01
    assert "Signature is Valid." not in pdfsig(bytes(flipped), nss, tmp_path)


def verify_by_hand(text: str) -> dict[int, object]:
    """Verify a code with base45, CBOR and ECDSA alone, and the certificate of its key."""
    assert text.startswith("MLQ1:")
    message = cbor2.loads(b45decode(text[5:]))
    assert message.tag == 18
    protected, _, payload, signature = message.value
    public = x509.load_der_x509_certificate(CHAIN.seals.token_cert).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert cbor2.loads(protected) == {1: -7, 4: hashlib.sha256(spki).digest()[:8]}
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    public.verify(der, cbor2.dumps(["Signature1", protected, b"", payload]), ec.ECDSA(hashes.SHA256()))
    claims: dict[int, object] = cbor2.loads(payload)
    return claims


def test_the_printed_code_is_read_and_verified_with_the_standards_alone(sealed: Done, tmp_path: Path) -> None:
    assert codes_in(sealed.pdf, tmp_path) == [sealed.token]
    claims = verify_by_hand(sealed.token)
    assert claims[1] == "berkane-05"
    assert claims[-65538] == "Fatima Zahra Benabdellah"
    assert claims[-65539] == "FA123456"
    assert claims[-65541] == FATIMA.address
    assert claims[-65543] == {"since": "mars 2019", "purpose": "Inscription scolaire"}


def test_the_densest_code_is_still_read_from_paper(typesetter: Typesetter, tmp_path: Path) -> None:
    densest = make_certificate(typesetter, of(LONGEST), CHAIN.seals)
    assert codes_in(densest.pdf, tmp_path) == [densest.token]


def test_a_changed_claim_is_found_by_hand_too(sealed: Done) -> None:
    swap = sealed.token[:-20] + ("A" if sealed.token[-20] != "A" else "B") + sealed.token[-19:]
    with pytest.raises((InvalidSignature, ValueError)):
        verify_by_hand(swap)


def test_an_attestation_is_sealed_with_what_its_form_added(typesetter: Typesetter) -> None:
    claims = verify_by_hand(make_certificate(typesetter, FIANCES, CHAIN.seals).token)
    assert claims[-65543] == {"fiance_fr": "Youssef El Mansouri"}
    assert 4 not in claims


def test_sealing_again_gives_the_same_paper(typesetter: Typesetter, sealed: Done) -> None:
    assert make_certificate(typesetter, RESIDENCE, CHAIN.seals) == sealed


def test_sealing_leaves_the_archivable_form_and_its_dates_as_they_were(sealed: Done) -> None:
    metadata = PdfReader(BytesIO(sealed.pdf)).xmp_metadata
    assert metadata is not None
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in metadata.stream.get_data()
    assert b"2026-11-12T16:13:20" in metadata.stream.get_data()
    assert sealed.pdf.count(b"/Type/Metadata") == 1
    assert b"/F 132" in sealed.pdf, "an invisible field still has to be marked as printable"


def test_no_private_key_and_no_root_is_in_the_file(sealed: Done) -> None:
    raw = sealed.pdf + bytes.fromhex(sealed.pdf.split(b"/Contents <")[1].split(b">")[0].decode())
    assert CHAIN.seals.pades_key not in raw
    assert CHAIN.seals.token_key not in raw
    assert CHAIN.root.certificate not in raw
    assert CHAIN.authority.certificate in raw
