"""Papers that take the place of another: a duplicate says so, a corrected one names what it annuls; one page each."""

from __future__ import annotations

from io import BytesIO

import msgspec
import pytest
from pypdf import PdfReader

from edge.press.documents import CertificateData, Replaced
from edge.press.pages import certificate_page, claims_of
from edge.press.typesetter import Typesetter
from protocol.office.attestation import encode_token
from tests.edge.press.papers import ISSUED_MS, LONGEST, RESIDENCE, chain, of, text_of

BEFORE = "mzxw6ytboi5q4cva"


def printed(typesetter: Typesetter, data: CertificateData) -> bytes:
    token = encode_token(claims_of(data), chain().seals.token_key)
    return typesetter.set("certificate", certificate_page(data, token), ISSUED_MS)


def replacing(data: CertificateData, *, duplicate: bool) -> CertificateData:
    return msgspec.structs.replace(data, replaces=Replaced(serial=BEFORE, duplicate=duplicate))


def test_a_duplicate_says_so_in_both_languages_with_the_number_of_the_first(typesetter: Typesetter) -> None:
    text = text_of(printed(typesetter, replacing(RESIDENCE, duplicate=True)))
    for said in ("DUPLICATA", "نظير", "Remplace le certificat n°", "يحل محل الشهادة رقم", BEFORE):
        assert said in text, said


def test_a_corrected_certificate_names_what_it_annuls_and_is_no_duplicate(typesetter: Typesetter) -> None:
    text = text_of(printed(typesetter, replacing(RESIDENCE, duplicate=False)))
    for said in ("Annule et remplace le certificat n°", "تلغي وتعوض الشهادة رقم", BEFORE):
        assert said in text, said
    assert "DUPLICATA" not in text


def test_a_first_certificate_names_no_other(typesetter: Typesetter) -> None:
    text = text_of(printed(typesetter, RESIDENCE))
    assert "DUPLICATA" not in text
    assert "certificat n°" not in text


@pytest.mark.parametrize("duplicate", [True, False])
def test_the_longest_still_fits_one_page(typesetter: Typesetter, duplicate: bool) -> None:
    pdf = printed(typesetter, replacing(of(LONGEST), duplicate=duplicate))
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
