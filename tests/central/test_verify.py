"""Verification from published keys: genuine papers pass, and whatever was touched or comes from elsewhere does not."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import msgspec
import pytest
from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]  # the package ships no types
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

import central.verify
from central.published_keys import PublishedKeys, PublishedKeysRefused, annexe_of
from central.sealed_files import MAX_PDF
from central.verify import Kind, verify_pdf, verify_text
from edge.press.frames import Done
from edge.press.pages import certificate_page, claims_of, receipt_page
from edge.press.typesetter import Typesetter
from edge.press.worker import make_certificate
from protocol.office.attestation import encode_token
from protocol.office.seals import SealKeys
from protocol.records.encoding import Value, decode, encode
from screens.languages import Languages
from tests.edge.press.papers import ISSUED_MS, ISSUER, RECEIPT, RESIDENCE, chain

CHAIN, STRANGER = chain(), chain("stranger")
PUBLISHED = PublishedKeys.build([CHAIN.root.certificate], [CHAIN.authority.certificate], [CHAIN.seals.token_cert])
WITHOUT_CODES = PublishedKeys.build([CHAIN.root.certificate], [CHAIN.authority.certificate], [])
CLAIMS = claims_of(RESIDENCE)
TOKEN = encode_token(CLAIMS, CHAIN.seals.token_key)
YEAR_MS = 365 * 86_400_000


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter()


@pytest.fixture(scope="module")
def sealed(typesetter: Typesetter) -> Done:
    return make_certificate(typesetter, RESIDENCE, CHAIN.seals)


def test_a_genuine_text_gives_its_claims() -> None:
    verdict = verify_text(TOKEN, PUBLISHED, now_ms=ISSUED_MS)
    assert verdict.kind is Kind.OK
    assert verdict.good
    assert verdict.claims == CLAIMS
    assert not verdict.expired
    assert "berkane-05 on 12/11/2026" in str(verdict.sentences[0])
    assert any("not a qualified electronic signature" in str(sentence) for sentence in verdict.sentences)


def test_line_breaks_of_a_typed_text_do_not_count() -> None:
    assert verify_text("\n".join([TOKEN[:40], TOKEN[40:90], TOKEN[90:]]) + "\r\n", PUBLISHED).good


def test_an_expired_certificate_is_genuine_and_says_since_when() -> None:
    verdict = verify_text(TOKEN, PUBLISHED, now_ms=ISSUED_MS + YEAR_MS)
    assert verdict.good
    assert verdict.expired
    assert not verdict.seal_ended
    assert any("validity ended on 10/02/2027" in str(sentence) for sentence in verdict.sentences)


def test_without_a_time_nothing_is_said_of_expiry() -> None:
    verdict = verify_text(TOKEN, PUBLISHED)
    assert verdict.good
    assert not verdict.expired


def test_a_seal_that_has_ended_since_still_proves_what_it_proved(sealed: Done) -> None:
    for verdict in (
        verify_text(TOKEN, PUBLISHED, now_ms=ISSUED_MS + 4 * YEAR_MS),
        verify_pdf(sealed.pdf, PUBLISHED, now_ms=ISSUED_MS + 4 * YEAR_MS),
    ):
        assert verdict.good
        assert verdict.seal_ended


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Kind.NOT_OURS),
        ("https://example.org/", Kind.NOT_OURS),
        ("MLQ1:" + "0" * 5000, Kind.NOT_OURS),
        (TOKEN[:-3], Kind.UNREADABLE),
        ("MLQ1:abc", Kind.UNREADABLE),
        (encode_token(CLAIMS, STRANGER.seals.token_key), Kind.UNKNOWN_ISSUER),
        (encode_token(replace(CLAIMS, annexe="berkane-06"), CHAIN.seals.token_key), Kind.UNKNOWN_ISSUER),
    ],
)
def test_a_text_that_is_not_the_annexes_is_told_by_kind(text: str, kind: Kind) -> None:
    verdict = verify_text(text, PUBLISHED)
    assert verdict.kind is kind
    assert not verdict.good
    assert verdict.claims is None


def test_a_changed_signature_is_an_altered_certificate() -> None:
    last = TOKEN[-3]
    changed = TOKEN[:-3] + ("0" if last != "0" else "1") + TOKEN[-2:]
    assert verify_text(changed, PUBLISHED).kind is Kind.ALTERED


def test_a_genuine_file_gives_the_claims_of_its_code(sealed: Done) -> None:
    verdict = verify_pdf(sealed.pdf, PUBLISHED, now_ms=ISSUED_MS)
    assert verdict.kind is Kind.OK
    assert verdict.claims == CLAIMS


def test_a_file_brings_the_certificate_of_its_code_along(sealed: Done) -> None:
    assert verify_pdf(sealed.pdf, WITHOUT_CODES).claims == CLAIMS
    assert verify_text(sealed.token, WITHOUT_CODES).kind is Kind.UNKNOWN_ISSUER


def places(pdf: bytes) -> list[int]:
    """Spread over the file, and close together in the signature's container, which no signature covers."""
    start = pdf.index(b"/Contents <") + 11
    container = list(range(start, start + 5_000, 251)) + list(range(start + 5_000, start + 8_192, 2_003))
    return sorted({*range(0, len(pdf), len(pdf) // 30), *container, len(pdf) - 1})


def test_no_byte_of_a_sealed_file_can_change(sealed: Done) -> None:
    for place in places(sealed.pdf):
        flipped = bytearray(sealed.pdf)
        flipped[place] ^= 0x01
        assert not verify_pdf(bytes(flipped), PUBLISHED).good, place


def test_a_file_that_was_added_to_or_cut_is_refused(sealed: Done) -> None:
    assert verify_pdf(sealed.pdf + b"\n", PUBLISHED).kind is Kind.ALTERED
    assert not verify_pdf(sealed.pdf[:-7], PUBLISHED).good
    writer = IncrementalPdfFileWriter(BytesIO(sealed.pdf))
    writer.root["/Added"] = writer.root["/Type"]
    writer.update_root()  # type: ignore[no-untyped-call]  # the library leaves this one untyped
    later = BytesIO()
    writer.write(later)  # type: ignore[no-untyped-call]  # the library leaves this one untyped
    assert verify_pdf(later.getvalue(), PUBLISHED).kind is Kind.ALTERED


def test_a_file_that_someone_signed_once_more_is_refused(sealed: Done) -> None:
    again = sign(sealed.pdf, STRANGER.seals, field="Another")
    assert verify_pdf(again, PUBLISHED).kind is Kind.ALTERED


def test_a_strangers_seal_is_not_ours(typesetter: Typesetter) -> None:
    foreign = make_certificate(typesetter, RESIDENCE, STRANGER.seals)
    assert verify_pdf(foreign.pdf, PUBLISHED).kind is Kind.UNKNOWN_ISSUER


def test_the_seal_of_codes_cannot_seal_a_file(typesetter: Typesetter) -> None:
    swapped = SealKeys(
        pades_key=CHAIN.seals.token_key,
        pades_cert=CHAIN.seals.token_cert,
        chain=CHAIN.seals.chain,
        token_key=CHAIN.seals.token_key,
        token_cert=CHAIN.seals.token_cert,
    )
    assert not verify_pdf(make_certificate(typesetter, RESIDENCE, swapped).pdf, PUBLISHED).good


def test_a_seal_made_before_its_certificate_held_is_refused(typesetter: Typesetter) -> None:
    early = msgspec.structs.replace(RESIDENCE, issued_ms=ISSUED_MS - 30 * 86_400_000)
    assert verify_pdf(make_certificate(typesetter, early, CHAIN.seals).pdf, PUBLISHED).kind is Kind.UNKNOWN_ISSUER


def test_a_paper_that_names_one_annexe_under_the_seal_of_another_is_refused(typesetter: Typesetter) -> None:
    elsewhere = msgspec.structs.replace(RESIDENCE, issuer=msgspec.structs.replace(ISSUER, id="berkane-06"))
    assert verify_pdf(make_certificate(typesetter, elsewhere, CHAIN.seals).pdf, PUBLISHED).kind is Kind.UNKNOWN_ISSUER


def test_an_unsealed_paper_and_no_paper_at_all_are_not_ours(typesetter: Typesetter) -> None:
    unsealed = typesetter.set("certificate", certificate_page(RESIDENCE, TOKEN), ISSUED_MS)
    for data in (unsealed, b"", b"a letter", b"%PDF-1.7" + bytes(MAX_PDF)):
        assert verify_pdf(data, PUBLISHED).kind is Kind.NOT_OURS
    assert verify_pdf(b"%PDF-1.7\nnothing", PUBLISHED).kind is Kind.UNREADABLE


def test_something_else_under_a_genuine_seal_is_no_certificate(typesetter: Typesetter) -> None:
    receipt = typesetter.set("receipt", receipt_page(RECEIPT, "ar", "a4"), ISSUED_MS)
    assert not verify_pdf(sign(receipt, CHAIN.seals, field="Mulhaqa"), PUBLISHED).good


def sign(pdf: bytes, seals: SealKeys, *, field: str) -> bytes:
    """Sign a file as anyone with pyHanko would."""
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library leaves this one untyped
    store.register_multiple([asn1_x509.Certificate.load(certificate) for certificate in seals.chain])
    signer = signers.SimpleSigner(
        asn1_x509.Certificate.load(seals.pades_cert), asn1_keys.PrivateKeyInfo.load(seals.pades_key), store
    )
    signed = signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), signers.PdfSignatureMetadata(field_name=field), signer=signer
    )
    signed.seek(0)
    return bytes(signed.read())


def test_published_keys_travel_and_are_checked_again_on_arrival() -> None:
    assert PublishedKeys.from_value(decode(encode(PUBLISHED.to_value()))) == PUBLISHED


@pytest.mark.parametrize(
    ("roots", "authorities", "seals"),
    [
        ([CHAIN.authority.certificate], [], []),
        ([CHAIN.root.certificate], [STRANGER.authority.certificate], []),
        ([CHAIN.root.certificate], [CHAIN.seals.token_cert], []),
        ([CHAIN.root.certificate], [CHAIN.authority.certificate], [STRANGER.seals.token_cert]),
        ([CHAIN.root.certificate], [CHAIN.authority.certificate], [CHAIN.seals.pades_cert]),
        ([CHAIN.root.certificate], [CHAIN.authority.certificate], [CHAIN.authority.certificate]),
        ([CHAIN.root.certificate], [], [CHAIN.seals.token_cert]),
        ([b"no certificate"], [], []),
    ],
)
def test_keys_that_do_not_hang_together_are_not_published(
    roots: list[bytes], authorities: list[bytes], seals: list[bytes]
) -> None:
    with pytest.raises(PublishedKeysRefused):
        PublishedKeys.build(roots, authorities, seals)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        {},
        {"roots": [], "authorities": [], "seals": b""},
        {"roots": [1], "authorities": [], "seals": []},
    ],
)
def test_a_value_that_is_no_published_keys_is_refused(value: Value) -> None:
    with pytest.raises(PublishedKeysRefused):
        PublishedKeys.from_value(value)


def test_a_seals_certificate_names_its_annexe_and_a_root_names_none() -> None:
    assert annexe_of(CHAIN.seals.token_cert) == "berkane-05"
    assert annexe_of(CHAIN.root.certificate) is None


def test_every_sentence_is_said_in_arabic_and_french() -> None:
    sentences = {value for name, value in vars(central.verify).items() if name.isupper() and isinstance(value, str)}
    assert len(sentences) == 16
    languages = Languages.load()
    for code in ("ar", "fr"):
        for sentence in sentences:
            said = languages[code].gettext(sentence)
            assert said != sentence, (code, sentence)
            assert ("%(day)s" in said) == ("%(day)s" in sentence)
