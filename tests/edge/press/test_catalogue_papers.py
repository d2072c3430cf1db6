"""What the catalogue grants, as it would be printed: every answer fits the paper and its code."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import yaml
from pypdf import PdfReader

from edge.press.documents import CertificateData, Detail, Person
from edge.press.pages import certificate_page, claims_of
from edge.press.typesetter import Typesetter
from edge.press.wording import month_in_words
from protocol.office.attestation import encode_token
from protocol.office.catalogue import Bilingual, Field, Procedure, parse_procedure, requestable
from protocol.office.identity import LONGEST_ADDRESS, LONGEST_NAME
from tests.edge.press.papers import FATIMA, ISSUED_MS, ISSUER, LONGEST, chain, codes_in

CATALOGUE = Path(__file__).parents[3] / "central" / "catalogue"
GRANTED = [
    procedure
    for procedure in (parse_procedure(yaml.safe_load(path.read_text("utf-8"))) for path in CATALOGUE.glob("*.yaml"))
    if requestable(procedure)
]
KEY = chain().seals.token_key
ARABIC = "شارع محمد الخامس قرب المسجد الكبير حي السلام "
FULLEST = msgspec.structs.replace(
    LONGEST, name_ar="م" * LONGEST_NAME, name_fr="é" * LONGEST_NAME, address=(ARABIC * 5)[:LONGEST_ADDRESS]
)


def answer(field: Field, share: float) -> Bilingual:
    """The longest answer, or that share of a typed one."""
    if field.kind == "month":
        return month_in_words("2026-09")
    if field.choices:
        return max((choice.label for choice in field.choices), key=lambda label: len(label.fr))
    typed = (ARABIC * 8)[: int(field.max_length * share)].strip()
    return Bilingual(ar=typed, fr=typed)


def paper(procedure: Procedure, person: Person, share: float) -> CertificateData:
    printed = [field for field in procedure.fields if field.printed]
    return CertificateData(
        template=procedure.template or "attestation",
        issuer=ISSUER,
        procedure=procedure.id,
        title=procedure.certificate_name or procedure.name,
        reference="B05-7K3MQ-2X9RT",
        serial="b5x7cmq2k9rt4wza",
        person=person,
        details=[Detail(id=one.id, label=one.on_paper or one.label, value=answer(one, share)) for one in printed],
        issued_ms=ISSUED_MS,
        verify_url="https://centre.berkane.internal/verify",
        expires_ms=ISSUED_MS if procedure.validity_months else None,
        enquiry_on="2026-11-10" if procedure.field_enquiry else None,
        legal_basis=procedure.legal_basis,
        statement=procedure.statement,
    )


def test_there_is_something_that_is_granted() -> None:
    assert len(GRANTED) >= 4


@pytest.mark.parametrize("procedure", GRANTED, ids=lambda procedure: str(procedure.id))
def test_the_longest_answers_of_the_longest_person_are_sealed_and_read(
    typesetter: Typesetter, tmp_path: Path, procedure: Procedure
) -> None:
    data = paper(procedure, FULLEST, 1.0)
    token = encode_token(claims_of(data), KEY)
    pdf = typesetter.set("certificate", certificate_page(data, token), ISSUED_MS)
    assert codes_in(pdf, tmp_path) == [token]


@pytest.mark.parametrize("procedure", GRANTED, ids=lambda procedure: str(procedure.id))
def test_what_people_write_stays_on_one_page(typesetter: Typesetter, procedure: Procedure) -> None:
    data = paper(procedure, FATIMA, 0.5)
    pdf = typesetter.set("certificate", certificate_page(data, encode_token(claims_of(data), KEY)), ISSUED_MS)
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
