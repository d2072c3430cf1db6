"""The words on the papers: dates, and what a certificate rests on."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from edge.press.wording import day_in_words, declaration_foot, due_lines, iso_day_in_words, month_in_words, statement
from protocol.office.catalogue import Bilingual
from tests.edge.press.papers import DECLARATION, FIANCES, RECEIPT, RESIDENCE


def test_days_are_written_with_the_moroccan_months_and_western_digits() -> None:
    day = day_in_words(date(2026, 11, 24))
    assert (day.ar, day.fr) == ("24 نونبر 2026", "24 novembre 2026")
    assert day_in_words(date(2027, 8, 1)).fr == "1er août 2027"
    assert day_in_words(date(2027, 8, 1)).ar == "1 غشت 2027"


def test_months_are_written_out() -> None:
    month = month_in_words("2019-03")
    assert (month.ar, month.fr) == ("مارس 2019", "mars 2019")
    with pytest.raises(ValueError, match="month"):
        month_in_words("2019-13")


def test_a_year_of_birth_alone_stays_as_it_is() -> None:
    assert iso_day_in_words("1958").fr == "1958"


def test_a_certificate_says_whether_it_rests_on_an_enquiry_or_on_the_pieces() -> None:
    assert "enquête effectuée le 10 novembre 2026" in statement(RESIDENCE)["fr"][0]
    assert "بتاريخ 10 نونبر 2026" in statement(RESIDENCE)["ar"][0]
    assert "au vu des pièces présentées" in statement(FIANCES)["fr"][0]
    assert "بناء على الوثائق المدلى بها" in statement(FIANCES)["ar"][0]


def test_a_receipt_says_from_when_the_delay_counts() -> None:
    provisional = due_lines(RECEIPT)["fr"][0]
    complete = due_lines(msgspec.structs.replace(RECEIPT, provisional=False))["fr"][0]
    undated = due_lines(msgspec.structs.replace(RECEIPT, due=None))["fr"][0]
    assert "provisoire" in provisional
    assert "provisoire" not in complete
    assert "à compter du dépôt d'un dossier complet" in undated
    assert all("60 jours" in line for line in (provisional, complete, undated))


def test_an_attestation_certifies_what_its_procedure_says() -> None:
    stated = Bilingual(ar="بأن العقار غير محفظ", fr="que l’immeuble n’est pas immatriculé")
    said = statement(msgspec.structs.replace(FIANCES, statement=stated))
    assert "atteste, au vu des pièces présentées, que l’immeuble n’est pas immatriculé." in said["fr"][0]
    assert "بأن العقار غير محفظ." in said["ar"][0]


def test_a_receipt_of_a_declaration_is_called_a_receipt() -> None:
    received = Bilingual(ar="بأنه توصل بالتصريح", fr="avoir reçu la déclaration")
    said = statement(msgspec.structs.replace(FIANCES, template="receipt", statement=received))
    assert "atteste, au vu des pièces présentées, avoir reçu la déclaration." in said["fr"][0]
    assert "Le présent récépissé" in said["fr"][1]
    assert "هذا الوصل" in said["ar"][1]


@pytest.mark.parametrize(
    ("since", "said"),
    [("2021-04", "remplace depuis avril 2021 :"), ("2021", "remplace depuis 2021 :"), (None, "remplace :")],
)
def test_a_declaration_says_since_when_as_exactly_as_it_is_known(since: str | None, said: str) -> None:
    assert said in declaration_foot(msgspec.structs.replace(DECLARATION, since=since))["fr"][0]


def test_a_declaration_names_no_text_that_nobody_knows() -> None:
    assert declaration_foot(msgspec.structs.replace(DECLARATION, legal_basis=None))["fr"][0].endswith("de parenté.")
